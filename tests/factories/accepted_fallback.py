"""A hotel that a traveller accepted, and a supplier that never answers."""

from tests.factories.alert import make_affected_booking
from tests.factories.defaults import STORM_AT
from tests.factories.fallback import make_fallback_action
from tests.factories.hotel import make_room_night
from tests.factories.policy import make_alert_policy
from warehouse.operations.fallback_bookings import (
    BookingOrder,
    Confirmed,
    Unknown,
    book_accepted,
)
from warehouse.operations.fallback_offers import accept_fallback, offer_fallback
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, FallbackActionId


class SilentSupplier:
    """Never answers, and counts how often it was asked to book."""

    def __init__(self) -> None:
        self.orders = 0

    def book(self, order: BookingOrder) -> Unknown:
        """Time out."""
        self.orders += 1
        return Unknown("timed out")

    def look_up(self, order: BookingOrder) -> Confirmed | None:
        """Know nothing of it."""
        return None


def make_accepted_fallback() -> FallbackActionId:
    """Accept the better of two hotels proposed for a leg."""
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        touched = make_affected_booking(session)
        first, _ = (
            make_fallback_action(
                session,
                alert_id=touched.alert_id,
                booking_id=touched.booking_id,
                leg_id=touched.leg_id,
                hotel_id=make_room_night(session, reported_total=1).hotel_id,
                rank=rank,
            )
            for rank in (1, 2)
        )
        action_id = FallbackActionId(first.fallback_action_id)
    with transaction() as session:
        offer_fallback(session, SYSTEM, action_id, at=STORM_AT)
        accept_fallback(session, SYSTEM, action_id, at=STORM_AT)
    return action_id


def make_silent_booking() -> FallbackActionId:
    """Accept a hotel whose supplier times out."""
    action_id = make_accepted_fallback()
    book_accepted(transaction, SilentSupplier(), at=STORM_AT)
    return action_id
