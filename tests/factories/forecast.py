"""Flights ahead as the forecast query gives them; nothing is inserted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tests.factories.defaults import STORM_AT
from warehouse.queries.forecast import FlightAhead
from warehouse.vocabulary import FlightId, FlightStatus

_FLIGHT: Final = FlightAhead(
    flight_id=FlightId(1),
    carrier="B6",
    flight_number="615",
    origin="JFK",
    destination="BOS",
    destination_city="Boston",
    scheduled_departure_at=STORM_AT + timedelta(hours=12),
    origin_time_zone="America/New_York",
    status=FlightStatus.SCHEDULED,
    departure_delay_minutes=None,
    origin_latitude=40.64,
    origin_longitude=-73.78,
    destination_latitude=42.36,
    destination_longitude=-71.01,
    probability=0.4,
    horizon_hours=24,
    predicted_at=STORM_AT - timedelta(hours=12),
    basis="model",
    is_forecast_simulated=True,
    drivers=(),
    by_horizon={24: 0.4},
    base_rate=0.05,
    travellers=4,
    value_minor_units=60_000,
    currency="USD",
    alert_id=None,
)


def flight_ahead(**overrides: Any) -> FlightAhead:
    """Give a flight this evening, claimed a day ahead on a simulated forecast."""
    return replace(_FLIGHT, **overrides)
