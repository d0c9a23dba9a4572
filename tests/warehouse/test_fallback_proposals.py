"""Who is proposed a hotel, which one, and what holding it does to the ledger."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.alert import make_affected_booking, make_alert, make_escalation
from tests.factories.booking import make_booking, make_leg, make_stay
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_cancelled_flight, make_flight
from tests.factories.hotel import make_hotel, make_room_night
from tests.factories.policy import make_alert_policy
from tests.factories.traveller import make_traveller
from tests.factories.user import make_actor
from warehouse.errors import PermissionRefused, TransitionRefused
from warehouse.operations.fallback_proposals import FallbackSweep
from warehouse.operations.fallbacks import (
    propose_fallbacks,
    propose_fallbacks_due,
    release_holds_of_alert,
)
from warehouse.queries.inventory import ledger_mismatches
from warehouse.schema.alerting import Alert
from warehouse.schema.audit import Entry
from warehouse.schema.escalations import Escalation
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Allocation, RoomNight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, AlertId, Role


def _storm(session: Session, *, bookings: int = 1, rooms: int = 5, hotels: int = 1) -> Alert:
    """Cancel a flight from JFK with some bookings, and put hotels with rooms beside it."""
    make_alert_policy(session)
    alert = make_alert(session, flight_id=make_cancelled_flight(session).flight_id)
    for _ in range(bookings):
        make_affected_booking(session, alert_id=alert.alert_id)
    for place in range(hotels):
        hotel = make_hotel(session, distance_km=1.0 + place)
        make_room_night(session, hotel_id=hotel.hotel_id, reported_total=rooms)
    return alert


def _sweep() -> FallbackSweep:
    with transaction() as session:
        return propose_fallbacks_due(session, at=STORM_AT)


def _actions() -> list[FallbackAction]:
    with transaction() as session:
        ordered = select(FallbackAction).order_by(FallbackAction.fallback_action_id)
        return list(session.scalars(ordered))


def test_a_stranded_party_is_proposed_three_hotels_and_the_best_is_held(database: str) -> None:
    with transaction(Access.OWNER) as session:
        make_escalation(session, alert_id=_storm(session, hotels=4).alert_id)
    assert _sweep() == FallbackSweep(alerts=1, stranded=1, proposed=3, held=1, without_room=0)
    best, *others = _actions()
    assert (best.status, best.rank, best.hold_expires_at) == (
        "held",
        1,
        STORM_AT + timedelta(minutes=30),
    )
    assert [(action.status, action.rank) for action in others] == [("proposed", 2), ("proposed", 3)]
    assert best.score > others[0].score > others[1].score
    assert "is cancelled" in best.score_parts["why"]
    with transaction() as session:
        taken = session.scalars(select(RoomNight.hotel_id).where(RoomNight.allocated == 1)).all()
        assert taken == [best.hotel_id]
        assert ledger_mismatches(session) == []


def test_sweeping_twice_makes_the_same_rows(database: str) -> None:
    with transaction(Access.OWNER) as session:
        make_escalation(session, alert_id=_storm(session, hotels=2).alert_id)
    _sweep()
    before = [(row.fallback_action_id, row.status) for row in _actions()]
    assert _sweep() == FallbackSweep(0, 0, 0, 0, 0)
    assert [(row.fallback_action_id, row.status) for row in _actions()] == before


def test_a_later_escalation_leaves_what_is_held_alone(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session, hotels=2)
        make_escalation(session, alert_id=alert.alert_id)
    _sweep()
    with transaction(Access.OWNER) as session:
        make_escalation(session, alert_id=alert.alert_id, level=2)
    assert _sweep() == FallbackSweep(alerts=1, stranded=0, proposed=0, held=0, without_room=0)


def test_an_escalation_of_an_earlier_generation_proposes_nothing_and_is_done(
    database: str,
) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session)
        escalation = make_escalation(session, alert_id=alert.alert_id)
        alert.generation += 1
    assert _sweep().alerts == 0
    with transaction() as session:
        assert session.get_one(Escalation, escalation.escalation_id).fallback_done_at == STORM_AT
    assert _actions() == []


def test_scarce_rooms_go_to_the_next_hotel_and_then_to_nobody(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session, bookings=5, rooms=2, hotels=2)
        make_escalation(session, alert_id=alert.alert_id)
    sweep = _sweep()
    assert (sweep.stranded, sweep.held, sweep.without_room) == (5, 4, 1)
    with transaction() as session:
        assert session.scalars(select(RoomNight.allocated)).all() == [2, 2]
        assert ledger_mismatches(session) == []
        refusal = session.scalars(select(Entry).where(Entry.tag == "fallback.failed")).one()
    assert (refusal.noun, refusal.noun_id) == ("alert", alert.alert_id)


def test_a_family_of_five_is_held_three_rooms_together(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session, bookings=0)
        leg = make_leg(session, flight_id=alert.flight_id)
        make_affected_booking(session, alert_id=alert.alert_id, leg_id=leg.leg_id, travellers=5)
        make_escalation(session, alert_id=alert.alert_id)
    _sweep()
    (action,) = _actions()
    assert (action.rooms, action.price_minor_units) == (3, 36_000)


def test_a_price_above_the_cap_asks_for_a_manager(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session, hotels=0)
        make_room_night(session, price_minor_units=25_000)
        make_escalation(session, alert_id=alert.alert_id)
    _sweep()
    (action,) = _actions()
    assert action.requires_approval
    assert action.score_parts["flag"] == "needs_approval"


@pytest.mark.parametrize("home", ["JFK", "LGA", "EWR"])
def test_nobody_who_lives_around_new_york_is_held_a_room_there(database: str, home: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session, bookings=0)
        traveller = make_traveller(session, home_airport=home)
        booking = make_booking(session, travellers=[traveller])
        leg = make_leg(session, booking_id=booking.booking_id, flight_id=alert.flight_id)
        make_affected_booking(session, alert_id=alert.alert_id, leg_id=leg.leg_id)
        make_escalation(session, alert_id=alert.alert_id)
    assert _sweep().stranded == 0


def test_later_flights_with_seats_enough_are_a_way_out_until_they_are_cancelled_too(
    database: str,
) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session)
        later_at = STORM_AT + timedelta(hours=14)
        later = [make_flight(session, scheduled_departure_at=later_at) for _ in range(6)]
        make_escalation(session, alert_id=alert.alert_id)
    assert _sweep().stranded == 0
    with transaction(Access.OWNER) as session:
        flight = session.merge(later[0])
        flight.status, flight.cancelled_reported_at = "cancelled", STORM_AT
        make_escalation(session, alert_id=alert.alert_id, level=2)
    assert _sweep().stranded == 1


def test_a_cancellation_that_is_not_known_yet_strands_nobody(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session)
        make_escalation(session, alert_id=alert.alert_id)
        flight = make_cancelled_flight(session, cancelled_reported_at=STORM_AT + timedelta(hours=1))
        touched = make_alert(session, flight_id=flight.flight_id)
        make_affected_booking(session, alert_id=touched.alert_id)
        make_escalation(session, alert_id=touched.alert_id)
    assert _sweep() == FallbackSweep(alerts=2, stranded=1, proposed=1, held=1, without_room=0)


def test_a_booking_with_a_bed_near_the_airport_tonight_needs_none(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session, bookings=0)
        leg = make_leg(session, flight_id=alert.flight_id)
        make_stay(session, booking_id=leg.booking_id)
        make_affected_booking(session, alert_id=alert.alert_id, leg_id=leg.leg_id)
        make_escalation(session, alert_id=alert.alert_id)
    assert _sweep().stranded == 0


def test_an_agent_proposes_anew_and_supersedes_what_nobody_took_up(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session, hotels=3)
        actor = make_actor(session, Role.AGENT)
    for _ in range(2):
        with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
            propose_fallbacks(session, actor, AlertId(alert.alert_id), at=STORM_AT)
        with transaction() as session:
            held = session.scalars(select(FallbackAction).filter_by(status="held")).one()
            held.status, held.hold_expires_at = "expired", None
    statuses = sorted(action.status for action in _actions())
    assert statuses == ["expired", "expired", "proposed", "proposed", "superseded", "superseded"]


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANALYST])
def test_only_who_responds_may_propose(database: str, role: Role) -> None:
    with transaction(Access.OWNER) as session:
        alert, actor = _storm(session), make_actor(session, role)
    with (
        pytest.raises(PermissionRefused),
        transaction(Access.DASHBOARD, on_behalf_of=actor) as session,
    ):
        propose_fallbacks(session, actor, AlertId(alert.alert_id), at=STORM_AT)


def test_nothing_is_proposed_for_a_closed_alert(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert, actor = _storm(session), make_actor(session)
        alert.status, alert.generation, alert.next_escalation_at = "closed", 2, None
        alert.closed_at, alert.close_reason = STORM_AT, "resolved"
    with pytest.raises(TransitionRefused), transaction() as session:
        propose_fallbacks(session, actor, AlertId(alert.alert_id), at=STORM_AT)


def test_closing_an_alert_lets_go_of_what_nobody_accepted(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = _storm(session, bookings=2, hotels=2)
        make_escalation(session, alert_id=alert.alert_id)
    _sweep()
    with transaction() as session:
        accepted = session.scalars(select(FallbackAction).filter_by(status="held")).first()
        assert accepted is not None
        accepted.status = "offered"
        session.flush()
        accepted.status, accepted.hold_expires_at = "accepted", None
        accepted.accepted_at = STORM_AT
    with transaction() as session:
        released = release_holds_of_alert(session, SYSTEM, AlertId(alert.alert_id), at=STORM_AT)
    assert released == 3
    assert sorted(action.status for action in _actions()) == ["accepted", *["superseded"] * 3]
    with transaction() as session:
        live = session.scalars(select(Allocation).filter_by(released_at=None)).all()
        assert [row.fallback_action_id for row in live] == [accepted.fallback_action_id]
        assert ledger_mismatches(session) == []
