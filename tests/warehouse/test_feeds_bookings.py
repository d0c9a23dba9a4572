"""Bookings come in whole: newer versions win, what they no longer list is cancelled."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select, text

from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_flight
from tests.factories.frames import FLIGHT_KEY, delivery
from tests.factories.hotel import make_hotel
from tests.factories.traveller import make_traveller
from warehouse.operations.bookings_feed import BookingFrames, load_bookings, load_travellers
from warehouse.operations.feed_batches import BatchResult
from warehouse.queries.feeds import list_quarantine
from warehouse.schema.travel import Booking, Leg, Stay
from warehouse.session import transaction
from warehouse.vocabulary import SYSTEM

PRICED = {"price_minor_units": 20_000, "currency": "USD", "status": "confirmed"}
BOOKING = {
    "booking_ref": "ABC234",
    "booked_at": STORM_AT - timedelta(days=20),
    "status": "confirmed",
    "value_minor_units": 70_000,
    "currency": "USD",
    "trip_purpose": "leisure",
    "is_generated": True,
    "source_updated_at": STORM_AT - timedelta(days=20),
}
LEG = {"booking_ref": "ABC234", "position": 1, **FLIGHT_KEY, "cabin": "economy", **PRICED}
STAY = {
    "booking_ref": "ABC234",
    "position": 1,
    "hotel_ref": "H1",
    "room_type": "double",
    "check_in_on": date(2013, 12, 10),
    "check_out_on": date(2013, 12, 12),
    "rooms": 1,
    **PRICED,
}


def frames(**overrides: Any) -> BookingFrames:
    return_leg = LEG | {"position": 2, "flight_number": "124"}
    named = [
        {"booking_ref": "ABC234", "position": position, "traveller_ref": reference}
        for position, reference in ((1, "T1"), (2, "T2"))
    ]
    whole = BookingFrames(
        bookings=pd.DataFrame([BOOKING]),
        booking_travellers=pd.DataFrame(named),
        legs=pd.DataFrame([LEG, return_leg]),
        stays=pd.DataFrame([STAY]),
    )
    return replace(whole, **overrides)


@pytest.fixture
def world(database: str) -> None:
    with transaction() as session:
        for number in ("123", "124"):
            make_flight(session, carrier="B6", flight_number=number)
        make_hotel(session, hotel_ref="H1")
        for reference in ("T1", "T2", "T3"):
            make_traveller(session, traveller_ref=reference)


def load(given: BookingFrames, source: str = "agency") -> BatchResult:
    with transaction() as session:
        return load_bookings(session, SYSTEM, given, delivery("booking", source=source))


def counts(batch: BatchResult) -> tuple[int, int, int, int]:
    return (
        batch.accepted_count,
        batch.unchanged_count,
        batch.superseded_count,
        batch.quarantined_count,
    )


def newer(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame([BOOKING | {"source_updated_at": STORM_AT} | changes])


def party() -> list[tuple[int, str]]:
    with transaction() as session:
        rows = session.execute(
            text(
                "SELECT position, traveller_ref FROM travel.booking_traveller"
                " JOIN travel.traveller USING (traveller_id) ORDER BY position"
            )
        )
        return [tuple(row) for row in rows]


def leg_statuses() -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(Leg.status).order_by(Leg.position)))


def test_a_booking_comes_with_all_that_belongs_to_it(world: None) -> None:
    batch = load(frames())
    assert (batch.received_count, counts(batch)) == (6, (6, 0, 0, 0))
    assert party() == [(1, "T1"), (2, "T2")]
    with transaction() as session:
        booking = session.scalars(select(Booking)).one()
        assert session.scalars(select(Stay)).one().booking_id == booking.booking_id
        assert {leg.booking_id for leg in session.scalars(select(Leg))} == {booking.booking_id}
    assert booking.batch_id == batch.batch_id


def test_the_same_booking_twice_changes_nothing(world: None) -> None:
    load(frames())
    with transaction() as session:
        before = session.execute(text("SELECT ctid, xmin FROM travel.leg")).all()
    assert counts(load(frames())) == (0, 6, 0, 0)
    with transaction() as session:
        assert session.execute(text("SELECT ctid, xmin FROM travel.leg")).all() == before


def test_a_newer_version_wins_and_an_older_one_is_superseded_whole(world: None) -> None:
    load(frames(bookings=newer(value_minor_units=90_000)))
    batch = load(frames(legs=pd.DataFrame([LEG | {"cabin": "first"}])))
    assert counts(batch) == (0, 0, 5, 0)
    with transaction() as session:
        assert session.scalars(select(Booking.value_minor_units)).one() == 90_000
    assert leg_statuses() == ["confirmed", "confirmed"]


def test_a_leg_no_longer_listed_is_cancelled_not_deleted(world: None) -> None:
    load(frames())
    assert counts(load(frames(bookings=newer(), legs=pd.DataFrame([LEG])))) == (1, 4, 0, 0)
    assert leg_statuses() == ["confirmed", "cancelled"]


def test_the_party_becomes_what_the_newer_version_says(world: None) -> None:
    load(frames())
    swapped = pd.DataFrame([
        {"booking_ref": "ABC234", "position": 1, "traveller_ref": "T2"},
        {"booking_ref": "ABC234", "position": 2, "traveller_ref": "T3"},
    ])
    load(frames(bookings=newer(), booking_travellers=swapped))
    assert party() == [(1, "T2"), (2, "T3")]


def test_a_tombstone_cancels_the_booking(world: None) -> None:
    load(frames())
    load(frames(bookings=newer(status="cancelled")))
    with transaction() as session:
        assert session.scalars(select(Booking.status)).one() == "cancelled"


def test_a_leg_on_an_unknown_flight_waits_and_cancels_nothing(world: None) -> None:
    load(frames())
    lost = pd.DataFrame([LEG, LEG | {"position": 2, "flight_number": "777"}])
    batch = load(frames(bookings=newer(), legs=lost))
    assert counts(batch) == (1, 4, 0, 1)
    assert leg_statuses() == ["confirmed", "confirmed"]
    with transaction() as session:
        assert list_quarantine(session)[0].reason == "names no flight"


def test_what_belongs_to_no_delivered_booking_is_refused(world: None) -> None:
    stray = pd.DataFrame([LEG, LEG | {"booking_ref": "ZZZ999"}])
    assert counts(load(frames(legs=stray))) == (5, 0, 0, 1)


def test_a_locator_means_another_booking_at_another_source(world: None) -> None:
    load(frames())
    assert counts(load(frames(), source="airline")) == (6, 0, 0, 0)
    with transaction() as session:
        assert len(session.scalars(select(Booking)).all()) == 2


def test_travellers_are_known_by_their_reference(world: None) -> None:
    frame = pd.DataFrame([
        {
            "traveller_ref": "T9",
            "given_name": "Ada",
            "family_name": "Lind",
            "email": "ada.lind@example.com",
            "phone": "+1-646-555-0100",
            "home_airport": None,
            "loyalty_tier": None,
            "is_generated": True,
        }
    ])
    for expected in ((1, 0, 0, 0), (0, 1, 0, 0)):
        with transaction() as session:
            assert counts(load_travellers(session, SYSTEM, frame, delivery("traveller"))) == (
                expected
            )
