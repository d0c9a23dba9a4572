"""Whom the demonstration shows My trips as: somebody who will be asked something."""

import pytest
from sqlalchemy.orm import Session

from tests.factories.alert import make_affected_booking
from tests.factories.booking import make_booking, make_leg
from tests.factories.fallback import make_fallback_action
from tests.factories.traveller import make_traveller
from warehouse.errors import NotFound
from warehouse.queries.open_fallbacks import get_affected_traveller
from warehouse.session import Access, transaction


def make_touched(session: Session, *, has_hotel: bool) -> int:
    """Insert a disrupted booking, and give its lead traveller."""
    traveller = make_traveller(session)
    booking = make_booking(session, travellers=[traveller])
    leg = make_leg(session, booking_id=booking.booking_id)
    touched = make_affected_booking(session, leg_id=leg.leg_id, booking_id=booking.booking_id)
    if has_hotel:
        columns = ("alert_id", "booking_id", "leg_id")
        make_fallback_action(session, **{name: getattr(touched, name) for name in columns})
    return traveller.traveller_id


def test_somebody_with_a_hotel_proposed_comes_before_a_newer_alert(database: str) -> None:
    with transaction(Access.OWNER) as session:
        lucky = make_touched(session, has_hotel=True)
        make_touched(session, has_hotel=False)
        assert get_affected_traveller(session) == lucky


def test_without_a_hotel_the_newest_alert_counts(database: str) -> None:
    with transaction(Access.OWNER) as session:
        with pytest.raises(NotFound):
            get_affected_traveller(session)
        make_touched(session, has_hotel=False)
        newest = make_touched(session, has_hotel=False)
        assert get_affected_traveller(session) == newest
