"""What a flight is called by people: who reads a table knows no identifiers."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.schema.travel import Flight
from warehouse.vocabulary import FlightId


def name_flights(session: Session, flight_ids: Collection[int]) -> dict[FlightId, str]:
    """Name flights by carrier, number, way and scheduled departure.

    Parameters
    ----------
    session:
        Open transaction.
    flight_ids:
        Few flights: each is named on its own.

    Returns
    -------
    :
        Such as "B6 123 JFK-BOS 08 Feb 18:00"; the time is UTC.
    """
    statement = select(
        Flight.flight_id,
        Flight.carrier,
        Flight.flight_number,
        Flight.origin,
        Flight.destination,
        Flight.scheduled_departure_at,
    ).where(Flight.flight_id.in_(list(flight_ids)))
    return {
        FlightId(flight_id): f"{carrier} {number} {origin}-{destination} {leaves_at:%d %b %H:%M}"
        for flight_id, carrier, number, origin, destination, leaves_at in session.execute(statement)
    }
