"""How good the model is, as the page tells it: in groups, in money, and honest about old cards."""

import copy
from typing import Any

import pytest

from dashboard.components.importance_chart import (
    importance_chart,
    importance_frame,
    importance_of,
    settled_words,
)
from dashboard.components.judgement_frames import (
    backtest_of,
    difference_words,
    group_frame,
    is_simulated,
    savings_frame,
    signed_money,
    tables_of,
    threshold_frame,
)
from dashboard.components.palette import DARK, LIGHT
from dashboard.components.savings_chart import savings_chart
from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_forecast import judgement
from tests.dashboard.test_gate import words_of
from tests.factories.prediction import make_champion, make_release
from warehouse.session import Access, transaction
from warehouse.vocabulary import Role


def threshold(at: float, net: int, **overrides: Any) -> dict[str, Any]:
    row = {
        "threshold": at,
        "is_policy": False,
        "alerts": 30,
        "alerts_per_shift": 2.5,
        "busiest_shift_alerts": 11,
        "right_alerts": 9,
        "precision": 0.3,
        "travellers_caught": 40,
        "travellers_missed": 60,
        "value_caught_minor_units": 900_000,
        "saved_minor_units": net + 60_000,
        "handling_minor_units": 60_000,
        "net_minor_units": net,
        "lead_hours": 23.5,
    }
    return row | overrides


def group(name: str, skill: float | None) -> dict[str, Any]:
    return {
        "group": name,
        "flights": 450,
        "base_rate": 0.05,
        "mean_probability": 0.04,
        "bss": skill,
        "pr_auc": None,
        "precision_at_2pct": 0.4,
    }


def point(loss: float, saving: float) -> dict[str, float]:
    return {
        "loss": loss,
        "threshold": 1 / loss,
        "alert_rate": 0.02,
        "saving": saving,
        "saving_in_hindsight": saving + 1,
        "saving_of_climatology": 0.0,
        "saving_of_all": -900.0,
        "saving_of_perfect": 99.0,
    }


def against(low: float, high: float) -> dict[str, Any]:
    return {"differences": {"bss": (low + high) / 2}, "intervals": {"bss": [low, high]}}


TABLES = {
    "by_month": [group("2013-11", None), group("2013-12", 0.1)],
    "by_airport": [group("JFK", 0.08)],
    "by_carrier": [group("B6", 0.07)],
    "against": {"climatology": against(0.05, 0.1), "logistic_regression": against(-0.01, 0.03)},
    "cost_curve": [point(3, 0.5), point(10, 69.0)],
}
IMPORTANCE = {
    "flights": 19_107,
    "days": 42,
    "groups": [
        {
            "group": "wind",
            "features": 6,
            "lost": {"bss": 0.05, "pr_auc": 0.04},
            "intervals": {"bss": [0.02, 0.07], "pr_auc": [0.01, 0.06]},
        },
        {
            "group": "calendar",
            "features": 2,
            "lost": {"bss": -0.001, "pr_auc": None},
            "intervals": {"bss": [-0.01, 0.002], "pr_auc": [None, None]},
        },
    ],
}
CARD: dict[str, Any] = {
    "forecast_sources": ["simulated-test"],
    "protocol": ["The hyper-parameters were fixed before this release was trained."],
    "horizons": {
        hours: {
            "trial": {
                "disrupted": {"climatology": judgement(0.0), "boosted_trees": judgement(0.12)}
            },
            "importance": IMPORTANCE,
        }
        for hours in ("2", "24")
    },
    "judgement": {"by_horizon": {"2": TABLES, "24": TABLES}, "lead_time": []},
    "policy_backtest": {
        "first_on": "2013-11-01",
        "last_on": "2013-12-09",
        "flights": 900,
        "disrupted_flights": 45,
        "bookings": 800,
        "travellers": 1_200,
        "travellers_disrupted": 100,
        "shift_hours": 8.0,
        "shifts": 12,
        "handling_cost_minor_units": 2_000,
        "loss_per_traveller_minor_units": 40_000,
        "avoidable_share": 0.4,
        "currency": "USD",
        "policy_threshold": 0.125,
        "thresholds": [
            threshold(0.05, -450_000),
            threshold(0.125, 580_000, is_policy=True),
            threshold(0.6, 0, alerts=0, alerts_per_shift=0.0, precision=None, lead_hours=None),
        ],
    },
}


def open_with(open_page: OpenPage, card: dict[str, Any]) -> Any:
    with transaction(Access.OWNER) as session:
        make_champion(session, release_id=make_release(session, card=card).release_id)
    return open_page("forecast", add_actor(Role.MANAGER))


def test_a_manager_reads_what_the_policys_threshold_and_another_would_have_meant(
    open_page: OpenPage,
) -> None:
    page = open_with(open_page, CARD)
    assert not page.exception
    assert [each.value for each in page.metric] == ["2.5", "11", "40", r"$5,800"]
    assert "it pays from **12.5 %** on" in words_of(page)
    assert r"An alert costs \$20" in words_of(page)
    page = page.select_slider(key="forecast_threshold").set_value(0.05).run()
    assert page.metric[3].value == "-$4,500"


