"""Who is booked on flights: how many people and how much money a disruption would touch."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, Select, any_, cast, func, literal, select

from warehouse.schema.travel import Booking, BookingTraveller, Leg
from warehouse.vocabulary import BookingStatus

CONFIRMED = (
    Leg.status == BookingStatus.CONFIRMED.value,
    Booking.status == BookingStatus.CONFIRMED.value,
)
"""Legs that somebody will ride on, of a statement that joins leg and booking."""


def booked_by_flight(flight_ids: Sequence[int]) -> Select[Any]:
    """Sum the confirmed legs of confirmed bookings up by flight.

    Legs and people are summed apart, for a sum over both at once would first hold a row for each
    of a million legs. The flights are named one by one, so that Postgres knows how many legs to
    expect: where it thinks of few, it looks a million of them up one after the other.

    Parameters
    ----------
    flight_ids:
        The flights, any number of them.

    Returns
    -------
    :
        flight_id, bookings, travellers, value_minor_units (what the legs cost together) and
        currency; a flight with nobody is left out.
    """
    chosen = Leg.flight_id == any_(literal(list(flight_ids), ARRAY(BigInteger)))
    legs = (
        select(
            Leg.flight_id,
            func.count(Leg.booking_id.distinct()).label("bookings"),
            cast(func.sum(Leg.price_minor_units), BigInteger).label("value_minor_units"),
            func.min(Leg.currency).label("currency"),
        )
        .join(Booking, Booking.booking_id == Leg.booking_id)
        .where(*CONFIRMED, chosen)
        .group_by(Leg.flight_id)
        .subquery()
        .c
    )
    people = (
        select(Leg.flight_id, cast(func.count(), Integer).label("travellers"))
        .join(Booking, Booking.booking_id == Leg.booking_id)
        .join(BookingTraveller, BookingTraveller.booking_id == Leg.booking_id)
        .where(*CONFIRMED, chosen)
        .group_by(Leg.flight_id)
        .subquery()
        .c
    )
    return select(
        legs.flight_id,
        legs.bookings,
        people.travellers,
        legs.value_minor_units,
        legs.currency,
    ).join_from(legs.flight_id.table, people.flight_id.table, legs.flight_id == people.flight_id)
