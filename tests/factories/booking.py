"""Bookings with their travellers, legs and stays."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT, STORM_ON, insert_row, unique_number
from tests.factories.feed import make_batch
from tests.factories.flight import make_flight
from tests.factories.hotel import make_hotel
from tests.factories.traveller import make_traveller
from warehouse.schema.travel import Booking, BookingTraveller, Leg, Stay, Traveller


def make_booking(
    session: Session, *, travellers: Sequence[Traveller] | None = None, **overrides: Any
) -> Booking:
    """Insert a booking of its travellers, the first of them the lead; by default one."""
    defaults = {
        "source": "factory",
        "booking_ref": f"BK{unique_number():05d}",
        "booked_at": STORM_AT - timedelta(days=30),
        "value_minor_units": 60_000,
        "currency": "USD",
        "trip_purpose": "business",
        "source_updated_at": STORM_AT - timedelta(days=30),
    }
    values = defaults | overrides
    if "batch_id" not in values:
        values["batch_id"] = make_batch(session, feed="bookings").batch_id
    booking = insert_row(session, Booking, values)
    for position, traveller in enumerate(travellers or [make_traveller(session)], start=1):
        put_on_booking(session, booking, traveller, position)
    return booking


def put_on_booking(
    session: Session, booking: Booking, traveller: Traveller, position: int
) -> BookingTraveller:
    """Put a traveller on a booking."""
    values = {
        "booking_id": booking.booking_id,
        "traveller_id": traveller.traveller_id,
        "position": position,
    }
    return insert_row(session, BookingTraveller, values)


def make_leg(session: Session, **overrides: Any) -> Leg:
    """Insert a leg, with a booking and a flight of its own unless they are given."""
    values = dict(overrides)
    if "booking_id" not in values:
        values["booking_id"] = make_booking(session).booking_id
    if "flight_id" not in values:
        values["flight_id"] = make_flight(session).flight_id
    defaults = {
        "position": _next_position(session, Leg, values["booking_id"]),
        "cabin": "economy",
        "price_minor_units": 30_000,
        "currency": "USD",
    }
    return insert_row(session, Leg, defaults | values)


def make_stay(session: Session, **overrides: Any) -> Stay:
    """Insert a stay of two nights from the storm day on."""
    values = dict(overrides)
    if "booking_id" not in values:
        values["booking_id"] = make_booking(session).booking_id
    if "hotel_id" not in values:
        values["hotel_id"] = make_hotel(session).hotel_id
    defaults = {
        "position": _next_position(session, Stay, values["booking_id"]),
        "room_type": "standard",
        "check_in_on": STORM_ON,
        "check_out_on": STORM_ON + timedelta(days=2),
        "rooms": 1,
        "price_minor_units": 24_000,
        "currency": "USD",
    }
    return insert_row(session, Stay, defaults | values)


def _next_position(session: Session, table: type[Leg] | type[Stay], booking_id: int) -> int:
    asked = select(func.count()).select_from(table).where(table.booking_id == booking_id)
    return (session.scalar(asked) or 0) + 1
