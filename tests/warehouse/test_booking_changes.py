"""A live alert lists whom it touches now, and closes once it touches nobody."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from tests.factories.booking import make_booking, make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_cancelled_flight
from tests.factories.policy import make_alert_policy, make_policy_version
from tests.factories.traveller import make_traveller
from warehouse.operations.alert_cases import AlertCandidate
from warehouse.operations.booking_changes import BookingsFollowed, follow_bookings
from warehouse.operations.raising import raise_flight_alerts
from warehouse.schema.alerting import AffectedBooking, Alert
from warehouse.schema.travel import Booking
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, AlertBasis, BookingStatus, FlightId

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def flight_id(database: str) -> FlightId:
    """A cancelled flight with two people on it, and its alert."""
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        make_policy_version(session)
        flight_id = FlightId(make_cancelled_flight(session).flight_id)
    book(flight_id, party=2)
    with transaction(Access.PIPELINE) as session:
        candidate = AlertCandidate(flight_id, AlertBasis.REPORTED, None, None, [])
        raise_flight_alerts(session, SYSTEM, [candidate], at=STORM_AT)
    return flight_id


def book(flight_id: FlightId, party: int) -> None:
    with transaction(Access.OWNER) as session:
        people = [make_traveller(session) for _ in range(party)]
        booking = make_booking(session, travellers=people)
        make_leg(session, booking_id=booking.booking_id, flight_id=flight_id)


def cancel_all() -> None:
    with transaction(Access.OWNER) as session:
        for booking in session.scalars(select(Booking)):
            booking.status = BookingStatus.CANCELLED.value


def follow() -> BookingsFollowed:
    with transaction(Access.PIPELINE) as session:
        return follow_bookings(session, at=STORM_AT)


def the_alert() -> Alert:
    with transaction(Access.OWNER) as session:
        return session.scalars(select(Alert)).one()


def test_who_books_later_is_counted_and_listed(flight_id: FlightId) -> None:
    assert follow() == BookingsFollowed(0, 0)
    money = the_alert().money_at_risk_minor_units
    book(flight_id, party=3)
    assert follow() == BookingsFollowed(changed=1, closed=0)
    alert = the_alert()
    assert alert.travellers_affected == 5
    assert alert.money_at_risk_minor_units > money
    with transaction(Access.OWNER) as session:
        assert len(session.scalars(select(AffectedBooking)).all()) == 2
    assert follow() == BookingsFollowed(0, 0)


def test_an_alert_that_touches_nobody_any_more_closes_and_pages_nobody(
    flight_id: FlightId,
) -> None:
    cancel_all()
    assert follow() == BookingsFollowed(changed=0, closed=1)
    alert = the_alert()
    assert (alert.status, alert.close_reason) == ("closed", "no_affected_bookings")
    assert alert.next_escalation_at is None
    assert follow() == BookingsFollowed(0, 0)


def test_any_number_of_callers_close_it_once(flight_id: FlightId) -> None:
    cancel_all()
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: follow(), range(4)))
    assert sum(each.closed for each in done) == 1
