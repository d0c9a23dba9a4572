"""Segments of bookings as a reader hands them over: Eva Green flies from JFK to Boston."""

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from warehouse.bulk.contract import NOTHING_REFUSED

TEXTS = (
    *("booking_ref", "status", "kind", "traveller_ref", "given_name", "family_name", "email"),
    *("phone", "carrier", "flight_number", "origin", "destination", "cabin", "hotel_ref"),
    *("hotel_name", "hotel_address", "room_type", "currency"),
)
INSTANTS = ("departure_at", "arrival_at", "booked_at", "source_updated_at")
NUMBERS = ("hotel_latitude", "hotel_longitude", "rooms", "price_minor_units")
DATES = ("departure_on", "check_in_on", "check_out_on")
FLIGHT: dict[str, Any] = {
    "booking_ref": "RXJ34P",
    "status": "confirmed",
    "kind": "flight",
    "given_name": "Eva",
    "family_name": "Green",
    "email": "eva@example.com",
    "carrier": "B6",
    "flight_number": "123",
    "origin": "JFK",
    "destination": "BOS",
    "departure_at": datetime(2013, 12, 10, 20, tzinfo=UTC),
    "arrival_at": datetime(2013, 12, 10, 21, 10, tzinfo=UTC),
    "departure_on": date(2013, 12, 10),
    "price_minor_units": 15_900,
    "currency": "USD",
    "source_updated_at": datetime(2013, 12, 1, tzinfo=UTC),
}
STAY: dict[str, Any] = {
    "booking_ref": "RXJ34P",
    "kind": "stay",
    "given_name": "Eva",
    "family_name": "Green",
    "hotel_name": "Harbour Inn",
    "hotel_latitude": 42.36,
    "hotel_longitude": -71.03,
    "check_in_on": date(2013, 12, 10),
    "check_out_on": date(2013, 12, 12),
    "rooms": 1,
    "source_updated_at": datetime(2013, 12, 1, tzinfo=UTC),
}


def segments_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Give canonical segments, numbered as lines."""
    frame = pd.DataFrame(list(rows), dtype=object)
    frame = frame.reindex(columns=[*TEXTS, *INSTANTS, *DATES, *NUMBERS])
    for name in TEXTS:
        frame[name] = frame[name].astype("str")
    for name in INSTANTS:
        frame[name] = pd.to_datetime(frame[name], utc=True)
    for name in DATES:
        frame[name] = pd.to_datetime(frame[name])
    return frame.assign(line=range(1, len(frame) + 1))


def part_of(*rows: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give one part of a delivery of which the reader refused nothing."""
    return segments_of(*rows), NOTHING_REFUSED
