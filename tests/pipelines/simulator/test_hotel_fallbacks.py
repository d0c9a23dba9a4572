"""Accepted fallbacks booked at the simulator: each ends with one booking or none."""

from uuid import uuid4

import pytest

from pipelines.providers.hotel_orders import NetworkSupplier
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.hotel_desk import SUPPLIERS, Desk, make_desk
from tests.pipelines.simulator.small_facts import TOMORROW, TONIGHT
from warehouse.operations.fallback_bookings import (
    BookingOrder,
    Confirmed,
    PriceRose,
    Refused,
    SupplierAnswer,
    Unknown,
)
from warehouse.vocabulary import FallbackActionId


@pytest.fixture(params=sorted(SUPPLIERS))
def desk(request: pytest.FixtureRequest, simulator: Simulator) -> Desk:
    return make_desk(request.param, simulator)


FAULTS = [
    *(
        (kind, op)
        for kind in ("minutely", "hourly", "unavailable", "refused", "broken_tail")
        for op in ("list", "search", "quote", "book")
    ),
    ("sold_out", "quote"),
    ("sold_out", "book"),
    ("price_change", "quote"),
    ("timeout_after_booking", "book"),
    ("slow", None),
]


@pytest.mark.parametrize(("kind", "operation"), FAULTS)
def test_an_accepted_fallback_ends_with_one_booking_or_none(
    desk: Desk, kind: str, operation: str | None
) -> None:
    network = NetworkSupplier(desk.supplier, email="desk@example.com", phone_number="+1212")
    order = BookingOrder(
        fallback_action_id=FallbackActionId(1),
        idempotency_key=uuid4(),
        hotel_ref=desk.hotel_ref,
        room_type="double",
        check_in_on=TONIGHT,
        check_out_on=TOMORROW,
        rooms=1,
        price_minor_units=12_000,
        currency="USD",
        guest_name="Ada Finch",
    )
    desk.misbehave(kind, **({"operation": operation} if operation else {}))
    answer: SupplierAnswer | None = network.book(order)
    if isinstance(answer, Unknown):
        # As the pipeline does: look it up, and ask again only if there is surely nothing.
        answer = network.look_up(order)
    if answer is None:
        answer = network.book(order)
    assert not isinstance(answer, Unknown)
    key, is_booked = order.idempotency_key, isinstance(answer, Confirmed)
    assert desk.standing(key) == (1 if is_booked else 0)
    if kind != "sold_out":
        assert desk.left() == (2 if is_booked else 3)
    expected = {"sold_out": Refused, "price_change": PriceRose, "refused": (Refused, Confirmed)}
    assert isinstance(answer, expected.get(kind, Confirmed))
