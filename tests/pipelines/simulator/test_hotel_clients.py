"""Our hotel suppliers against the simulator: no room is taken twice, and none by half."""

from datetime import timedelta
from threading import Event
from uuid import uuid4

import pytest

from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.hotel_supplier import (
    BookingState,
    NearAirport,
    NothingAvailable,
    OutcomeUnknown,
)
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.hotel_desk import (
    ADA,
    SUPPLIERS,
    WISH,
    Desk,
    connect_duffel,
    make_desk,
)
from tests.pipelines.simulator.small_facts import STORM_AT, TOMORROW, TONIGHT

JFK = NearAirport("JFK", 40.6398, -73.7789, radius_km=5)


@pytest.fixture(params=sorted(SUPPLIERS))
def desk(request: pytest.FixtureRequest, simulator: Simulator) -> Desk:
    return make_desk(request.param, simulator)


def test_rooms_are_found_around_an_airport(desk: Desk) -> None:
    found = desk.supplier.search(JFK, WISH)
    assert found.rejected == ()
    assert [hotel.name for hotel in found.hotels] == ["Amber Anchor Inn", "Birch Key Hotel"]
    assert all(hotel.is_located for hotel in found.hotels)
    assert [offer.room_type for offer in found.offers] == ["single", "double"] * 2
    assert [offer.price_minor_units for offer in found.offers] == [10_000, 12_000] * 2
    assert [offer.is_refundable for offer in found.offers] == [True, True, False, False]
    free_until = STORM_AT + timedelta(hours=12)
    assert [offer.refund_until for offer in found.offers[:2]] == [free_until] * 2


def test_nothing_far_from_all_hotels(desk: Desk) -> None:
    found = desk.supplier.search(NearAirport("SFO", 37.6, -122.4, 5), WISH)
    assert (found.hotels, found.offers, found.rejected) == ((), (), ())


def test_a_room_is_booked_found_and_given_back(desk: Desk) -> None:
    key = uuid4()
    quote = desk.supplier.quote(desk.offer())
    assert quote.changed_terms == ()
    booking = desk.supplier.book(quote, ADA, key)
    assert booking.state is BookingState.CONFIRMED
    assert (booking.idempotency_key, booking.hotel_ref) == (key, desk.hotel_ref)
    assert (booking.check_in_on, booking.check_out_on, booking.rooms) == (TONIGHT, TOMORROW, 1)
    assert desk.left() == 2
    assert desk.supplier.find(key) == booking
    assert desk.supplier.find(uuid4()) is None
    cancelled = desk.supplier.cancel(booking.booking_ref)
    assert (cancelled.fee_minor_units, cancelled.refund_minor_units) == (0, 12_000)
    assert desk.left() == 3
    desk.supplier.cancel(booking.booking_ref)
    assert desk.left() == 3


def test_two_bookings_under_one_key_are_one(desk: Desk) -> None:
    key = uuid4()
    first = desk.supplier.book(desk.supplier.quote(desk.offer()), ADA, key)
    second = desk.supplier.book(desk.supplier.quote(desk.offer()), ADA, key)
    assert first == second
    assert (desk.standing(key), desk.left()) == (1, 2)


@pytest.mark.parametrize("operation", ["search", "quote"])
@pytest.mark.parametrize("kind", ["minutely", "concurrent", "unavailable", "broken_tail", "slow"])
def test_what_passes_is_waited_for(desk: Desk, operation: str, kind: str) -> None:
    desk.misbehave(kind, operation=operation)
    quote = desk.supplier.quote(desk.offer())
    assert quote.offer.price_minor_units == 12_000
    assert len(desk.slept) == (0 if kind == "slow" else 1)
    if kind == "minutely":
        assert desk.slept[0] > 55


