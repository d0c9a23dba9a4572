"""Bookings made from segments: what stands, what is called off, and what nobody could place."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.airport import make_airport, make_carrier
from tests.factories.frames import delivery, flights_frame_of
from tests.factories.segments import FLIGHT, STAY, part_of
from warehouse.operations.feed_batches import BatchResult
from warehouse.operations.feeds import load_flights
from warehouse.operations.segments_feed import load_segments
from warehouse.queries.feeds import list_quarantine
from warehouse.session import transaction
from warehouse.vocabulary import SYSTEM

LATER = FLIGHT["source_updated_at"] + timedelta(days=2)
CALLED_OFF = {"booking_ref": "RXJ34P", "kind": "booking", "status": "cancelled"}
ADAM = {"given_name": "Adam", "email": None}


@pytest.fixture
def world(database: str) -> str:
    with transaction() as session:
        for iata in ("JFK", "BOS", "LAX"):
            make_airport(session, iata)
    return database


def load(*rows: dict[str, Any], **overrides: Any) -> BatchResult:
    return load_parts(part_of(*rows), **overrides)


def load_parts(*parts: Any, **overrides: Any) -> BatchResult:
    with transaction() as session:
        sent = delivery("booking_segment", **overrides)
        return load_segments(session, SYSTEM, parts, sent)


def counts(batch: BatchResult) -> tuple[int, int, int, int]:
    return (
        batch.accepted_count,
        batch.unchanged_count,
        batch.superseded_count,
        batch.quarantined_count,
    )


def ask(query: str) -> list[tuple[Any, ...]]:
    with transaction() as session:
        return [tuple(row) for row in session.execute(text(query))]


LEGS = (
    "SELECT carrier || flight_number, origin, leg.position, leg.status, leg.price_minor_units"
    " FROM travel.leg JOIN travel.flight USING (flight_id) ORDER BY leg.position"
)
PARTY = (
    "SELECT given_name, position FROM travel.booking_traveller"
    " JOIN travel.traveller USING (traveller_id) ORDER BY position"
)


def test_a_leg_and_a_stay_become_a_booking(world: str) -> None:
    assert counts(load(FLIGHT, STAY)) == (2, 0, 0, 0)
    assert ask("SELECT booking_ref, status, value_minor_units, currency FROM travel.booking") == [
        ("RXJ34P", "confirmed", 15_900, "USD")
    ]
    assert ask(LEGS) == [("B6123", "JFK", 1, "confirmed", 15_900)]
    assert ask(
        "SELECT name, airport, check_out_on::text FROM travel.stay"
        " JOIN inventory.hotel USING (hotel_id)"
    ) == [("Harbour Inn", "BOS", "2013-12-12")]
    assert ask(PARTY) == [("Eva", 1)]


@pytest.mark.parametrize("is_dated", [True, False])
def test_the_same_twice_changes_nothing(world: str, is_dated: bool) -> None:
    rows = [row if is_dated else row | {"source_updated_at": None} for row in (FLIGHT, STAY)]
    tables = (
        "travel.booking",
        "travel.leg",
        "travel.stay",
        "travel.traveller",
        "travel.flight",
        "inventory.hotel",
        "travel.booking_traveller",
        "feeds.booking_segment",
    )
    load(*rows)
    before = {table: ask(f"SELECT ctid::text, * FROM {table}") for table in tables}
    again = load(*rows, at=delivery().at + timedelta(hours=1))
    assert counts(again) == (0, 2, 0, 0)
    assert {table: ask(f"SELECT ctid::text, * FROM {table}") for table in tables} == before


def test_the_newest_stands_whatever_comes_first(world: str) -> None:
    cancelled = FLIGHT | {"status": "cancelled", "source_updated_at": LATER}
    load(cancelled)
    assert counts(load(FLIGHT)) == (0, 0, 1, 0)
    assert ask(LEGS)[0][3] == "cancelled"
    assert ask("SELECT status FROM travel.booking") == [("cancelled",)]


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_bare_cancellation_calls_the_whole_booking_off(world: str, comes_first: bool) -> None:
    whole = CALLED_OFF | {"source_updated_at": LATER}
    for row in (whole, FLIGHT) if comes_first else (FLIGHT, whole):
        load(row)
    assert [leg[3] for leg in ask(LEGS)] == ["cancelled"]
    assert ask("SELECT status FROM travel.booking") == [("cancelled",)]
    load(FLIGHT | {"source_updated_at": LATER + timedelta(days=1)})
    assert ask("SELECT status FROM travel.booking") == [("confirmed",)]


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_cancellation_need_not_repeat_when_the_flight_lands(
    world: str, comes_first: bool
) -> None:
    short = {"destination": None, "departure_at": None, "arrival_at": None}
    off = FLIGHT | short | {"status": "cancelled", "source_updated_at": LATER}
    for row in (off, FLIGHT) if comes_first else (FLIGHT, off):
        assert load(row).quarantined_count == 0
    assert ask("SELECT status FROM travel.booking") == [("cancelled",)]
    assert {leg[3] for leg in ask(LEGS)} <= {"cancelled"}


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_flight_called_off_without_names_is_called_off_for_everybody(
    world: str, comes_first: bool
) -> None:
    nobody = {"given_name": None, "family_name": None, "email": None, "status": "cancelled"}
    off = FLIGHT | nobody | {"source_updated_at": LATER}
    both = (FLIGHT, FLIGHT | ADAM)
    for rows in ((off,), both) if comes_first else (both, (off,)):
        assert load(*rows).quarantined_count == 0
    assert [leg[3] for leg in ask(LEGS)] == ["cancelled"]
    load(FLIGHT | {"source_updated_at": LATER + timedelta(days=1)})
    assert [leg[3] for leg in ask(LEGS)] == ["confirmed"]


def test_one_of_two_travellers_stays_at_home(world: str) -> None:
    load(FLIGHT, FLIGHT | ADAM)
    assert ask(PARTY) == [("Adam", 1), ("Eva", 2)] or ask(PARTY) == [("Eva", 1), ("Adam", 2)]
    assert ask(LEGS)[0][4] == 31_800
    first = ask(PARTY)[0][0]
    gone = FLIGHT | (ADAM if first == "Adam" else {})
    load(gone | {"status": "cancelled", "source_updated_at": LATER})
    assert ask(LEGS)[0][3] == "confirmed"
    assert [position for _, position in ask(PARTY)] == [1]
    assert ask(PARTY)[0][0] != first


MOVED = {
    "departure_at": FLIGHT["departure_at"] + timedelta(minutes=45),
    "arrival_at": FLIGHT["arrival_at"] + timedelta(minutes=45),
    "source_updated_at": LATER,
}
DEPARTURE = "SELECT scheduled_departure_at FROM travel.flight"


def test_a_flight_that_only_bookings_describe_takes_their_newest_times(world: str) -> None:
    load(FLIGHT)
    load(FLIGHT | MOVED)
    assert ask(DEPARTURE) == [(MOVED["departure_at"],)]


def test_a_published_schedule_is_not_overruled_by_a_booking(world: str) -> None:
    with transaction() as session:
        make_carrier(session, "B6")
        load_flights(session, SYSTEM, flights_frame_of({}), delivery())
    [published] = ask(DEPARTURE)
    load(FLIGHT | MOVED)
    assert ask(DEPARTURE) == [published]
    assert ask(LEGS)[0][0] == "B6123"


def test_parts_of_one_delivery_are_judged_together(world: str) -> None:
    newer = FLIGHT | {"cabin": "business", "source_updated_at": LATER}
    batch = load_parts(part_of(newer), part_of(FLIGHT), part_of(FLIGHT | {"origin": "XXX"}))
    assert (batch.received_count, counts(batch)) == (3, (1, 0, 1, 1))
    assert ask("SELECT cabin FROM travel.leg") == [("business",)]


@pytest.mark.parametrize(
    ("wrong", "column", "reason"),
    [
        ({"origin": "XXX"}, "origin", "is not an airport we know"),
        ({"arrival_at": None}, "arrival_at", "is missing: a flight needs its time of arrival"),
        ({"arrival_at": FLIGHT["departure_at"]}, "arrival_at", "is not after departure_at"),
        ({"price_minor_units": -1}, "price_minor_units", "must be at least 0"),
        ({"currency": None}, "currency", "is missing, and a price has one"),
        (
            {"given_name": None, "family_name": None},
            "family_name",
            "is missing: nobody is named who travels, so nobody could be helped;"
            " ask the source for a name or a reference",
        ),
        ({"email": "nowhere"}, "email", "is not an e-mail address"),
        ({"booking_ref": None}, "booking_ref", "is missing"),
        (
            {"booking_ref": "R" * 65},
            "booking_ref",
            "is not a reference of at most 64 characters",
        ),
    ],
)
def test_what_cannot_be_placed_waits_with_its_reason(
    world: str, wrong: dict[str, Any], column: str, reason: str
) -> None:
    assert counts(load(FLIGHT | {"booking_ref": "OTHER"}, FLIGHT | wrong)) == (1, 0, 0, 1)
    with transaction() as session:
        [waiting] = list_quarantine(session)
    assert (waiting.line, waiting.column_name, waiting.reason) == (2, column, reason)


def test_a_corrected_row_clears_its_refusal(world: str) -> None:
    load(FLIGHT | {"price_minor_units": -1})
    load(FLIGHT)
    with transaction() as session:
        assert list_quarantine(session) == []


def test_where_each_row_came_from_can_be_told(world: str) -> None:
    load(FLIGHT, source="broker", file="march.csv", file_sha256="ab" * 32)
    assert ask(
        "SELECT batch.source, file, payload_sha256, received_at FROM travel.booking"
        " JOIN feeds.batch USING (batch_id)"
    ) == [("broker", "march.csv", "ab" * 32, datetime(2013, 12, 10, 11, tzinfo=UTC))]


def test_two_sources_may_use_one_locator(world: str) -> None:
    load(FLIGHT, source="one")
    load(FLIGHT | {"status": "cancelled"}, source="two")
    assert ask("SELECT source, status FROM travel.booking ORDER BY source") == [
        ("one", "confirmed"),
        ("two", "cancelled"),
    ]
