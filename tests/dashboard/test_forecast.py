"""The Forecast page: sums of what is claimed, labelled where it is simulated, and its record."""

import json
from datetime import timedelta

import pandas as pd
import pytest

from dashboard.components.calibration_chart import (
    calibration_chart,
    figures_frame,
    judged_horizons,
    trial_of,
    verdict_words,
)
from dashboard.components.forecast_frames import (
    Measure,
    download_frame,
    flight_frame,
    hourly_frame,
    is_on_map,
    riskiest,
    route_frame,
    totals_of,
)
from dashboard.components.judgement import MONTHS, MONTHS_WORDS
from dashboard.components.palette import DARK, LIGHT
from dashboard.components.risk_chart import risk_chart, stacked
from dashboard.components.risk_map import risk_map
from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.booking import make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_flight
from tests.factories.forecast import flight_ahead
from tests.factories.prediction import make_champion, make_prediction, make_release
from warehouse.operations.rolling_origins import keep_rolling_origin
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, ReleaseId, Role


def judgement(skill: float | None) -> dict:
    return {
        "flights": 900,
        "days": 30,
        "first_on": "2013-11-01",
        "last_on": "2013-11-30",
        "base_rate": 0.05,
        "figures": {"bss": skill, "auc": 0.8, "brier": 0.04},
        "intervals": {"bss": [0.01, 0.2], "auc": [None, None]},
        "reliability": [
            {"flights": 450, "mean_probability": 0.02, "share_happened": 0.03},
            {"flights": 450, "mean_probability": 0.30, "share_happened": 0.25},
        ],
    }


CARD = {
    "caveats": ["One year of departures."],
    "horizons": {
        "24": {"trial": {"disrupted": {"climatology": judgement(0.0)}}},
        "2": {
            "trial": {
                "disrupted": {"climatology": judgement(0.0), "boosted_trees": judgement(0.12)}
            }
        },
    },
}


def test_sums_are_of_chances_not_of_flights() -> None:
    flights = [
        flight_ahead(probability=0.5, base_rate=0.05, travellers=10),
        flight_ahead(probability=0.1, base_rate=None, travellers=0, is_forecast_simulated=False),
    ]
    totals = totals_of(flights)
    assert totals.expected_flights == pytest.approx(0.6)
    assert totals.expected_travellers == pytest.approx(5.0)
    assert totals.usual_travellers == pytest.approx(0.5)
    assert totals.simulated == 1


def test_hours_are_local_and_a_departure_after_midnight_utc_stays_on_its_day() -> None:
    late = flight_ahead(scheduled_departure_at=STORM_AT + timedelta(hours=15, minutes=40))
    [hour] = hourly_frame([late], Measure.FLIGHTS)["local"]
    assert hour == pd.Timestamp("2013-12-10 21:00")


def test_bars_of_an_hour_stand_on_one_another() -> None:
    flights = [
        flight_ahead(origin="EWR", probability=0.2),
        flight_ahead(origin="JFK", probability=0.3),
        flight_ahead(origin="JFK", probability=0.1),
    ]
    bars = stacked(hourly_frame(flights, Measure.FLIGHTS))
    assert bars["low"].tolist() == pytest.approx([0.0, 0.2])
    assert bars["high"].tolist() == pytest.approx([0.2, 0.6])
    assert bars["flights"].tolist() == [1, 2]


def test_what_there_is_to_lose_depends_on_what_is_counted() -> None:
    likely = flight_ahead(flight_number="1", probability=0.9, travellers=1, value_minor_units=9)
    full = flight_ahead(flight_number="2", probability=0.3, travellers=9, value_minor_units=10)
    dear = flight_ahead(flight_number="3", probability=0.2, travellers=2, value_minor_units=99)
    flights = [likely, full, dear]
    first = {measure: riskiest(flights, measure, 1)[0].flight_number for measure in Measure}
    assert first == {Measure.FLIGHTS: "1", Measure.TRAVELLERS: "2", Measure.MONEY: "3"}


def test_routes_beyond_the_map_are_known() -> None:
    boston = flight_ahead()
    san_juan = flight_ahead(
        destination="SJU",
        destination_city="San Juan",
        destination_latitude=18.44,
        destination_longitude=-66.0,
    )
    routes = route_frame([boston, san_juan, boston]).set_index("destination")
    assert is_on_map(routes).to_dict() == {"BOS": True, "SJU": False}
    assert routes.loc["BOS", "flights"] == 2


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_map_and_chart_name_no_address_to_fetch_from(colours: object) -> None:
    flights = [flight_ahead(), flight_ahead(origin="EWR")]
    drawn = [
        risk_map(route_frame(flights), colours).to_dict(),
        risk_chart(hourly_frame(flights, Measure.MONEY), "Money", colours).to_dict(),
    ]
    schema_free = [{key: spec[key] for key in spec if key != "$schema"} for spec in drawn]
    assert "http" not in json.dumps(schema_free, default=str)


