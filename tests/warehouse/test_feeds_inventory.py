"""A supplier's counts keep their truth and never break what is held."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select, text

from tests.factories.defaults import STORM_AT
from tests.factories.fallback import make_fallback_action
from tests.factories.frames import delivery
from tests.factories.hotel import make_hotel
from tests.factories.policy import make_alert_policy
from warehouse.operations.fallback_bookings import start_bookings
from warehouse.operations.fallback_offers import accept_fallback, offer_fallback
from warehouse.operations.feed_batches import BatchResult
from warehouse.operations.inventory_feed import load_hotels, load_room_inventory
from warehouse.schema.inventory import RoomNight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, FallbackActionId

NIGHT = date(2013, 12, 10)
ROOM = {
    "hotel_ref": "H1",
    "room_type": "double",
    "night": NIGHT,
    "reported_total": 10,
    "price_minor_units": 15_000,
    "currency": "USD",
    "count_semantics": "gross",
    "reported_at": STORM_AT,
}


@pytest.fixture
def hotel(database: str) -> None:
    with transaction() as session:
        make_hotel(session, hotel_ref="H1")


def load(**changes: Any) -> BatchResult:
    frame = pd.DataFrame([ROOM | changes])
    with transaction() as session:
        return load_room_inventory(session, SYSTEM, frame, delivery("room_night"))


def allocate(rooms: int) -> None:
    with transaction(Access.OWNER) as session:
        session.execute(
            text("UPDATE inventory.room_night SET allocated = :rooms"), {"rooms": rooms}
        )


def ledger() -> tuple[int, int, int]:
    with transaction() as session:
        row = session.scalars(select(RoomNight)).one()
        return row.reported_total, row.total, row.allocated


def test_the_same_report_twice_changes_nothing(hotel: None) -> None:
    assert load().accepted_count == 1
    allocate(3)
    assert load().unchanged_count == 1
    assert ledger() == (10, 10, 3)


def test_a_count_below_what_is_held_keeps_its_truth_and_the_holds(hotel: None) -> None:
    load()
    allocate(6)
    load(reported_total=4, reported_at=STORM_AT + timedelta(hours=1))
    assert ledger() == (4, 6, 6)
    load(reported_total=9, reported_at=STORM_AT + timedelta(hours=2))
    assert ledger() == (9, 9, 6)


def test_an_older_report_is_superseded(hotel: None) -> None:
    load()
    older = load(reported_total=2, reported_at=STORM_AT - timedelta(hours=1))
    assert older.superseded_count == 1
    assert ledger() == (10, 10, 0)


def test_a_net_count_leaves_out_what_we_booked_but_not_what_we_hold(hotel: None) -> None:
    load()
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        hotel_id = session.scalars(select(RoomNight.hotel_id)).one()
        booked, held = (
            FallbackActionId(
                make_fallback_action(
                    session,
                    hotel_id=hotel_id,
                    room_type="double",
                    rooms=rooms,
                    price_minor_units=rooms * 15_000,
                ).fallback_action_id
            )
            for rooms in (3, 2)
        )
        for action_id in (booked, held):
            offer_fallback(session, SYSTEM, action_id, at=STORM_AT)
        accept_fallback(session, SYSTEM, booked, at=STORM_AT)
        start_bookings(session, at=STORM_AT)
    later = STORM_AT + timedelta(hours=1)
    net = {"reported_total": 1, "reported_at": later, "count_semantics": "net"}
    load(**net)
    assert ledger() == (4, 5, 5)
    assert load(**net).unchanged_count == 1
    assert ledger() == (4, 5, 5)


def test_rooms_of_an_unknown_hotel_and_negative_counts_are_refused(hotel: None) -> None:
    assert load(hotel_ref="H9").quarantined_count == 1
    assert load(reported_total=-1).quarantined_count == 1


def test_hotels_near_an_airport_we_do_not_know_wait_in_quarantine(hotel: None) -> None:
    standard = {
        "name": "Harbour Inn",
        "latitude": 40.6,
        "longitude": -73.8,
        "distance_km": 2.0,
        "stars": 3,
        "supplier_reliability": 0.9,
        "is_refundable": True,
        "is_generated": True,
    }
    frame = pd.DataFrame([
        standard | {"hotel_ref": "H2", "airport": "JFK"},
        standard | {"hotel_ref": "H3", "airport": "ZZZ"},
    ])
    with transaction() as session:
        batch = load_hotels(session, SYSTEM, frame, delivery("hotel"))
    assert (batch.accepted_count, batch.quarantined_count) == (1, 1)
