"""Which bookings a flight's disruption touches, with how many travellers and how much money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.rules.wording import FlightFacts
from warehouse.schema.alerting import AffectedBooking
from warehouse.schema.travel import Airport, Booking, BookingTraveller, Flight, Leg
from warehouse.vocabulary import BookingStatus, FlightId, FlightStatus


@dataclass(frozen=True, slots=True)
class TouchedLeg:
    """One leg on the flight, with its party."""

    booking_id: int
    leg_id: int
    travellers: int
    price_minor_units: int
    currency: str


@dataclass(frozen=True, slots=True)
class Touched:
    """A flight and every confirmed leg on it."""

    flight: FlightFacts
    service_date: date
    legs: tuple[TouchedLeg, ...]

    @property
    def travellers(self) -> int:
        """How many people ride on the flight."""
        return sum(leg.travellers for leg in self.legs)

    @property
    def money_at_risk_minor_units(self) -> int:
        """What the legs cost together, in `currency`."""
        return sum(leg.price_minor_units for leg in self.legs)

    @property
    def currency(self) -> str:
        """The currency of the money at risk."""
        return self.legs[0].currency


def touched_by_flights(session: Session, flight_ids: Sequence[int]) -> dict[FlightId, Touched]:
    """Read the confirmed legs of several flights; one without any is not in the answer."""
    rows = session.execute(_legs_of(flight_ids)).all()
    return {
        FlightId(flight_id): _touched(list(legs))
        for flight_id, legs in groupby(rows, key=lambda row: row.flight_id)
    }


def _legs_of(flight_ids: Sequence[int]) -> Any:
    confirmed = BookingStatus.CONFIRMED.value
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
            Leg.booking_id,
            Leg.leg_id,
            Leg.price_minor_units,
            Leg.currency,
            func.count(BookingTraveller.traveller_id).label("travellers"),
        )
        .join(Leg, Leg.flight_id == Flight.flight_id)
        .join(Booking, Booking.booking_id == Leg.booking_id)
        .join(BookingTraveller, BookingTraveller.booking_id == Leg.booking_id)
        .join(Airport, Airport.iata == Flight.origin)
        .where(Flight.flight_id.in_(flight_ids), Leg.status == confirmed)
        .where(Booking.status == confirmed)
        .group_by(Flight.flight_id, Airport.time_zone, Leg.leg_id)
        .order_by(Flight.flight_id, Leg.leg_id)
    )


def _touched(rows: list[Row[Any]]) -> Touched:
    first = rows[0]
    flight = FlightFacts(
        carrier=first.carrier,
        flight_number=first.flight_number,
        origin=first.origin,
        destination=first.destination,
        scheduled_departure_at=first.scheduled_departure_at,
        origin_time_zone=first.time_zone,
        status=FlightStatus(first.status),
    )
    legs = tuple(
        TouchedLeg(row.booking_id, row.leg_id, row.travellers, row.price_minor_units, row.currency)
        for row in rows
    )
    return Touched(flight, first.service_date, legs)


def refresh_affected_bookings(session: Session, touched: Mapping[int, Touched]) -> None:
    """Make each alert's list of affected bookings what the bookings are now."""
    legs = [(alert_id, leg) for alert_id, each in touched.items() for leg in each.legs]
    keep = [leg.leg_id for _, leg in legs]
    session.execute(
        delete(AffectedBooking).where(
            AffectedBooking.alert_id.in_(touched), AffectedBooking.leg_id.not_in(keep)
        )
    )
    rows = [
        {
            "alert_id": alert_id,
            "booking_id": leg.booking_id,
            "leg_id": leg.leg_id,
            "stay_id": None,
            "travellers": leg.travellers,
        }
        for alert_id, leg in legs
    ]
    if rows:
        statement = insert(AffectedBooking).values(rows)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["alert_id", "booking_id", "leg_id", "stay_id"],
                set_={"travellers": statement.excluded.travellers},
            )
        )
