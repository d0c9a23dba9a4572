"""An hour's claims and reports become alerts, once per flight, and a backfill pages nobody."""

from dataclasses import dataclass
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import select

from pipelines.alerting import REFRESHED_HOURS, AlertRun, raise_alerts
from pipelines.assets.alerts import alert
from pipelines.conventions import Lane, is_live, lane_tags
from pipelines.jobs.refresh import refresh_hour
from pipelines.partitions import Window, hour_key
from pipelines.resources import Warehouse
from tests.factories.booking import make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_cancelled_flight, make_flight
from tests.factories.policy import make_alert_policy, make_policy_step, make_policy_version
from tests.factories.prediction import make_prediction
from warehouse.operations.raising import RaiseSummary
from warehouse.queries.engine import find_latest_chapter
from warehouse.schema.alerting import Alert
from warehouse.session import Access, transaction

HOUR = timedelta(hours=1)
WINDOW = Window(STORM_AT - HOUR, STORM_AT)
LIKELY, UNLIKELY = 0.6, 0.01


@pytest.fixture(autouse=True)
def _policies(database: str) -> None:
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version)


def predicted(probability: float = LIKELY, hours: int = 2, *, is_booked: bool = True) -> int:
    """A flight that was predicted at the window's end."""
    with transaction(Access.OWNER) as session:
        flight = make_flight(session, scheduled_departure_at=STORM_AT + hours * HOUR)
        if is_booked:
            make_leg(session, flight_id=flight.flight_id)
        make_prediction(
            session,
            flight_id=flight.flight_id,
            horizon_hours=hours,
            predicted_at=STORM_AT,
            probability=probability,
            probability_60min=max(probability, 0.5),
            drivers=[{"group": "wind", "words": "gusts 24 m/s", "effect": 0.3}],
        )
        return flight.flight_id


def cancelled(minutes_ago: int) -> int:
    """A booked flight whose cancellation became known some minutes before the window's end."""
    at = STORM_AT - timedelta(minutes=minutes_ago)
    with transaction(Access.OWNER) as session:
        flight = make_cancelled_flight(session, scheduled_departure_at=at, cancelled_reported_at=at)
        make_leg(session, flight_id=flight.flight_id)
        return flight.flight_id


def run(*, may_page: bool = True) -> AlertRun:
    with transaction() as session:
        return raise_alerts(session, WINDOW, may_page=may_page)


@dataclass(frozen=True)
class Standing:
    """What is asserted of an alert."""

    flight_id: int | None
    basis: str
    status: str
    will_page: bool


def standing() -> list[Standing]:
    with transaction(Access.OWNER) as session:
        alerts = session.scalars(select(Alert).order_by(Alert.alert_id)).all()
        return [
            Standing(a.flight_id, a.basis, a.status, a.next_escalation_at is not None)
            for a in alerts
        ]


def test_a_likely_disruption_is_raised_with_what_it_goes_with() -> None:
    flight_id = predicted()

    assert run().summary == RaiseSummary(raised=1, strengthened=0, unaffected=0, below=0)

    assert standing() == [Standing(flight_id, "predicted", "open", will_page=True)]
    with transaction(Access.OWNER) as session:
        raised = session.scalars(select(Alert)).one()
    assert (raised.probability, raised.raised_at) == (LIKELY, STORM_AT)
    assert raised.drivers[0]["words"] == "gusts 24 m/s"


def test_an_unlikely_disruption_and_one_without_bookings_raise_nothing() -> None:
    predicted(UNLIKELY)
    predicted(is_booked=False)

    assert run().summary.raised == 0
    assert standing() == []


def test_an_outlook_of_three_days_is_never_an_alert() -> None:
    predicted(hours=72)

    assert run().candidates == 0


def test_a_report_within_the_hour_is_raised_and_an_older_one_is_not() -> None:
    now, _ = cancelled(minutes_ago=30), cancelled(minutes_ago=90)

    run()

    assert standing() == [Standing(now, "reported", "open", will_page=True)]


def test_a_report_at_the_end_of_the_hour_belongs_to_the_next() -> None:
    cancelled(minutes_ago=0)

    assert run().candidates == 0


def test_a_flight_both_predicted_and_reported_is_one_alert_by_report() -> None:
    flight_id = cancelled(minutes_ago=10)
    with transaction(Access.OWNER) as session:
        make_prediction(
            session,
            flight_id=flight_id,
            predicted_at=STORM_AT,
            probability=LIKELY,
            probability_60min=LIKELY,
        )

    assert run().candidates == 1
    assert [each.basis for each in standing()] == ["reported"]


def test_the_same_hour_again_only_strengthens() -> None:
    predicted()
    run()

    assert run().summary == RaiseSummary(raised=0, strengthened=1, unaffected=0, below=0)
    assert len(standing()) == 1


def test_a_newer_prediction_well_below_the_threshold_takes_the_alert_back() -> None:
    flight_id = predicted()
    run()
    with transaction(Access.OWNER) as session:
        make_prediction(
            session,
            flight_id=flight_id,
            horizon_hours=6,
            predicted_at=STORM_AT + HOUR,
            probability=UNLIKELY,
            probability_60min=UNLIKELY,
        )

    with transaction() as session:
        later = raise_alerts(session, Window(STORM_AT, STORM_AT + HOUR), may_page=True)

    assert later.cleared == 1
    assert [each.status for each in standing()] == ["closed"]


def test_a_live_hour_is_a_finished_chapter_and_a_backfilled_one_is_not() -> None:
    run(may_page=False)
    with transaction() as session:
        assert find_latest_chapter(session, REFRESHED_HOURS) is None

    run()
    with transaction() as session:
        assert find_latest_chapter(session, REFRESHED_HOURS) == hour_key(WINDOW.start)


@pytest.mark.parametrize(
    ("tags", "pages"),
    [
        (lane_tags(Lane.LIVE), True),
        (lane_tags(Lane.BACKFILL), False),
        (lane_tags(Lane.LIVE) | {"dagster/backfill": "abc"}, False),
        ({}, False),
    ],
    ids=["live", "backfill lane", "backfill of the live job", "by hand"],
)
def test_only_a_live_run_pages(tags: dict[str, str], *, pages: bool) -> None:
    predicted()

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [alert],
            partition_key=hour_key(WINDOW.start),
            resources={"warehouse": Warehouse()},
            instance=instance,
            tags=tags,
        )

    [event] = result.asset_materializations_for_node("alerting__alert")
    assert event.metadata["dagster/partition_row_count"].value == 1
    assert "| severity | headline | probability |" in str(event.metadata["preview"].value)
    assert [each.will_page for each in standing()] == [pages]


def test_the_job_that_refreshes_an_hour_is_live() -> None:
    assert is_live(dict(refresh_hour.tags))
