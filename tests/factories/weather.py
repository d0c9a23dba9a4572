"""Hours of weather at an airport: observed, and forecast."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.airport import make_airport
from tests.factories.defaults import STORM_AT, insert_row
from tests.factories.feed import make_batch
from warehouse.schema.feeds import WeatherBulletin, WeatherForecast, WeatherObservation


def make_weather_observation(session: Session, **overrides: Any) -> WeatherObservation:
    """Insert a windy hour at JFK that is known when it has passed."""
    values = {"airport": "JFK", "observed_at": STORM_AT - timedelta(hours=1)} | overrides
    values.setdefault("known_at", values["observed_at"] + timedelta(hours=1))
    make_airport(session, values["airport"])
    values.setdefault("batch_id", make_batch(session, feed="weather").batch_id)
    return insert_row(session, WeatherObservation, {"wind_mps": 9.0, "gust_mps": 15.0} | values)


def make_weather_forecast(session: Session, **overrides: Any) -> WeatherForecast:
    """Insert a simulated forecast of a windy hour at JFK, issued a day ahead."""
    values = {"airport": "JFK", "source": "simulated-2013", "valid_at": STORM_AT} | overrides
    values.setdefault("issued_at", values["valid_at"] - timedelta(hours=24))
    make_airport(session, values["airport"])
    values.setdefault("batch_id", make_batch(session, feed="weather_forecasts").batch_id)
    return insert_row(session, WeatherForecast, {"wind_mps": 9.0, "gust_mps": 15.0} | values)


def make_weather_bulletin(session: Session, **overrides: Any) -> WeatherBulletin:
    """Insert a warning of snow at JFK that is in force."""
    values = {
        "source": "nws",
        "kind": "alert",
        "bulletin_ref": "urn:oid:1",
        "airport": "JFK",
        "issued_at": STORM_AT - timedelta(hours=2),
        "valid_from": STORM_AT - timedelta(hours=1),
        "valid_until": STORM_AT + timedelta(hours=9),
        "severity": "severe",
        "headline": "Winter storm warning until this evening: 10 to 15 cm of snow",
        "raw_text": "WINTER STORM WARNING",
    } | overrides
    make_airport(session, values["airport"])
    values.setdefault("batch_id", make_batch(session, feed="weather_bulletin").batch_id)
    return insert_row(session, WeatherBulletin, values)