@pytest.mark.parametrize(("hours", "is_said"), [("2", False), ("24", True)])
def test_the_page_says_what_was_fixed_and_what_is_simulated(
    open_page: OpenPage, hours: str, is_said: bool
) -> None:
    page = open_with(open_page, CARD | {"horizons": {hours: CARD["horizons"][hours]}})
    assert "hyper-parameters were fixed before" in words_of(page)
    said = f"What is said {hours} h ahead rests on **simulated** weather forecasts"
    assert (said in words_of(page)) == is_said


def test_an_older_release_says_that_it_carries_no_such_figures(open_page: OpenPage) -> None:
    old = {name: CARD[name] for name in ("horizons", "forecast_sources")}
    page = open_with(open_page, old)
    assert not page.exception
    assert "carries no such figures" in words_of(page)
    assert "Its hyper-parameters were fixed before it was trained." in words_of(page)
    assert len(page.metric) == 0


def test_without_a_policy_the_page_says_why_no_threshold_was_tried(open_page: OpenPage) -> None:
    page = open_with(open_page, CARD | {"policy_backtest": {"absent": "No policy."}})
    assert "No threshold was tried. No policy." in words_of(page)


def test_where_only_climatology_speaks_there_is_nothing_to_break_down(
    open_page: OpenPage,
) -> None:
    card = copy.deepcopy(CARD)
    del card["judgement"]["by_horizon"]["2"]
    assert "there is nothing to break down" in words_of(open_with(open_page, card))


def test_frames_keep_what_is_absent_absent() -> None:
    months = group_frame(TABLES["by_month"], "Month")
    assert months["Month"].tolist() == ["2013-11", "2013-12"]
    assert months["Disrupted"].tolist() == [5.0, 5.0]
    assert months["Skill"].isna().tolist() == [True, False]
    rows = threshold_frame(CARD["policy_backtest"])
    assert rows[""].tolist() == ["", "policy", ""]
    assert rows["Net"].tolist() == [-4_500.0, 5_800.0, 0.0]
    assert rows["Right"].isna().tolist() == [False, False, True]
    assert group_frame([], "Month").empty


def test_a_difference_whose_interval_holds_nothing_is_called_unsettled() -> None:
    assert difference_words(TABLES) == [
        "+0.075 skill over climatology (+0.050 to +0.100): settled.",
        "+0.010 skill over the logistic control (-0.010 to +0.030): not settled by these days.",
    ]


def test_only_horizons_that_read_forecasts_are_called_simulated() -> None:
    assert is_simulated(CARD, 24)
    assert not is_simulated(CARD, 2)
    assert not is_simulated({"forecast_sources": ["open_meteo"]}, 24)


@pytest.mark.parametrize("card", [{}, {"judgement": {}}, {"policy_backtest": {"absent": "why"}}])
def test_a_card_without_tables_has_none(card: dict[str, Any]) -> None:
    assert tables_of(card, 24) is None
    assert backtest_of(card) is None


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("policy", [None, 0.125, 0.9])
def test_savings_are_drawn_with_the_policy_where_it_is_on_the_chart(
    colours: Any, policy: float | None
) -> None:
    drawn = savings_chart(TABLES["cost_curve"], policy, colours).to_dict()
    assert len(drawn["layer"]) == (3 if policy == 0.125 else 1)
    assert len(savings_frame(TABLES["cost_curve"])) == 6


def test_the_page_says_what_skill_goes_with_and_never_that_it_is_the_cause(
    open_page: OpenPage,
) -> None:
    told = words_of(open_with(open_page, CARD))
    assert "Skill goes with: wind. Of the others these days settle nothing." in told
    assert "On 19,107 of the judged flights (42 days)" in told
    assert "never what causes delays" in told


def test_a_release_that_does_not_tell_what_skill_goes_with_draws_nothing(
    open_page: OpenPage,
) -> None:
    card = copy.deepcopy(CARD)
    card["horizons"]["2"]["importance"] = None
    page = open_with(open_page, card)
    assert not page.exception
    assert "What its skill goes with" not in words_of(page)


def test_where_no_group_is_settled_the_words_say_so() -> None:
    assert importance_of({}, 2) is None
    assert importance_of(CARD, 2) == IMPORTANCE
    doubtful = {"groups": IMPORTANCE["groups"][1:]}
    assert settled_words(doubtful) == "These days settle of no group that skill goes with it."


def test_importance_is_drawn_as_points_with_their_intervals_the_greatest_first() -> None:
    drawn = importance_chart(IMPORTANCE, LIGHT).to_dict()
    nothing, intervals, points = drawn["layer"]
    assert nothing["encoding"]["x"]["field"] == "lost"
    assert (intervals["encoding"]["x"]["field"], intervals["encoding"]["x2"]["field"]) == (
        "low",
        "high",
    )
    assert points["encoding"]["y"]["sort"] == ["wind", "calendar"]
    frame = importance_frame(IMPORTANCE)
    assert frame.loc[0].tolist() == ["wind", 6, "Skill over climatology", 0.05, 0.02, 0.07]
    assert frame["lost"].isna().tolist() == [False, False, False, True]


def test_a_loss_has_its_sign_before_the_currency() -> None:
    assert signed_money(-450_000, "USD") == "-$4,500"
    assert signed_money(450_000, "USD") == "$4,500"
