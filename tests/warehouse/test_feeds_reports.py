"""Carriers' reports decide where a flight stands, in whatever order they come in."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.defaults import STORM_ON
from tests.factories.flight import make_flight
from tests.factories.frames import DEPARTS_AT, delivery, report, reports_frame_of
from warehouse.operations.feed_batches import BatchResult
from warehouse.operations.flight_reports import load_flight_reports
from warehouse.queries.feeds import list_quarantine
from warehouse.schema.travel import Flight
from warehouse.session import transaction
from warehouse.vocabulary import SYSTEM

LATE_BY = timedelta(minutes=150)
LEFT_AT = DEPARTS_AT + LATE_BY
LANDED_AT = LEFT_AT + timedelta(minutes=61)
DELAYED = report("delayed", DEPARTS_AT + timedelta(minutes=120), departure_delay_minutes=120)
DEPARTED = report("departed", LEFT_AT, occurred_at=LEFT_AT, departure_delay_minutes=150)
ARRIVED = report(
    "arrived",
    LANDED_AT,
    occurred_at=LANDED_AT,
    departure_delay_minutes=150,
    arrival_delay_minutes=141,
)
CANCELLED = report("cancelled", DEPARTS_AT)
DIVERTED = report("diverted", LANDED_AT + timedelta(hours=3), departure_delay_minutes=150)


@pytest.fixture
def flight(database: str) -> int:
    with transaction() as session:
        return make_flight(
            session, carrier="B6", flight_number="123", scheduled_departure_at=DEPARTS_AT
        ).flight_id


def load(*reports: dict[str, Any]) -> tuple[int, int, int, int]:
    with transaction() as session:
        batch: BatchResult = load_flight_reports(
            session, SYSTEM, reports_frame_of(*reports), delivery("flight_report")
        )
    return (
        batch.accepted_count,
        batch.unchanged_count,
        batch.superseded_count,
        batch.quarantined_count,
    )


def outcome() -> dict[str, Any]:
    names = (
        *("status", "reported_at", "delay_reported_at", "cancelled_reported_at"),
        *("actual_departure_at", "actual_arrival_at"),
        *("departure_delay_minutes", "arrival_delay_minutes"),
    )
    with transaction() as session:
        flight = session.scalars(select(Flight)).one()
        return {name: getattr(flight, name) for name in names}


LANDED = {
    "status": "arrived",
    "reported_at": LANDED_AT,
    "delay_reported_at": DELAYED["reported_at"],
    "cancelled_reported_at": None,
    "actual_departure_at": LEFT_AT,
    "actual_arrival_at": LANDED_AT,
    "departure_delay_minutes": 150,
    "arrival_delay_minutes": 141,
}


@pytest.mark.parametrize("order", list(permutations((DELAYED, DEPARTED, ARRIVED))))
def test_any_order_of_loading_ends_the_same(flight: int, order: tuple[dict[str, Any], ...]) -> None:
    for one in order:
        load(one)
    assert outcome() == LANDED


def test_all_reports_of_a_flight_at_once_end_as_one_by_one(flight: int) -> None:
    assert load(ARRIVED, DELAYED, DEPARTED) == (3, 0, 0, 0)
    assert outcome() == LANDED


def test_the_same_reports_twice_change_nothing(flight: int) -> None:
    load(DELAYED, DEPARTED)
    assert load(DELAYED, DEPARTED) == (0, 2, 0, 0)
    assert load(DELAYED) == (0, 0, 1, 0)


def test_a_long_delay_is_known_before_the_departure(flight: int) -> None:
    load(DELAYED)
    known = outcome()
    assert (known["status"], known["departure_delay_minutes"]) == ("delayed", 120)
    assert known["actual_departure_at"] is None


def test_a_cancellation_has_its_instant_and_no_delay(flight: int) -> None:
    assert load(CANCELLED) == (1, 0, 0, 0)
    known = outcome()
    assert (known["status"], known["cancelled_reported_at"]) == ("cancelled", DEPARTS_AT)
    assert known["departure_delay_minutes"] is None


def test_a_flight_that_leaves_after_all_is_no_longer_cancelled(flight: int) -> None:
    load(CANCELLED)
    load(DEPARTED)
    assert outcome()["status"] == "departed"
    assert outcome()["cancelled_reported_at"] is None
    assert load(CANCELLED) == (0, 0, 1, 0)
    assert outcome()["status"] == "departed"


def test_a_diversion_alone_still_tells_when_the_flight_left(flight: int) -> None:
    load(DIVERTED)
    assert outcome()["status"] == "diverted"
    assert outcome()["actual_departure_at"] == LEFT_AT


def test_a_correction_wins_and_the_older_word_no_longer_does(flight: int) -> None:
    corrected_at = LEFT_AT + timedelta(minutes=9)
    truth = LEFT_AT - timedelta(minutes=10)
    load(DEPARTED)
    load(
        DEPARTED
        | {"reported_at": corrected_at, "occurred_at": truth, "departure_delay_minutes": 140}
    )
    assert outcome()["actual_departure_at"] == truth
    assert load(DEPARTED) == (0, 0, 1, 0)
    assert outcome()["departure_delay_minutes"] == 140


def test_reports_that_make_no_sense_wait_in_quarantine(flight: int) -> None:
    unknown = DEPARTED | {"flight_number": "999", "service_date": STORM_ON}
    without_instant = DEPARTED | {"occurred_at": None}
    nonsense = CANCELLED | {"kind": "vanished"}
    assert load(unknown, without_instant, nonsense, DELAYED) == (1, 0, 0, 3)
    with transaction() as session:
        reasons = {row.line: (row.column_name, row.reason) for row in list_quarantine(session)}
    assert reasons[1] == ("flight_number", "names no flight we know")
    assert reasons[2][0] == "occurred_at"
    assert reasons[3] == ("kind", "is not one we know")
