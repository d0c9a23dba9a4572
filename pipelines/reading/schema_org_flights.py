"""Flights as schema.org and Gmail's markup describe them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from pipelines.reading.airports import airport_of_icao, airport_within, zone_of
from pipelines.reading.errors import Unusable
from pipelines.reading.flight_numbers import carrier_of, read_designator
from pipelines.reading.moments import Moment, instant_of, local_day_of, read_moment
from pipelines.reading.segments import SegmentStatus
from pipelines.reading.values import code_of, said, text_of

_MONTH_FIRST_CARRIERS: Final = {"4U", "EW"}
"""Eurowings, and Germanwings before it, write 02-04-2018 for the 4th of February."""


@dataclass(frozen=True, kw_only=True)
class FlightSaid:
    """What a document says of one flight, under the names of a segment."""

    carrier: str
    flight_number: str
    origin: str
    destination: str | None
    departure_at: datetime | None
    arrival_at: datetime | None
    departure_on: date


def read_flight(
    flight: object, reservation: Mapping[str, Any], status: SegmentStatus | None
) -> FlightSaid:
    """Read one flight of a reservation.

    Parameters
    ----------
    flight:
        What the reservation is for.
    reservation:
        Where the carrier is named if the flight does not name it.
    status:
        What became of the reservation.

    Returns
    -------
    :
        The flight. A cancelled one may lack all that is not needed to tell which it is.

    Raises
    ------
    Unusable
        It cannot be told which flight it is, or when a standing one leaves or arrives.
    """
    if not isinstance(flight, Mapping):
        raise Unusable("kind", "The flight is not described: ask the sender for reservationFor.")
    carrier, number = read_designator(
        text_of(said(flight, "flightNumber")),
        _code_of(said(flight, "airline")),
        _other_carriers(flight, reservation),
    )
    is_cancelled = status == "cancelled"
    origin = _airport(flight, "departureAirport", "origin")
    destination = _airport(flight, "arrivalAirport", "destination", is_needed=not is_cancelled)
    if origin is None:
        raise Unusable("origin", "The flight's departureAirport is missing.")
    is_month_first = carrier in _MONTH_FIRST_CARRIERS
    departs = read_moment(
        said(flight, "departureTime") or said(flight, "departureDay"),
        "departure_at",
        is_month_first=is_month_first,
    )
    arrives = read_moment(said(flight, "arrivalTime"), "arrival_at", is_month_first=is_month_first)
    departure_at, departure_on = _departure(departs, origin, is_needed=not is_cancelled)
    arrival_at = _arrival(arrives, destination, departs, departure_at)
    return FlightSaid(
        carrier=carrier,
        flight_number=number,
        origin=origin,
        destination=destination,
        departure_at=departure_at,
        arrival_at=arrival_at,
        departure_on=departure_on,
    )


def _other_carriers(flight: Mapping[str, Any], reservation: Mapping[str, Any]) -> list[str | None]:
    """List who else is named, asked only if a number stands alone."""
    # In schema.org's own example UA110 is provided by Continental (CO) and sold by United (UA).
    # UA is right: it is what the ticket and the boards say. The provider is who flies the
    # aeroplane, and the seller, where it has a code at all, is whose number it is.
    return [
        _code_of(said(flight, "seller")),
        _code_of(said(flight, "provider")),
        _code_of(said(reservation, "provider")),
    ]


def _code_of(airline: object) -> str | None:
    return text_of(said(airline, "iataCode")) or carrier_of(text_of(airline))


def _airport(
    flight: Mapping[str, Any], name: str, column_name: str, *, is_needed: bool = True
) -> str | None:
    airport = said(flight, name)
    text = text_of(airport)
    code = code_of(said(airport, "iataCode")) or code_of(airport)
    code = code or airport_of_icao(text_of(said(airport, "icaoCode")) or "")
    code = code or airport_within(text or "")
    if code is None and is_needed:
        reason = f"The flight's {name} has no IATA code: ask the sender for one such as JFK."
        raise Unusable(column_name, reason)
    return code


def _departure(
    departs: Moment | None, origin: str, *, is_needed: bool
) -> tuple[datetime | None, date]:
    if departs is None:
        raise Unusable(
            "departure_at", "The departure has no time: ask the sender for departureTime."
        )
    if departs.clock is None and not is_needed:
        return None, departs.on
    zone = zone_of(origin)
    departure_at = instant_of(departs, zone, "departure_at")
    return departure_at, local_day_of(departs, departure_at, zone)


def _arrival(
    arrives: Moment | None,
    destination: str | None,
    departs: Moment | None,
    departure_at: datetime | None,
) -> datetime | None:
    if arrives is None or arrives.clock is None:
        return None
    arrival_at = instant_of(arrives, zone_of(destination or ""), "arrival_at")
    if departure_at is None or arrival_at >= departure_at:
        return arrival_at
    if departs is not None and arrives.on == departs.on:
        # Some carriers give an arrival after midnight the date of the departure.
        next_day = arrival_at + timedelta(days=1)
        if next_day > departure_at:
            return next_day
    raise Unusable(
        "arrival_at", "The flight arrives before it leaves: ask the sender for the true times."
    )
