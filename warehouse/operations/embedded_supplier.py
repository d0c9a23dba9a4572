"""The supplier of the embedded inventory: it sells the rooms of our own ledger."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.operations.fallback_bookings import (
    BookingOrder,
    Confirmed,
    PriceRose,
    Refused,
    SupplierAnswer,
)
from warehouse.rules.fallback_ranking import rose_too_far
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Hotel, RoomNight


class EmbeddedSupplier:
    """Confirms a booking whose rooms the ledger has and whose price still holds.

    What is booked is known from the record itself, so an answer never gets lost: looking a key up
    reads what was confirmed under it, and booking it again gives the same reference.
    """

    def __init__(self, open_transaction: Callable[[], AbstractContextManager[Session]]) -> None:
        self._open_transaction = open_transaction

    def book(self, order: BookingOrder) -> SupplierAnswer:
        """Confirm the order, unless a night was taken away or its price rose beyond tolerance."""
        with self._open_transaction() as session:
            nights, price, is_short = session.execute(
                select(
                    func.count(),
                    func.sum(RoomNight.price_minor_units),
                    func.bool_or(RoomNight.allocated > RoomNight.reported_total),
                )
                .join(Hotel, Hotel.hotel_id == RoomNight.hotel_id)
                .where(
                    Hotel.hotel_ref == order.hotel_ref,
                    RoomNight.room_type == order.room_type,
                    RoomNight.night >= order.check_in_on,
                    RoomNight.night < order.check_out_on,
                )
            ).one()
        if nights < (order.check_out_on - order.check_in_on).days or is_short:
            return Refused("the hotel took its rooms back.")
        current = int(price) * order.rooms
        if rose_too_far(order.price_minor_units, current):
            return PriceRose(current)
        return Confirmed(f"EMB-{order.idempotency_key.hex[:12].upper()}")

    def look_up(self, order: BookingOrder) -> Confirmed | None:
        """Find the reference that was confirmed under the order's key."""
        with self._open_transaction() as session:
            supplier_ref = session.scalar(
                select(FallbackAction.supplier_ref).where(
                    FallbackAction.idempotency_key == order.idempotency_key
                )
            )
        return Confirmed(supplier_ref) if supplier_ref else None
