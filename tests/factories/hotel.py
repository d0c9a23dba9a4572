"""Hotels and the nights their rooms are counted by."""

from typing import Any

from sqlalchemy.orm import Session

from tests.factories.airport import make_airport
from tests.factories.defaults import STORM_AT, STORM_ON, insert_row, unique_number
from tests.factories.feed import make_batch
from warehouse.schema.inventory import Hotel, RoomNight


def make_hotel(session: Session, **overrides: Any) -> Hotel:
    """Insert a three-star refundable hotel two kilometres from JFK."""
    number = unique_number()
    values = {
        "hotel_ref": f"H{number:05d}",
        "name": f"Runway Inn {number}",
        "airport": "JFK",
        "latitude": 40.65,
        "longitude": -73.78,
        "distance_km": 2.0,
        "stars": 3.0,
        "supplier_reliability": 0.9,
        "is_refundable": True,
    } | overrides
    make_airport(session, values["airport"])
    return insert_row(session, Hotel, values)


def make_room_night(session: Session, **overrides: Any) -> RoomNight:
    """Insert one night with five standard rooms, of a new hotel unless one is given."""
    values = dict(overrides)
    if "hotel_id" not in values:
        values["hotel_id"] = make_hotel(session).hotel_id
    if "batch_id" not in values:
        values["batch_id"] = make_batch(session, feed="inventory").batch_id
    defaults = {
        "room_type": "standard",
        "night": STORM_ON,
        "reported_total": 5,
        "allocated": 0,
        "price_minor_units": 12_000,
        "currency": "USD",
        "reported_at": STORM_AT,
    }
    values = defaults | values
    values.setdefault("total", max(values["reported_total"], values["allocated"]))
    return insert_row(session, RoomNight, values)
