"""The storm report reads on 80 columns, and tells only what is stored."""

import io
import json
from datetime import timedelta

import pytest
from rich.console import Console

from stormdesk.demo_report import DemoReport, Invariants, show
from tests.factories.alert import make_alert
from tests.factories.booking import make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_cancelled_flight, make_flight
from tests.factories.prediction import make_prediction, make_release
from warehouse.queries.desk_report import DeskReport, get_desk_report
from warehouse.session import Access, transaction

WINDOW = {"start": STORM_AT - timedelta(hours=1), "until": STORM_AT + timedelta(days=1)}
THRESHOLD = 0.125
METRICS = {
    "24": {"climatology": {"pr_auc": 0.04, "bss": 0.0, "precision_at_2pct": 0.05, "ece": 0.03}},
    "2": {
        "logistic_regression": {"pr_auc": 0.18, "bss": 0.1, "precision_at_2pct": 0.3, "ece": 0.01},
        "boosted_trees": {"pr_auc": 0.231, "bss": 0.12, "precision_at_2pct": 0.4, "auc": 0.8},
        "a_new_kind": {"pr_auc": 0.2},
    },
}


def predicted(*, disrupted: bool, said: float, usual: float, is_alerted: bool = False) -> None:
    """A booked flight that was predicted two hours ahead, and perhaps warned of."""
    departs_at = STORM_AT + timedelta(hours=2)
    make = make_cancelled_flight if disrupted else make_flight
    with transaction(Access.OWNER) as session:
        flight = make(session, scheduled_departure_at=departs_at)
        make_leg(session, flight_id=flight.flight_id)
        claim = make_prediction(
            session,
            flight_id=flight.flight_id,
            horizon_hours=2,
            predicted_at=STORM_AT,
            probability=said,
            probability_60min=1.0,
            controls={"climatology": usual},
        )
        if is_alerted:
            make_alert(session, flight_id=flight.flight_id, prediction_id=claim.prediction_id)


@pytest.fixture
def storm(database: str) -> None:
    with transaction(Access.OWNER) as session:
        make_release(session, metrics=METRICS)
    predicted(disrupted=True, said=0.4, usual=0.1, is_alerted=True)
    predicted(disrupted=False, said=0.3, usual=0.1, is_alerted=True)
    predicted(disrupted=True, said=0.05, usual=0.2)
    predicted(disrupted=True, said=0.05, usual=0.1)


def told() -> DeskReport:
    with transaction(Access.OWNER) as session:
        return get_desk_report(session, **WINDOW, threshold=THRESHOLD)


def printed(desk: DeskReport) -> str:
    console = Console(file=io.StringIO(), width=80, highlight=False)
    invariants = Invariants(0, 0, 0, 0, 0, 0, is_audit_verified=True)
    show(console, DemoReport(desk, invariants, 7, {"story_seconds": 1.0}))
    return console.file.getvalue()


def test_warnings_are_counted_for_the_model_and_for_climatology(storm: None) -> None:
    model, climatology = told().warnings

    assert (model.speaker, model.flights, model.caught, model.disrupted) == ("model", 2, 1, 3)
    assert (model.precision, model.recall) == (0.5, pytest.approx(1 / 3))
    assert (model.travellers, model.travellers_caught, model.median_lead_hours) == (2, 1, 2.0)
    assert (climatology.flights, climatology.caught, climatology.precision) == (1, 1, 1.0)


def test_an_alert_that_only_a_report_raised_is_no_warning_of_the_model(database: str) -> None:
    with transaction(Access.OWNER) as session:
        flight = make_cancelled_flight(session)
        make_leg(session, flight_id=flight.flight_id)
        make_alert(session, flight_id=flight.flight_id)

    assert [(each.flights, each.precision) for each in told().warnings] == [(0, None), (0, None)]


def test_a_look_further_ahead_than_alerts_go_is_no_warning_of_climatology(database: str) -> None:
    with transaction(Access.OWNER) as session:
        flight = make_flight(session)
        make_leg(session, flight_id=flight.flight_id)
        make_prediction(
            session, flight_id=flight.flight_id, horizon_hours=72, controls={"climatology": 0.9}
        )

    assert [each.flights for each in told().warnings] == [0, 0]


def test_whoever_spoke_is_shown_with_stored_figures_and_nothing_is_made_up(storm: None) -> None:
    desk = told()
    [release] = desk.releases
    assert release.claims == 4
    assert list(release.figures) == ["2", "24"]
    assert release.figures["2"]["boosted_trees"]["ece"] is None

    text = printed(desk)

    lines = [" ".join(line.strip("│ ").split()) for line in text.splitlines()]
    assert "2 h Model 0.231 0.120 40% -" in lines
    assert "2 h A new kind 0.200 - - -" in lines
    assert "24 h Climatology 0.040 0.000 5% 0.030" in lines
    assert "the model 2 1 of 3 50% 33% 2.0 h" in lines
    assert "climatology alone 1 1 of 3 100% 33% 2.0 h" in lines
    assert "Travellers warned by the model 2, among them 1 of the 3 disrupted" in lines
    assert max(len(line) for line in text.splitlines()) <= 80


def test_the_same_record_gives_the_same_report_in_plain_values(storm: None) -> None:
    once = json.dumps(told().as_dict())
    assert once == json.dumps(told().as_dict())
    model = json.loads(once)["warnings"][0]
    assert (model["precision"], model["recall"]) == (0.5, 0.333)
    assert json.loads(once)["releases"][0]["trained_until"].endswith("+00:00")


def test_a_desk_that_nobody_predicted_for_is_told_so(database: str) -> None:
    assert "No release said anything of these flights." in printed(told())
