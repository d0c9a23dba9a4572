"""Flights: by default one from JFK to BOS on the evening of 10 December 2013."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.airport import make_airport, make_carrier
from tests.factories.defaults import STORM_AT, STORM_ON, insert_row, unique_number
from tests.factories.feed import make_batch
from warehouse.schema.travel import Flight


def make_flight(session: Session, **overrides: Any) -> Flight:
    """Insert a flight that is still scheduled, with its airports and carrier."""
    departs_at = overrides.get("scheduled_departure_at", STORM_AT + timedelta(hours=12))
    defaults = {
        "carrier": "B6",
        "flight_number": str(unique_number()),
        "origin": "JFK",
        "destination": "BOS",
        "service_date": STORM_ON,
        "scheduled_departure_at": departs_at,
        "scheduled_arrival_at": departs_at + timedelta(hours=1),
        "distance_km": 301.0,
    }
    values = defaults | overrides
    make_carrier(session, values["carrier"])
    make_airport(session, values["origin"])
    make_airport(session, values["destination"])
    if "batch_id" not in values:
        values["batch_id"] = make_batch(session, feed="flights").batch_id
    return insert_row(session, Flight, values)


def make_cancelled_flight(session: Session, **overrides: Any) -> Flight:
    """Insert a flight whose cancellation was reported."""
    reported_at = overrides.pop("cancelled_reported_at", STORM_AT)
    return make_flight(
        session,
        status="cancelled",
        reported_at=reported_at,
        cancelled_reported_at=reported_at,
        **overrides,
    )
