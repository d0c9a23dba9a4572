"""Predictions and reports become one alert per flight, however often they are said."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
from sqlalchemy import func, select, update

from tests.factories.booking import make_booking, make_leg
from tests.factories.crowd import make_crowd
from tests.factories.defaults import STORM_AT
from tests.factories.feed import make_batch
from tests.factories.flight import make_cancelled_flight, make_flight
from tests.factories.policy import make_alert_policy, make_policy_version
from tests.factories.traveller import make_traveller
from tests.factories.user import make_actor
from warehouse.operations.alert_cases import AlertCandidate
from warehouse.operations.alert_sweeps import clear_predictions, close_departed_alerts
from warehouse.operations.alerts import acknowledge_alert, resolve_alert
from warehouse.operations.raising import RaiseSummary, raise_flight_alerts
from warehouse.schema.alerting import AffectedBooking, Alert
from warehouse.schema.travel import BookingTraveller, Flight, Leg
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, AlertBasis, AlertId, AlertStatus, FlightId, Severity

CROWD = 20_000
"""Postgres takes 65,535 values with a statement; each listed leg has four or more."""


def policies() -> None:
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        make_policy_version(session)


def a_flight(*, party: int = 1, cancelled: bool = False) -> FlightId:
    with transaction(Access.OWNER) as session:
        flight = (make_cancelled_flight if cancelled else make_flight)(session)
        if party:
            booking = make_booking(
                session, travellers=[make_traveller(session) for _ in range(party)]
            )
            make_leg(session, booking_id=booking.booking_id, flight_id=flight.flight_id)
        return FlightId(flight.flight_id)


def predicted(flight_id: FlightId, probability: float = 0.4) -> AlertCandidate:
    drivers = [{"group": "weather", "words": "gusts 24 m/s at departure"}]
    return AlertCandidate(flight_id, AlertBasis.PREDICTED, probability, None, drivers)


def reported(flight_id: FlightId) -> AlertCandidate:
    return AlertCandidate(flight_id, AlertBasis.REPORTED, None, None, [])


def raise_(*candidates: AlertCandidate) -> RaiseSummary:
    with transaction(Access.PIPELINE) as session:
        return raise_flight_alerts(session, SYSTEM, candidates, at=STORM_AT)


def the_alert() -> Alert:
    with transaction(Access.OWNER) as session:
        return session.scalars(select(Alert)).one()


def test_only_what_pays_and_touches_somebody_is_raised(database: str) -> None:
    policies()
    summary = raise_(
        predicted(a_flight(), 0.4), predicted(a_flight(), 0.01), predicted(a_flight(party=0), 0.9)
    )
    assert summary == RaiseSummary(raised=1, strengthened=0, unaffected=1, below=1)
    assert the_alert().headline.startswith("Disruption expected (40%): B6 ")
    assert the_alert().headline.endswith("JFK → BOS, Tue 10 Dec 18:00 EST")


def test_a_prediction_that_comes_true_strengthens_the_same_alert(database: str) -> None:
    policies()
    flight_id = a_flight(party=4)
    raise_(predicted(flight_id))
    with transaction(Access.OWNER) as session:
        flight = session.get_one(Flight, flight_id)
        flight.status, flight.cancelled_reported_at = "cancelled", STORM_AT
    assert raise_(reported(flight_id)).strengthened == 1
    alert = the_alert()
    assert (alert.basis, alert.severity) == (AlertBasis.REPORTED, Severity.CRITICAL)
    assert (alert.occurrences, alert.generation) == (2, 1)
    assert alert.headline.startswith("Cancelled: ")
    raise_(predicted(flight_id, 0.2))
    assert the_alert().headline.startswith("Cancelled: ")


def test_an_acknowledged_alert_that_got_worse_pages_again(database: str) -> None:
    policies()
    flight_id = a_flight()
    raise_(predicted(flight_id, 0.2))
    with transaction(Access.OWNER) as session:
        acknowledge_alert(session, make_actor(session), AlertId(the_alert().alert_id), at=STORM_AT)
    raise_(reported(flight_id))
    assert the_alert().status == AlertStatus.OPEN
    assert the_alert().next_escalation_at == STORM_AT


def test_a_backfill_opens_no_acknowledged_alert_again_however_bad_it_was(database: str) -> None:
    policies()
    flight_id = a_flight()
    raise_(predicted(flight_id, 0.2))
    with transaction(Access.OWNER) as session:
        acknowledge_alert(session, make_actor(session), AlertId(the_alert().alert_id), at=STORM_AT)
    with transaction(Access.PIPELINE) as session:
        raise_flight_alerts(session, SYSTEM, [reported(flight_id)], at=STORM_AT, may_page=False)
    assert the_alert().status == AlertStatus.ACKNOWLEDGED
    assert the_alert().next_escalation_at is None
    assert the_alert().basis == AlertBasis.REPORTED


def test_what_a_backfill_raised_pages_once_a_fact_of_the_present_comes(database: str) -> None:
    policies()
    flight_id = a_flight()
    with transaction(Access.PIPELINE) as session:
        raise_flight_alerts(session, SYSTEM, [predicted(flight_id)], at=STORM_AT, may_page=False)
    assert the_alert().next_escalation_at is None
    raise_(predicted(flight_id))
    assert the_alert().next_escalation_at == STORM_AT


def test_sixteen_writers_raise_one_alert(database: str) -> None:
    policies()
    flight_id = a_flight()
    with ThreadPoolExecutor(16) as pool:
        summaries = list(pool.map(lambda _: raise_(reported(flight_id)), range(16)))
    assert sum(each.raised for each in summaries) == 1
    assert the_alert().occurrences == 16


def test_a_fact_after_closing_is_a_new_alert_linked_to_the_old(database: str) -> None:
    policies()
    flight_id = a_flight(cancelled=True)
    raise_(reported(flight_id))
    first = the_alert().alert_id
    with transaction(Access.OWNER) as session:
        resolve_alert(session, make_actor(session), AlertId(first), at=STORM_AT)
    assert raise_(reported(flight_id)).raised == 1
    with transaction(Access.OWNER) as session:
        again = session.scalars(select(Alert).where(Alert.alert_id != first)).one()
        assert again.previous_alert_id == first


def test_affected_bookings_follow_the_bookings(database: str) -> None:
    policies()
    flight_id = a_flight()
    raise_(reported(flight_id))
    with transaction(Access.OWNER) as session:
        session.scalars(select(Leg)).one().status = "cancelled"
        make_leg(session, flight_id=flight_id)
    raise_(reported(flight_id))
    with transaction(Access.OWNER) as session:
        assert session.scalar(select(func.count()).select_from(AffectedBooking)) == 1


def test_a_storm_touches_more_bookings_than_one_statement_can_name(database: str) -> None:
    policies()
    flights = [a_flight(), a_flight()]
    with transaction(Access.OWNER) as session:
        make_batch(session)
        make_crowd(session, np.asarray(flights), CROWD)
    assert raise_(*map(predicted, flights)).raised == 2
    assert affected() == (CROWD + 2, riding())
    with transaction(Access.OWNER) as session:
        gone = update(Leg).where(Leg.flight_id == flights[0], Leg.leg_id % 2 == 0)
        session.execute(gone.values(status="cancelled"))
    left = riding()
    assert raise_(*map(predicted, flights)).strengthened == 2
    legs, travellers = affected()
    assert CROWD / 2 < legs < CROWD
    assert travellers == left


def affected() -> tuple[int, int]:
    """Count the listed legs, and the travellers that the alerts and their lists both tell of."""
    with transaction(Access.OWNER) as session:
        listed = select(func.count(), func.sum(AffectedBooking.travellers))
        legs, travellers = session.execute(listed).one()
        told = session.scalars(select(func.sum(Alert.travellers_affected))).one()
    assert told == travellers
    return legs, travellers


def riding() -> int:
    """Count who rides on any confirmed leg."""
    with transaction(Access.OWNER) as session:
        party = (
            select(func.count())
            .select_from(Leg)
            .join(BookingTraveller, BookingTraveller.booking_id == Leg.booking_id)
        )
        return session.scalars(party.where(Leg.status == "confirmed")).one()


def test_a_prediction_taken_back_closes_only_what_was_predicted(database: str) -> None:
    policies()
    calm, stormy = a_flight(), a_flight(cancelled=True)
    raise_(predicted(calm), reported(stormy))
    with transaction(Access.PIPELINE) as session:
        assert clear_predictions(session, SYSTEM, {calm: 0.01, stormy: 0.01}, at=STORM_AT) == 1


def test_a_flight_that_left_closes_its_alert(database: str) -> None:
    policies()
    flight_id = a_flight()
    raise_(predicted(flight_id))
    with transaction(Access.PIPELINE) as session:
        assert close_departed_alerts(session, at=STORM_AT) == 0
    with transaction(Access.OWNER) as session:
        flight = session.get_one(Flight, flight_id)
        flight.status, flight.actual_departure_at = "departed", STORM_AT + timedelta(hours=12)
    with transaction(Access.PIPELINE) as session:
        assert close_departed_alerts(session, at=STORM_AT + timedelta(hours=13)) == 1
    assert the_alert().close_reason == "departed"


def test_a_backfill_never_pages(database: str) -> None:
    policies()
    with transaction(Access.PIPELINE) as session:
        raise_flight_alerts(
            session, SYSTEM, [reported(a_flight(cancelled=True))], at=STORM_AT, may_page=False
        )
    assert the_alert().next_escalation_at is None
