"""Booking an accepted hotel: committed before the call, the same key always, nothing lost."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.factories.accepted_fallback import make_accepted_fallback
from tests.factories.defaults import STORM_AT
from warehouse.operations.embedded_supplier import EmbeddedSupplier
from warehouse.operations.fallback_bookings import (
    BookingOrder,
    BookingSweep,
    Confirmed,
    Refused,
    Supplier,
    SupplierAnswer,
    Unknown,
    book_accepted,
    record_booking,
    start_bookings,
)
from warehouse.operations.fallback_offers import accept_fallback
from warehouse.queries.inventory import ledger_mismatches
from warehouse.schema.audit import Entry
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import RoomNight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, FallbackActionId


class ScriptedSupplier:
    """A supplier across a network: answers as told, and remembers what it booked by key."""

    def __init__(self, *answers: SupplierAnswer) -> None:
        self.answers = list(answers)
        self.asked: list[UUID] = []
        self.booked: dict[UUID, str] = {}

    def book(self, order: BookingOrder) -> SupplierAnswer:
        """Answer as told; `booking` must be committed by now."""
        with transaction() as session:
            action = session.get_one(FallbackAction, order.fallback_action_id)
            assert action.status == "booking"
        self.asked.append(order.idempotency_key)
        return self.answers.pop(0)

    def look_up(self, order: BookingOrder) -> Confirmed | None:
        """Find what was booked under the key."""
        reference = self.booked.get(order.idempotency_key)
        return Confirmed(reference) if reference else None


@pytest.fixture
def accepted(database: str) -> FallbackActionId:
    return make_accepted_fallback()


def _book(supplier: Supplier, *, minutes: int = 1) -> BookingSweep:
    return book_accepted(transaction, supplier, at=STORM_AT + timedelta(minutes=minutes))


def _actions() -> list[FallbackAction]:
    with transaction() as session:
        assert ledger_mismatches(session) == []
        ordered = select(FallbackAction).order_by(FallbackAction.fallback_action_id)
        return list(session.scalars(ordered))


def _change_nights(change: Callable[[Session, int], None], action_id: FallbackActionId) -> None:
    with transaction(Access.OWNER) as session:
        hotel_id = session.get_one(FallbackAction, action_id).hotel_id
        assert hotel_id is not None
        change(session, hotel_id)


def test_the_embedded_supplier_confirms_with_a_reference(accepted: FallbackActionId) -> None:
    assert _book(EmbeddedSupplier(transaction)) == BookingSweep(booked=1)
    action = _actions()[0]
    assert action.status == "booked"
    assert action.supplier_ref == f"EMB-{action.idempotency_key.hex[:12].upper()}"
    assert _book(EmbeddedSupplier(transaction)) == BookingSweep()


def test_every_step_to_booked_has_one_entry_in_the_history(accepted: FallbackActionId) -> None:
    _book(EmbeddedSupplier(transaction))
    with transaction() as session:
        entries = select(Entry.tag).where(Entry.noun_id == accepted).order_by(Entry.entry_id)
        tags = session.scalars(entries.where(Entry.noun == "fallback_action")).all()
    steps = ["held", "offered", "accepted", "booking_started", "booked"]
    assert tags == [f"fallback.{step}" for step in steps]


def test_a_refusal_frees_the_room_and_holds_the_next_ranked(accepted: FallbackActionId) -> None:
    assert _book(ScriptedSupplier(Refused("sold out"))) == BookingSweep(failed=1)
    first, second = _actions()
    assert (first.status, first.end_reason) == ("failed", "sold out")
    assert second.status == "held"
    with transaction() as session:
        by_hotel = {night.hotel_id: night.allocated for night in session.scalars(select(RoomNight))}
    assert (by_hotel[first.hotel_id], by_hotel[second.hotel_id]) == (0, 1)


def test_an_unknown_outcome_is_looked_up_and_never_booked_twice(
    accepted: FallbackActionId,
) -> None:
    supplier = ScriptedSupplier(Unknown("timed out"))
    assert _book(supplier) == BookingSweep(unknown=1)
    assert _actions()[0].status == "booking"
    supplier.booked[supplier.asked[0]] = "REF-1"
    assert _book(supplier) == BookingSweep(booked=1)
    assert len(supplier.asked) == 1
    assert _actions()[0].supplier_ref == "REF-1"


def test_an_order_the_supplier_never_got_is_soon_sent_again_under_the_same_key(
    accepted: FallbackActionId,
) -> None:
    supplier = ScriptedSupplier(Unknown("no rates", may_be_booked=False), Confirmed("REF-2"))
    assert _book(supplier) == BookingSweep(unknown=1)
    assert _book(supplier, minutes=2) == BookingSweep(unknown=1)
    assert len(supplier.asked) == 1
    assert _book(supplier, minutes=3) == BookingSweep(booked=1)
    assert supplier.asked[0] == supplier.asked[1]


def test_an_order_that_may_be_on_its_way_is_looked_up_but_not_sent_again(
    accepted: FallbackActionId,
) -> None:
    supplier = ScriptedSupplier(Unknown("timed out"))
    for minutes in (1, 2, 10, 15):
        assert _book(supplier, minutes=minutes) == BookingSweep(unknown=1)
    supplier.booked[supplier.asked[0]] = "REF-1"
    assert _book(supplier, minutes=15) == BookingSweep(booked=1)
    assert len(supplier.asked) == 1


def test_a_booking_interrupted_after_it_began_is_looked_up(accepted: FallbackActionId) -> None:
    with transaction() as session:
        [order] = start_bookings(session, at=STORM_AT)
    supplier = ScriptedSupplier()
    assert _book(supplier) == BookingSweep(unknown=1)
    supplier.booked[order.idempotency_key] = "REF-3"
    assert _book(supplier) == BookingSweep(booked=1)


def test_every_further_attempt_is_in_the_history(accepted: FallbackActionId) -> None:
    supplier = ScriptedSupplier(Unknown("no rates", may_be_booked=False), Confirmed("REF-2"))
    _book(supplier)
    _book(supplier, minutes=3)
    with transaction() as session:
        entries = select(Entry.reason).where(Entry.tag == "fallback.booking_started")
        reasons = session.scalars(entries.order_by(Entry.entry_id)).all()
    assert reasons == [None, "no rates", "It is sent again."]


def test_a_risen_price_goes_back_to_the_traveller(accepted: FallbackActionId) -> None:
    def raise_price(session: Session, hotel_id: int) -> None:
        nights = update(RoomNight).where(RoomNight.hotel_id == hotel_id)
        session.execute(nights.values(price_minor_units=15_000))

    _change_nights(raise_price, accepted)
    assert _book(EmbeddedSupplier(transaction)) == BookingSweep(offered_again=1)
    action = _actions()[0]
    assert (action.status, action.price_minor_units) == ("offered", 15_000)
    with transaction() as session:
        accept_fallback(session, SYSTEM, accepted, at=STORM_AT + timedelta(minutes=2))
    assert _book(EmbeddedSupplier(transaction)) == BookingSweep(booked=1)


def test_a_room_the_supplier_took_back_is_not_confirmed(accepted: FallbackActionId) -> None:
    def take_back(session: Session, hotel_id: int) -> None:
        nights = update(RoomNight).where(RoomNight.hotel_id == hotel_id)
        session.execute(nights.values(reported_total=0, total=1))

    _change_nights(take_back, accepted)
    assert _book(EmbeddedSupplier(transaction)) == BookingSweep(failed=1)
    assert [action.status for action in _actions()] == ["failed", "held"]


def test_an_answer_written_twice_changes_nothing(accepted: FallbackActionId) -> None:
    _book(ScriptedSupplier(Confirmed("REF-4")))
    with transaction() as session:
        again = record_booking(session, accepted, Refused("late"), at=STORM_AT)
    assert again.result == "no_op"
    assert _actions()[0].status == "booked"