def test_a_table_row_tells_claim_usual_and_reason() -> None:
    drivers = ({"group": "wind", "words": "gusts 24 m/s", "effect": 0.2},)
    row = flight_frame([flight_ahead(drivers=drivers)], STORM_AT).iloc[0]
    assert row["Flight"] == "B6 615  JFK → BOS"
    assert (row["Chance"], row["Usual"], row["Day ahead"]) == (40.0, 5.0, 40.0)
    assert (row["Goes with"], row["alert"]) == ("gusts 24 m/s", "")


def test_the_download_says_units_zones_and_what_was_simulated() -> None:
    [row] = download_frame([flight_ahead()]).to_dict("records")
    assert row["scheduled_departure_at"].endswith("+00:00")
    assert row["is_forecast_simulated"] is True
    assert {"value_minor_units", "currency"} <= set(row)


def test_the_record_stands_beside_its_controls_and_what_is_absent_is_named() -> None:
    assert judged_horizons(CARD) == [2, 24]
    figures = figures_frame(trial_of(CARD, 2))
    assert figures["Model"].tolist() == ["Champion", "Climatology (control)"]
    assert figures["Skill over climatology"][0] == "0.120 (0.010 to 0.200)"
    assert figures["AUC"][0] == "0.800"
    assert figures["PR-AUC"][0] == "none"
    calibration_chart(trial_of(CARD, 2), LIGHT).to_dict()


def judged_at(**skills: float | None) -> dict[str, object]:
    return {kind: {"figures": {"bss": skill}} for kind, skill in skills.items()}


@pytest.mark.parametrize(
    ("skills", "said"),
    [
        (
            {"boosted_trees": 0.15, "logistic_regression": 0.12},
            "beats climatology and beats the logistic control (skill +0.150 against +0.120)",
        ),
        (
            {"boosted_trees": 0.065, "logistic_regression": 0.074},
            "beats climatology but does not beat the logistic control",
        ),
        (
            {"boosted_trees": 0.1361, "logistic_regression": 0.1362},
            "but does not beat the logistic control",
        ),
        (
            {"boosted_trees": 0.1364, "logistic_regression": 0.1361},
            "beats climatology but does not beat the logistic control",
        ),
        ({"boosted_trees": -0.01}, "does not beat climatology (skill -0.010)"),
        ({"climatology": 0.0}, "Climatology speaks here"),
    ],
)
def test_the_page_says_whether_the_champion_beats_its_controls(
    skills: dict[str, float], said: str
) -> None:
    assert said in verdict_words(judged_at(**skills))


def test_before_any_claim_the_page_says_what_to_wait_for(open_page: OpenPage) -> None:
    page = open_page("forecast", add_actor(Role.AGENT))
    assert "No flight of the next 24 hours has been predicted yet" in words_of(page)
    assert "No model has been released yet" in words_of(page)


def test_the_page_sums_labels_and_shows_the_record(open_page: OpenPage) -> None:
    with transaction(Access.OWNER) as session:
        make_champion(session, release_id=make_release(session, card=CARD).release_id)
        for origin in ("JFK", "EWR"):
            flight = make_flight(session, origin=origin)
            make_leg(session, flight_id=flight.flight_id)
            make_prediction(session, flight_id=flight.flight_id, probability=0.5)
    page = open_page("forecast", add_actor(Role.ANALYST))
    assert [metric.value for metric in page.metric] == ["2", "1", "1", "$300"]
    assert "**simulated** weather forecast" in words_of(page)
    assert "Judged on 900 flights of 30 days" in words_of(page)
    assert "One year of departures." in words_of(page)
    page = open_page("forecast", add_actor(Role.ANALYST), forecast_from="EWR")
    assert page.metric[0].value == "1"


def test_the_history_by_month_is_one_press_away_once_it_was_told(open_page: OpenPage) -> None:
    month = judgement(0.2) | {"days": 334, "first_on": "2013-02-01", "flights": 1_234}
    told = {"disrupted": {"climatology": judgement(0.0), "boosted_trees": month}}
    record = {"horizons": {"2": {"trial": told, "chosen": {}}}, "protocol": ["By the past alone."]}
    with transaction(Access.OWNER) as session:
        release_id = ReleaseId(make_release(session, card=CARD).release_id)
        make_champion(session, release_id=release_id)
    assert MONTHS_WORDS in words_of(open_page("forecast", add_actor(Role.ANALYST)))
    with transaction(Access.OWNER) as session:
        keep_rolling_origin(session, SYSTEM, release_id, record, code_version="test", at=STORM_AT)
    page = open_page("forecast", add_actor(Role.ANALYST))
    assert "Judged on 900 flights" in words_of(page)
    page.session_state["forecast_judged_on"] = MONTHS
    page.run()
    assert "Judged on 1,234 flights of 334 days" in words_of(page)
    assert "By the past alone." in words_of(page)
