"""What a data scientist types: train, evaluate, card, promote, rollback, backtest."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from stormdesk.cli import app
from stormdesk.embedded import EmbeddedServer
from stormdesk.errors import StormdeskRefused
from stormdesk.model_refusals import AsOfAhead, ReasonMissing, ReleaseMissing
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.prediction import let_pass, make_champion, make_gate_result, make_release
from tests.pipelines.conftest import TRAINED_UNTIL
from warehouse.errors import NotFound, TransitionRefused
from warehouse.operations.rolling_origins import keep_rolling_origin
from warehouse.queries.predictions import find_champion
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, ReleaseId

WIDTH = 80
FIGURES = {
    "bss": 0.115,
    "pr_auc": 0.273,
    "auc": 0.81,
    "brier": 0.04,
    "precision_at_2pct": 0.459,
    "precision_at_5pct": 0.349,
    "ece": 0.004,
}
JUDGED = {
    "flights": 38_214,
    "days": 42,
    "first_on": "2013-10-27",
    "last_on": "2013-12-07",
    "base_rate": 0.041,
    "figures": FIGURES,
    "intervals": {name: [value - 0.02, value + 0.02] for name, value in FIGURES.items()},
}
WORSE = JUDGED | {"figures": FIGURES | {"bss": -0.0312}, "intervals": {"bss": [-0.12, 0.049]}}
CARD: dict[str, Any] = {
    "libraries": {"scikit-learn": "1.9.1", "numpy": "2.4.6"},
    "days": {"first_on": "2013-01-01", "judge_from": "2013-10-27", "last_on": "2013-12-07"},
    "targets": {"disrupted": "cancelled, or leaving at least 120 min late"},
    "recipe": {
        "champion": {"learning_rate": 0.05, "max_leaf_nodes": 15},
        "lines": {"2": {"c": 0.001, "share": 0.3}},
        "calibration": "none",
    },
    "forecast_sources": ["simulated-2013"],
    "known_at": {"outcomes": "two hours after the scheduled departure"},
    "horizons": {
        "2": {
            "speaks": "champion",
            "trees": 250,
            "trial": {
                "disrupted": {
                    "boosted_trees": JUDGED,
                    "logistic_regression": WORSE,
                    "climatology": JUDGED | {"figures": FIGURES | {"bss": 0.0}},
                }
            },
            "features": [{"name": "gust_mps", "group": "wind"}, {"name": "hour", "group": "time"}],
            "importance": {
                "flights": 19_107,
                "days": 42,
                "groups": [
                    {
                        "group": "wind",
                        "features": 1,
                        "lost": {"bss": 0.0528, "pr_auc": 0.0366},
                        "intervals": {"bss": [0.0239, 0.0747], "pr_auc": [None, None]},
                    },
                    {
                        "group": "time",
                        "features": 1,
                        "lost": {"bss": -0.0012, "pr_auc": None},
                        "intervals": {"bss": [-0.01, 0.0021], "pr_auc": [None, None]},
                    },
                ],
            },
        },
        "24": {"speaks": "climatology: no forecast to learn from", "trees": 0, "features": []},
    },
    "caveats": ["One year of departures from three airports of one city; " * 3],
}
THRESHOLD = {
    "threshold": 0.1,
    "is_policy": True,
    "alerts": 420,
    "alerts_per_shift": 3.3,
    "busiest_shift_alerts": 96,
    "right_alerts": 101,
    "precision": 0.24,
    "travellers_caught": 12_345,
    "travellers_missed": 23_456,
    "value_caught_minor_units": 1_000_000,
    "saved_minor_units": 900_000_000,
    "handling_minor_units": 1_200_000,
    "net_minor_units": 123_456_700,
    "lead_hours": 12.0,
}
BACKTEST = {
    "first_on": "2013-10-27",
    "last_on": "2013-12-07",
    "flights": 30_000,
    "travellers": 500_000,
    "travellers_disrupted": 35_801,
    "shift_hours": 8.0,
    "shifts": 126,
    "handling_cost_minor_units": 1_500,
    "loss_per_traveller_minor_units": 20_000,
    "avoidable_share": 0.4,
    "currency": "USD",
    "thresholds": [
        THRESHOLD,
        THRESHOLD | {"threshold": 0.6, "is_policy": False, "precision": None},
    ],
}


@pytest.fixture(autouse=True)
def home(
    server: EmbeddedServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_PG_URL", server.url("dagster", driver="psycopg2"))
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    set_clock(STORM_AT)


def run(*arguments: object) -> Result:
    outcome = CliRunner().invoke(app, ["model", *map(str, arguments)])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert max(map(len, outcome.stdout.splitlines()), default=0) <= WIDTH or "--json" in arguments
    return outcome


def as_json(*arguments: object) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def champions(*cards: dict[str, Any]) -> list[int]:
    """Publish a release for each card; the first one predicts."""
    with transaction(Access.OWNER) as session:
        ids = [make_release(session, card=card).release_id for card in cards]
        make_champion(session, release_id=ids[0])
    return ids


def reigning() -> int | None:
    with transaction(Access.PIPELINE) as session:
        champion = find_champion(session)
    return champion.release_id if champion else None


MONTH = {
    "group": "2013-02",
    "flights": 24_000,
    "base_rate": 0.07,
    "mean_probability": 0.06,
    "bss": 0.21,
    "pr_auc": 0.4,
    "precision_at_2pct": None,
}
MONTHS: dict[str, Any] = {
    "horizons": {
        "2": CARD["horizons"]["2"]
        | {"chosen": {"2013-02": "300 rounds", "2013-03": "300 rounds", "2013-05": "450 rounds"}}
    },
    "judgement": {"by_horizon": {"2": {"by_month": [MONTH]}}},
}


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("command", ["evaluate", "card", "backtest"])
def test_before_the_first_training_each_says_what_to_do(command: str) -> None:
    with pytest.raises(ReleaseMissing) as refused:
        run(command)
    assert refused.value.remedy == "Train the first: stormdesk model train"


def test_figures_stand_beside_both_controls_with_their_intervals() -> None:
    [release_id] = champions(CARD)
    told = run("evaluate").stdout
    assert f"Release {release_id}, which predicts" in told
    assert ".115 [.095, .135]" in told
    assert "-.031 [-.120, .049]" in told
    assert "Logistic (control)" in told
    assert "38,214 flights of 42 days" in told
    assert "24 h ahead: climatology: no forecast to learn from." in told


def test_figures_as_json_are_those_of_the_card_and_the_last_verdict() -> None:
    [release_id] = champions(CARD)
    with transaction(Access.OWNER) as session:
        make_gate_result(session, release_id=release_id, passed=False, words="It fails.")
    told = as_json("evaluate", "--release", release_id)
    assert told["horizons"]["2"]["disrupted"]["boosted_trees"]["figures"] == FIGURES
    assert (told["predicts"], told["gate"]["words"]) == (True, "It fails.")


def test_months_that_were_told_stand_below_and_else_how_to_tell_them() -> None:
    [release_id] = champions(CARD)
    assert "stormdesk model evaluate --rolling" in run("evaluate").stdout
    with transaction(Access.PIPELINE) as session:
        keep_rolling_origin(
            session, SYSTEM, ReleaseId(release_id), MONTHS, code_version="test", at=STORM_AT
        )
    told = run("evaluate").stdout
    assert told.index("Month by month") > told.index("which predicts")
    assert "2013-02" in told
    assert "from 2013-02 300 rounds, from 2013-05 450 rounds" in words(told)
    assert as_json("evaluate")["rolling_origin"] == MONTHS


def test_the_verdict_puts_first_what_failed() -> None:
    [release_id] = champions(CARD)
    rules = [
        {"name": name, "horizon_hours": hours, "limit": 0, "words": words, "passed": passed}
        for name, hours, words, passed in (
            ("calibration", 2, "what is said is off by 0.004 on average", True),
            ("skill_gain", 24, "skill -0.010 [-0.021, +0.002] against the champion", False),
        )
    ]
    with transaction(Access.OWNER) as session:
        make_gate_result(
            session, release_id=release_id, passed=False, words="It fails 1 of 2.", rules=rules
        )
    told = run("evaluate").stdout
    assert f"The gate: release {release_id} meets 1 of 2 rules" in told
    assert told.index("skill gain") < told.index("calibration")
    assert "(asked: 0)" in words(told)
    assert "It fails 1 of 2. It predicts now." in told


def test_the_card_is_read_in_sentences() -> None:
    champions(CARD)
    told = run("card").stdout
    for title in ("What it is", "What it learnt from", "How good it was", "What it is not"):
        assert f"\n{title}\n" in told
    assert "disrupted: cancelled, or leaving at least 120 min late" in told
    assert "2 h ahead: Skill .115 [.095, .135], PR-AUC .273" in told
    assert "2 h ahead: 2 features: wind (1), time (1)." in told
    line = "Beside them at 2 h a logistic line: C 0.001, for 30% of the log-odds."
    assert line in words(told)
    assert as_json("card") == CARD


def test_the_card_says_what_skill_goes_with_and_not_that_it_causes_delays() -> None:
    champions(CARD)
    told = run("card").stdout
    assert "2 h ahead, on 19,107 judged flights of 42 days:" in told
    [wind] = [line.split() for line in told.splitlines() if line.strip().startswith("wind ")]
    assert wind == ["wind", "1", "+0.053", "[+0.024,", "+0.075]", "+0.037"]
    [time] = [line.split() for line in told.splitlines() if line.strip().startswith("time ")]
    assert time == ["time", "1", "-0.001", "[-0.010,", "+0.002]", "-"]
    assert "never what causes delays" in words(told)
    assert max(map(len, told.splitlines())) <= 80


def test_a_card_of_before_says_nothing_of_what_skill_goes_with() -> None:
    old = {name: part for name, part in CARD["horizons"]["2"].items() if name != "importance"}
    champions(CARD | {"horizons": {"2": old}})
    assert "What its skill goes with" not in run("card").stdout


def test_a_release_nobody_published_is_not_found() -> None:
    champions(CARD)
    with pytest.raises(NotFound, match="There is no model release 404"):
        run("card", "--release", 404)


def test_a_promotion_without_a_passed_gate_is_refused_with_what_to_do() -> None:
    first, second = champions(CARD, CARD)
    with pytest.raises(StormdeskRefused) as refused:
        run("promote", second, "--reason", "Newer.")
    assert refused.value.exit_code == 1
    assert refused.value.sentence.endswith("is not promoted: the gate never judged it.")
    assert f"stormdesk model evaluate --release {second} --gate" in refused.value.remedy
    assert reigning() == first


def test_a_release_that_passed_is_promoted_and_rolled_back_once() -> None:
    first, second = champions(CARD, CARD)
    with transaction(Access.OWNER) as session:
        let_pass(session, second)
    assert f"Release {second} predicts from" in run("promote", second, "--reason", "Newer.").stdout
    back = run("rollback", "--reason", "It shouts.").stdout
    assert f"Release {first} predicts again" in back
    again = run("rollback", "--reason", "It shouts.").stdout
    assert "Nothing was changed." in again
    assert "stormdesk model rollback --further" in again
    assert as_json("rollback", "--reason", "x")["is_new"] is False
    with pytest.raises(TransitionRefused, match="no release predicted before it"):
        run("rollback", "--reason", "More.", "--further")
    assert reigning() == first


def test_the_gate_is_overruled_only_with_words() -> None:
    _, second = champions(CARD, CARD)
    for arguments in (("--reason", " "), ("--reason", "Newer.", "--override", "")):
        with pytest.raises(ReasonMissing) as refused:
            run("promote", second, *arguments)
        assert refused.value.exit_code == 2
    told = as_json("promote", second, "--reason", "Newer.", "--override", "The feed is gone.")
    assert told["override_reason"] == "The feed is gone."
    assert reigning() == second


@pytest.mark.parametrize(
    "arguments", [("promote", "three"), ("promote", "3"), ("rollback",), ("evaluate", "--horizon")]
)
def test_a_wrong_use_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_the_backtest_fits_the_terminal_and_marks_the_policys_threshold() -> None:
    champions(CARD | {"policy_backtest": BACKTEST})
    told = run("backtest").stdout
    assert "* 10.0%" in told
    assert "1,234,567 USD" in told
    assert "12,345" in told
    assert as_json("backtest") == BACKTEST


@pytest.mark.parametrize(
    ("absent", "why"),
    [
        ({}, "its training did not replay the alert policy"),
        ({"policy_backtest": {"absent": "no policy was in force"}}, "no policy was in force"),
    ],
)
def test_a_release_without_a_backtest_says_why(absent: dict[str, Any], why: str) -> None:
    champions(CARD | absent)
    with pytest.raises(StormdeskRefused, match=why):
        run("backtest")


def test_what_is_not_known_yet_cannot_be_learnt() -> None:
    with pytest.raises(AsOfAhead) as refused:
        run("train", "--as-of", "2031-01-01")
    assert refused.value.exit_code == 2
    assert "the desk's clock stands at 2013-12-" in refused.value.sentence


def test_a_training_is_judged_and_told_and_may_be_judged_again(world_database: str) -> None:
    as_of = TRAINED_UNTIL - timedelta(days=2)
    outcome = run("train", "--as-of", f"{as_of:%Y-%m-%dT%H:%M}")
    assert outcome.exit_code == 1
    assert "Training on" in outcome.stdout
    assert "too few to judge" in words(outcome.stdout)
    assert outcome.stdout.rstrip().endswith("It does not predict.")
    told = run("evaluate", "--release", 2, "--gate")
    assert "Judging release 2 by the gate" in told.stdout
    assert "Release 2, which does not predict" in told.stdout
    assert reigning() == 1
