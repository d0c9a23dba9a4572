"""A traveller's own trips: each leg as it stands now, each stay, and what disturbs them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.rules import permissions
from warehouse.vocabulary import Actor, AlertBasis, BookingId, LegId, Permission

KEPT_AFTER_ARRIVAL = timedelta(days=2)
"""How long a flown leg stays on the page."""


@dataclass(frozen=True, slots=True)
class TripLeg:
    """One leg as the traveller may know it at an instant.

    `delay_minutes` is None until a delay was reported. `alert_basis` is set while an alert about
    the flight lives: expected, or reported.
    """

    leg_id: LegId
    booking_id: BookingId
    booking_ref: str
    flight_name: str
    carrier_name: str
    origin: str
    origin_city: str
    origin_time_zone: str
    destination: str
    destination_city: str
    destination_time_zone: str
    scheduled_departure_at: datetime
    scheduled_arrival_at: datetime
    is_confirmed: bool
    is_cancelled: bool
    delay_minutes: float | None
    departed_at: datetime | None
    arrived_at: datetime | None
    alert_basis: AlertBasis | None
    party_size: int
    is_generated: bool


@dataclass(frozen=True, slots=True)
class TripStay:
    """One stay; nights from `check_in_on` up to, not including, `check_out_on`."""

    booking_id: BookingId
    hotel_name: str
    city: str | None
    room_type: str
    rooms: int
    check_in_on: date
    check_out_on: date
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Trip:
    """One booking of the traveller's, legs and stays in order."""

    booking_id: BookingId
    booking_ref: str
    legs: tuple[TripLeg, ...]
    stays: tuple[TripStay, ...]


_LIST_LEGS = text(
    """
    SELECT leg.leg_id, leg.booking_id, booking.booking_ref,
      flight.carrier || ' ' || flight.flight_number AS flight_name,
      carrier.name AS carrier_name,
      flight.origin, origin.city AS origin_city, origin.time_zone AS origin_time_zone,
      flight.destination, destination.city AS destination_city,
      destination.time_zone AS destination_time_zone,
      flight.scheduled_departure_at, flight.scheduled_arrival_at,
      leg.status = 'confirmed' AND booking.status = 'confirmed' AS is_confirmed,
      coalesce(flight.cancelled_reported_at <= :at, false) AS is_cancelled,
      CASE WHEN flight.delay_reported_at <= :at OR flight.actual_departure_at <= :at
        THEN flight.departure_delay_minutes END AS delay_minutes,
      CASE WHEN flight.actual_departure_at <= :at
        THEN flight.actual_departure_at END AS departed_at,
      CASE WHEN flight.actual_arrival_at <= :at THEN flight.actual_arrival_at END AS arrived_at,
      (SELECT max(alert.basis) FROM alerting.affected_booking AS touched
        JOIN alerting.alert USING (alert_id)
        WHERE touched.leg_id = leg.leg_id AND alert.status <> 'closed') AS alert_basis,
      (SELECT count(*) FROM travel.booking_traveller AS together
        WHERE together.booking_id = leg.booking_id) AS party_size,
      booking.is_generated
    FROM travel.booking_traveller AS mine
    JOIN travel.booking USING (booking_id)
    JOIN travel.leg USING (booking_id)
    JOIN travel.flight USING (flight_id)
    JOIN travel.carrier ON carrier.code = flight.carrier
    JOIN travel.airport AS origin ON origin.iata = flight.origin
    JOIN travel.airport AS destination ON destination.iata = flight.destination
    WHERE mine.traveller_id = :traveller_id AND booking.booking_id IN (
      SELECT booking_id FROM travel.leg JOIN travel.flight USING (flight_id)
      WHERE coalesce(actual_arrival_at, scheduled_arrival_at) > :kept_since
    )
    ORDER BY flight.scheduled_departure_at, leg.leg_id
    """
)
_LIST_STAYS = text(
    """
    SELECT stay.booking_id, hotel.name AS hotel_name, airport.city, stay.room_type, stay.rooms,
      stay.check_in_on, stay.check_out_on,
      stay.status = 'confirmed' AND booking.status = 'confirmed' AS is_confirmed
    FROM travel.booking_traveller AS mine
    JOIN travel.booking USING (booking_id)
    JOIN travel.stay USING (booking_id)
    JOIN inventory.hotel USING (hotel_id)
    LEFT JOIN travel.airport ON airport.iata = hotel.airport
    WHERE mine.traveller_id = :traveller_id AND stay.booking_id = ANY (:booking_ids)
    ORDER BY stay.check_in_on, stay.stay_id
    """
)


def list_own_trips(session: Session, actor: Actor, *, at: datetime) -> list[Trip]:
    """List the bookings of the traveller that an actor is, the next departure first.

    Parameters
    ----------
    session:
        Open transaction on behalf of the actor.
    actor:
        Whose trips. Needs `Permission.SEE_OWN_TRIPS`.
    at:
        The desk's instant: nothing is shown that was reported later.

    Returns
    -------
    :
        Bookings with a leg ahead, or flown within `KEPT_AFTER_ARRIVAL`; none for a user who is no
        traveller.
    """
    permissions.require(actor, Permission.SEE_OWN_TRIPS)
    values: dict[str, Any] = {"traveller_id": actor.traveller_id}
    seen = values | {"at": at, "kept_since": at - KEPT_AFTER_ARRIVAL}
    legs = [_leg_of(dict(row)) for row in session.execute(_LIST_LEGS, seen).mappings()]
    booking_ids = list(dict.fromkeys(leg.booking_id for leg in legs))
    values["booking_ids"] = booking_ids
    stays = [TripStay(**row) for row in session.execute(_LIST_STAYS, values).mappings()]
    trips = [_trip_of(booking_id, legs, stays) for booking_id in booking_ids]
    return sorted(trips, key=lambda trip: _next_departure(trip, at))


def _trip_of(booking_id: BookingId, legs: list[TripLeg], stays: list[TripStay]) -> Trip:
    own = tuple(leg for leg in legs if leg.booking_id == booking_id)
    there = tuple(stay for stay in stays if stay.booking_id == booking_id)
    return Trip(booking_id, own[0].booking_ref, own, there)


def _next_departure(trip: Trip, at: datetime) -> tuple[bool, datetime]:
    """Order trips by the first leg not yet arrived; trips that are over come last."""
    ahead = [leg for leg in trip.legs if leg.arrived_at is None and leg.scheduled_arrival_at > at]
    return (not ahead, (ahead or list(trip.legs))[0].scheduled_departure_at)


def _leg_of(row: dict[str, Any]) -> TripLeg:
    basis = row["alert_basis"]
    return TripLeg(**row | {"alert_basis": None if basis is None else AlertBasis(basis)})
