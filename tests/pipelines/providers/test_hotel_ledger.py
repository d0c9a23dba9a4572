"""From Duffel's answer to the ledger: a net count never breaks what is held, and is never news."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from pipelines.providers.duffel_stays import DuffelStays
from pipelines.providers.hotel_availability import frames_of
from pipelines.providers.hotel_orders import NetworkSupplier
from pipelines.providers.hotel_supplier import RoomWish
from tests.factories.airport import make_airport
from tests.factories.defaults import STORM_AT, STORM_ON
from tests.factories.fallback import make_fallback_action
from tests.factories.frames import delivery
from tests.factories.policy import make_alert_policy
from tests.pipelines.providers.hotel_payloads import (
    JFK,
    duffel_booking,
    duffel_quote,
    duffel_rate,
    duffel_result,
    duffel_search,
)
from tests.pipelines.providers.hotel_server import HotelServer, duffel_client, playing
from tests.pipelines.providers.scripted_server import Answer
from warehouse.operations.fallback_bookings import BookingSweep, book_accepted
from warehouse.operations.fallback_offers import accept_fallback, offer_fallback
from warehouse.operations.feed_batches import BatchResult
from warehouse.operations.inventory_feed import load_hotels, load_room_inventory
from warehouse.operations.lost_rooms import give_way_to_suppliers
from warehouse.queries.inventory import ledger_mismatches, list_lost_nights, list_room_offers
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Hotel, RoomNight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, FallbackActionId

NIGHT = {"check_in_date": "2013-12-10", "check_out_date": "2013-12-11"}
WISH = RoomWish(STORM_ON, STORM_ON + timedelta(days=1), adults=2)


@pytest.fixture
def duffel(database: str) -> Iterator[HotelServer]:
    with transaction(Access.OWNER) as session:
        make_airport(session, "JFK")
        make_alert_policy(session)
    with playing() as server:
        server.on("GET", "/stays/bookings", Answer({"data": []}))
        yield server


@pytest.fixture
def stays(duffel: HotelServer, slept: list[float]) -> DuffelStays:
    return DuffelStays(duffel_client(duffel, slept))


def reports(duffel: HotelServer, **rate: Any) -> None:
    """Have Duffel answer every search with one rate for the storm's night."""
    own = {"total_amount": "150.00", "expires_at": None} | rate
    answer = duffel_search(duffel_result(duffel_rate(**own), expires_at=None, **NIGHT))
    duffel.on("POST", "/stays/search", Answer(answer))


def load(stays: DuffelStays, at: datetime) -> BatchResult:
    found = frames_of(stays.search(JFK, WISH), JFK, WISH, reported_at=at)
    with transaction() as session:
        load_hotels(session, SYSTEM, found.hotels, delivery("hotel", source="duffel", at=at))
        return load_room_inventory(
            session,
            SYSTEM,
            found.rooms,
            delivery("room_night", source="duffel", at=at),
            rejected=found.rejected,
        )


def ledger() -> tuple[int, int, int]:
    with transaction() as session:
        assert ledger_mismatches(session) == []
        row = session.scalars(select(RoomNight)).one()
        return row.reported_total, row.total, row.allocated


def propose(count: int) -> list[FallbackActionId]:
    with transaction(Access.OWNER) as session:
        hotel_id = session.scalars(select(Hotel.hotel_id)).one()
        actions = [
            make_fallback_action(
                session, hotel_id=hotel_id, room_type="Queen Room", price_minor_units=15_000
            )
            for _ in range(count)
        ]
        return [FallbackActionId(action.fallback_action_id) for action in actions]


def offer(action_id: FallbackActionId, at: datetime) -> str:
    with transaction() as session:
        return offer_fallback(session, SYSTEM, action_id, at=at).result


def book_all(duffel: HotelServer, stays: DuffelStays, at: datetime) -> BookingSweep:
    duffel.on("POST", "/stays/quotes", Answer(duffel_quote(total_amount="150.00", **NIGHT)))
    duffel.on("POST", "/stays/bookings", Answer(duffel_booking(metadata=None)))
    orders = NetworkSupplier(stays, email="desk@example.org", phone_number="+1")
    return book_accepted(transaction, orders, at=at)


def test_what_duffel_offers_can_be_proposed(duffel: HotelServer, stays: DuffelStays) -> None:
    reports(duffel, quantity_available=None)
    batch = load(stays, STORM_AT)
    assert (batch.accepted_count, batch.quarantined_count) == (1, 0)
    with transaction() as session:
        [room] = list_room_offers(
            session, "JFK", check_in_on=WISH.check_in_on, check_out_on=WISH.check_out_on
        )
    assert (room.hotel_ref, room.room_type, room.free_rooms) == ("duffel:acc_1", "Queen Room", 1)
    assert (room.nightly_price_minor_units, room.currency) == (15_000, "USD")
    assert room.distance_km == pytest.approx(2.87, abs=0.01)
    assert load(stays, STORM_AT).unchanged_count == 1