@pytest.mark.parametrize("operation", ["search", "quote"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [("hourly", ProviderBusy), ("daily", ProviderBusy), ("refused", ProviderRefused)],
)
def test_what_does_not_pass_soon_is_left(
    desk: Desk, operation: str, kind: str, error: type[Exception]
) -> None:
    desk.misbehave(kind, operation=operation)
    with pytest.raises(error):
        desk.supplier.quote(desk.offer())
    assert desk.slept == []


@pytest.mark.parametrize(
    ("kind", "is_booked"),
    [
        ("minutely", False),
        ("hourly", False),
        ("unavailable", False),
        ("timeout_after_booking", True),
        ("broken_tail", True),
    ],
)
def test_a_booking_whose_answer_is_lost_is_found_and_never_made_twice(
    desk: Desk, kind: str, is_booked: bool
) -> None:
    key = uuid4()
    quote = desk.supplier.quote(desk.offer())
    desk.misbehave(kind, operation="book")
    with pytest.raises(OutcomeUnknown):
        desk.supplier.book(quote, ADA, key)
    found = desk.supplier.find(key)
    assert (found is not None) is is_booked
    assert (desk.standing(key), desk.left()) == ((1, 2) if is_booked else (0, 3))
    booking = desk.supplier.book(desk.supplier.quote(desk.offer()), ADA, key)
    assert found in {None, booking}
    assert (desk.standing(key), desk.left()) == (1, 2)


def test_a_booking_made_after_we_stopped_waiting_is_found(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    supplier, key = connect_duffel(simulator, []), uuid4()
    desk = Desk(simulator, supplier, "duffel:acc_H0001")
    quote = supplier.quote(desk.offer())
    simulator.wakes = Event()
    desk.misbehave("slow", operation="book")
    monkeypatch.setattr(supplier._client, "timeout_seconds", 0.2)
    with pytest.raises(OutcomeUnknown):
        supplier.book(quote, ADA, key)
    monkeypatch.undo()
    assert supplier.find(key) is None
    simulator.wakes.set()
    asked = (supplier.find(key) for _ in range(1_000))
    booking = next(found for found in asked if found is not None)
    assert supplier.book(supplier.quote(desk.offer()), ADA, key) == booking
    assert (desk.standing(key), desk.left()) == (1, 2)


def test_a_refused_booking_is_none(desk: Desk) -> None:
    key = uuid4()
    quote = desk.supplier.quote(desk.offer())
    desk.misbehave("refused", operation="book")
    with pytest.raises(ProviderRefused):
        desk.supplier.book(quote, ADA, key)
    assert (desk.standing(key), desk.left()) == (0, 3)


@pytest.mark.parametrize("operation", ["quote", "book"])
def test_a_room_that_others_took_is_refused(desk: Desk, operation: str) -> None:
    offer = desk.offer()
    desk.misbehave("sold_out", operation=operation)
    with pytest.raises(ProviderRefused) as refused:
        desk.supplier.book(desk.supplier.quote(offer), ADA, uuid4())
    if (desk.name, operation) == ("liteapi", "quote"):
        assert isinstance(refused.value, NothingAvailable)
    assert desk.left() == 0
    rooms = {o.room_type for o in desk.supplier.search_hotel(desk.hotel_ref, WISH).offers}
    assert rooms == {"single"}


def test_a_price_that_rose_is_told_before_anything_is_booked(desk: Desk) -> None:
    offer = desk.offer()
    desk.misbehave("price_change")
    quote = desk.supplier.quote(offer)
    assert quote.offer.price_minor_units == 14_400
    assert quote.changed_terms == ("the price changed by 20 %",)
    assert desk.left() == 3


@pytest.mark.parametrize("kind", ["unavailable", "broken_tail"])
def test_a_cancellation_whose_answer_is_lost_gives_the_room_back_once(
    desk: Desk, kind: str
) -> None:
    booking = desk.supplier.book(desk.supplier.quote(desk.offer()), ADA, uuid4())
    desk.misbehave(kind, operation="cancel")
    with pytest.raises(OutcomeUnknown):
        desk.supplier.cancel(booking.booking_ref)
    assert desk.left() == (3 if kind == "broken_tail" else 2)
    assert desk.supplier.cancel(booking.booking_ref).booking_ref == booking.booking_ref
    assert desk.left() == 3


def test_a_booking_nobody_knows_cannot_be_cancelled(desk: Desk) -> None:
    with pytest.raises(ProviderRefused):
        desk.supplier.cancel("none")
