"""My trips, as the travellers themselves see it."""

import pytest
from sqlalchemy import select

from tests.dashboard.conftest import OpenPage
from tests.dashboard.test_gate import words_of
from tests.factories.alert import make_affected_booking, make_alert
from tests.factories.booking import make_booking, make_leg, make_stay
from tests.factories.defaults import STORM_AT
from tests.factories.fallback import make_fallback_action
from tests.factories.flight import make_cancelled_flight
from tests.factories.traveller import make_traveller
from tests.factories.user import make_actor
from warehouse.schema.audit import Entry
from warehouse.schema.fallbacks import FallbackAction
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Role


@pytest.fixture
def ada(replayed: str) -> Actor:
    """Strand a traveller, with a room offered."""
    with transaction(Access.OWNER) as session:
        traveller = make_traveller(session)
        booking = make_booking(session, travellers=[traveller], is_generated=True)
        flight = make_cancelled_flight(session, flight_number="615")
        leg = make_leg(session, booking_id=booking.booking_id, flight_id=flight.flight_id)
        make_stay(session, booking_id=booking.booking_id)
        alert = make_alert(session, flight_id=flight.flight_id)
        touched = make_affected_booking(
            session, alert_id=alert.alert_id, leg_id=leg.leg_id, booking_id=booking.booking_id
        )
        make_fallback_action(
            session,
            alert_id=touched.alert_id,
            leg_id=leg.leg_id,
            booking_id=booking.booking_id,
            status="offered",
            held_at=STORM_AT,
            offered_at=STORM_AT,
            hold_expires_at=STORM_AT.replace(hour=23),
        )
        make_leg(session)
        return make_actor(session, Role.CUSTOMER, traveller_id=traveller.traveller_id)


def test_the_page_says_what_happened_and_what_to_do(open_page: OpenPage, ada: Actor) -> None:
    page = open_page("my_trips", ada)
    assert "Your flight B6 615 to" in page.subheader[0].value
    assert "is cancelled" in page.subheader[0].value
    assert "by 18:00 EST" in words_of(page)
    assert {"Accept", "Decline"} <= {button.label for button in page.button}


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [("accept", "accepted", "accepted, being booked"), ("decline", "declined", "declined")],
)
def test_an_answer_is_taken_and_shown(
    open_page: OpenPage, ada: Actor, answer: str, status: str, words: str
) -> None:
    page = open_page("my_trips", ada)
    with transaction(Access.OWNER) as session:
        offer = session.scalars(select(FallbackAction)).one()
    page.button(key=f"{answer}_{offer.fallback_action_id}").click().run()
    assert not page.exception
    assert words in words_of(page)
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(FallbackAction.status)).one() == status
        entry = session.scalars(select(Entry).where(Entry.tag == f"fallback.{status}")).one()
    assert (entry.actor_username, entry.source) == (ada.username, "dashboard")


def test_a_traveller_without_trips_is_told_when_they_appear(
    open_page: OpenPage, ada: Actor
) -> None:
    with transaction(Access.OWNER) as session:
        traveller = make_traveller(session)
        other = make_actor(session, Role.CUSTOMER, traveller_id=traveller.traveller_id)
    page = open_page("my_trips", other)
    assert "You have no flight ahead of you." in words_of(page)
    assert "B6 615" not in words_of(page)