def test_an_offer_that_means_nothing_waits_in_quarantine(
    duffel: HotelServer, stays: DuffelStays
) -> None:
    reports(duffel, total_currency="XXX")
    batch = load(stays, STORM_AT)
    assert (batch.accepted_count, batch.quarantined_count) == (0, 1)


def test_a_net_count_below_what_we_booked_breaks_nothing_and_lets_no_more_in(
    duffel: HotelServer, stays: DuffelStays
) -> None:
    reports(duffel, quantity_available=4)
    load(stays, STORM_AT)
    *booked, late = propose(4)
    for action_id in booked:
        assert offer(action_id, STORM_AT) == "applied"
        with transaction() as session:
            accept_fallback(session, SYSTEM, action_id, at=STORM_AT)
    assert book_all(duffel, stays, STORM_AT) == BookingSweep(booked=3)
    assert ledger() == (4, 4, 3)

    # Duffel counts what is left besides our three: one, and then none.
    reports(duffel, quantity_available=1)
    load(stays, STORM_AT + timedelta(minutes=5))
    assert ledger() == (4, 4, 3)
    reports(duffel, quantity_available=0)
    load(stays, STORM_AT + timedelta(minutes=10))
    assert ledger() == (3, 3, 3)
    assert offer(late, STORM_AT + timedelta(minutes=11)) == "refused"
    with transaction() as session:
        assert list_lost_nights(session) == []
        refs = session.scalars(select(FallbackAction.supplier_ref)).all()
    assert sorted(filter(None, refs)) == ["bok_1", "bok_1", "bok_1"]


def test_an_answer_lost_after_duffel_booked_is_found_late_and_never_booked_again(
    duffel: HotelServer, stays: DuffelStays
) -> None:
    reports(duffel, quantity_available=4)
    load(stays, STORM_AT)
    [action_id] = propose(1)
    offer(action_id, STORM_AT)
    with transaction() as session:
        accept_fallback(session, SYSTEM, action_id, at=STORM_AT)
        key = str(session.get_one(FallbackAction, action_id).idempotency_key)
    duffel.on("POST", "/stays/quotes", Answer(duffel_quote(total_amount="150.00", **NIGHT)))
    duffel.on("POST", "/stays/bookings", Answer(b'{"da', breaks_off=True))
    orders = NetworkSupplier(stays, email="desk@example.org", phone_number="+1")

    def book(minutes: int) -> BookingSweep:
        return book_accepted(transaction, orders, at=STORM_AT + timedelta(minutes=minutes))

    # Duffel took it in, but its list does not show it for a while.
    assert [book(0), book(1), book(14)] == [BookingSweep(unknown=1)] * 3
    [sent] = duffel.bodies("POST", "/stays/bookings")
    assert sent["data"]["metadata"] == {"idempotency_key": key}
    shown = duffel_booking(metadata=sent["data"]["metadata"])["data"]
    others = [duffel_booking(id="bok_9", metadata={})["data"]]
    duffel.on(
        "GET",
        "/stays/bookings",
        Answer({"data": others, "meta": {"after": "more"}}),
        Answer({"data": [shown], "meta": {"after": None}}),
    )
    assert book(15) == BookingSweep(booked=1)
    assert len(duffel.bodies("POST", "/stays/bookings")) == 1


def test_a_net_count_below_what_we_only_hold_keeps_its_truth_and_the_newest_hold_gives_way(
    duffel: HotelServer, stays: DuffelStays
) -> None:
    reports(duffel, quantity_available=4)
    load(stays, STORM_AT)
    older, newer, late = propose(3)
    for minutes, action_id in enumerate((older, newer)):
        assert offer(action_id, STORM_AT + timedelta(minutes=minutes)) == "applied"

    # Duffel knows nothing of our holds: one room is all it has for both of them.
    reports(duffel, quantity_available=1)
    at = STORM_AT + timedelta(minutes=5)
    load(stays, at)
    assert ledger() == (1, 2, 2)
    assert offer(late, at) == "refused"
    with transaction() as session:
        assert [night.reported_total for night in list_lost_nights(session)] == [1]
        assert give_way_to_suppliers(session, at=at) == 1
        assert session.get_one(FallbackAction, newer).status == "failed"
    assert ledger() == (1, 1, 1)
    assert load(stays, at).unchanged_count == 1
