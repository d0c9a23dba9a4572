"""Which bookings a flight's disruption touches, with how many travellers and how much money.

Sums and lists are made where the legs are: a storm touches hundreds of thousands of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.queries.exposure import CONFIRMED, booked_by_flight
from warehouse.rules.wording import FlightFacts
from warehouse.schema.alerting import AffectedBooking, Alert
from warehouse.schema.travel import Airport, Booking, BookingTraveller, Flight, Leg
from warehouse.vocabulary import FlightId, FlightStatus


@dataclass(frozen=True, slots=True)
class Touched:
    """A flight with what its confirmed legs add up to: people, and money in one currency."""

    flight: FlightFacts
    service_date: date
    travellers: int
    money_at_risk_minor_units: int
    currency: str


def touched_by_flights(session: Session, flight_ids: Sequence[int]) -> dict[FlightId, Touched]:
    """Sum the confirmed legs of several flights up; one without any is not in the answer."""
    rows = session.execute(_sums_of(flight_ids))
    return {FlightId(row.flight_id): _touched(row) for row in rows}


def _sums_of(flight_ids: Sequence[int]) -> Select[Any]:
    booked = booked_by_flight(flight_ids).subquery()
    return (
        select(
            Flight.flight_id,
            Flight.carrier,
            Flight.flight_number,
            Flight.origin,
            Flight.destination,
            Flight.service_date,
            Flight.scheduled_departure_at,
            Flight.status,
            Airport.time_zone,
            booked.c.travellers,
            booked.c.value_minor_units,
            booked.c.currency,
        )
        .join(booked, booked.c.flight_id == Flight.flight_id)
        .join(Airport, Airport.iata == Flight.origin)
        .order_by(Flight.flight_id)
    )


def _parties(*columns: Any) -> Select[Any]:
    """Give confirmed legs with the size of the party, to be grouped by leg."""
    return (
        select(*columns, func.count(BookingTraveller.traveller_id).label("travellers"))
        .select_from(Leg)
        .join(Booking, Booking.booking_id == Leg.booking_id)
        .join(BookingTraveller, BookingTraveller.booking_id == Leg.booking_id)
        .where(*CONFIRMED)
    )


def _touched(row: Row[Any]) -> Touched:
    flight = FlightFacts(
        carrier=row.carrier,
        flight_number=row.flight_number,
        origin=row.origin,
        destination=row.destination,
        scheduled_departure_at=row.scheduled_departure_at,
        origin_time_zone=row.time_zone,
        status=FlightStatus(row.status),
    )
    return Touched(flight, row.service_date, row.travellers, row.value_minor_units, row.currency)


def refresh_affected_bookings(session: Session, alert_ids: Sequence[int]) -> None:
    """Make the lists of affected bookings of alerts about flights what the bookings are now."""
    if not alert_ids:
        return
    session.execute(_forget_those_gone(alert_ids))
    names = ["alert_id", "booking_id", "leg_id"]
    # In the order of the legs: Postgres looks each one up, and neighbours lie on one page.
    riding = (
        _parties(Alert.alert_id, Leg.booking_id, Leg.leg_id)
        .join(Alert, Alert.flight_id == Leg.flight_id)
        .where(Alert.alert_id.in_(alert_ids))
        .group_by(Alert.alert_id, Leg.leg_id)
        .order_by(Leg.leg_id)
    )
    statement = insert(AffectedBooking).from_select([*names, "travellers"], riding)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[*names, "stay_id"],
            set_={"travellers": statement.excluded.travellers},
            where=AffectedBooking.travellers != statement.excluded.travellers,
        )
    )


def _forget_those_gone(alert_ids: Sequence[int]) -> Any:
    still = (
        _parties(Leg.leg_id)
        .where(Leg.leg_id == AffectedBooking.leg_id)
        .group_by(Leg.leg_id)
        .correlate(AffectedBooking)
    )
    return delete(AffectedBooking).where(
        AffectedBooking.alert_id.in_(alert_ids),
        AffectedBooking.leg_id.is_not(None),
        ~still.exists(),
    )
