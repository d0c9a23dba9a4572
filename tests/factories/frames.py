"""Deliveries as frames: a flight of the storm's evening, its reports, and the hour's weather."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from tests.factories.defaults import STORM_AT, STORM_ON
from warehouse.operations.deliveries import Delivery

DEPARTS_AT = STORM_AT + timedelta(hours=2)
FLIGHT_KEY = {
    "carrier": "B6",
    "flight_number": "123",
    "origin": "JFK",
    "service_date": STORM_ON,
}
CALM = {
    "temperature_c": 1.5,
    "dew_point_c": -2.0,
    "humidity_pct": 77.0,
    "wind_direction_deg": 350.0,
    "wind_mps": 8.2,
    "gust_mps": None,
    "precipitation_mm": 0.0,
    "pressure_hpa": 1009.0,
    "visibility_m": 16_093.0,
}


def delivery(feed: str = "flight", **overrides: Any) -> Delivery:
    """Describe a delivery of this morning."""
    values = {"source": "test", "partition_key": None, "at": STORM_AT}
    return Delivery(feed=feed, **(values | overrides))


def flights_frame_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Give canonical flights, JFK to BOS unless they say otherwise."""
    standard = FLIGHT_KEY | {
        "destination": "BOS",
        "scheduled_departure_at": DEPARTS_AT,
        "scheduled_arrival_at": DEPARTS_AT + timedelta(minutes=70),
        "distance_km": 301.0,
        "is_generated": False,
    }
    return pd.DataFrame([standard | row for row in rows or ({},)])


def report(kind: str, reported_at: datetime, **overrides: Any) -> dict[str, Any]:
    """Give one report of the standard flight."""
    empty = {
        "occurred_at": None,
        "departure_delay_minutes": None,
        "arrival_delay_minutes": None,
    }
    return FLIGHT_KEY | empty | {"kind": kind, "reported_at": reported_at} | overrides


def reports_frame_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Give canonical reports; instants keep their zone even where all are absent."""
    frame = pd.DataFrame(list(rows))
    for column in ("reported_at", "occurred_at"):
        frame[column] = pd.to_datetime(frame[column], utc=True)
    return frame


def observations_frame_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Give canonical observations of JFK, known when their hour is over."""
    hour = datetime(2013, 12, 10, 10, tzinfo=UTC)
    frame = pd.DataFrame([{"airport": "JFK", "observed_at": hour} | CALM | row for row in rows])
    if "known_at" not in frame:
        frame["known_at"] = frame["observed_at"] + timedelta(hours=1)
    return frame
