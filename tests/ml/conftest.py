"""A small world whose storms are known: gusts disrupt flights, nothing else does."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ml.release import Release
from ml.training import train_release

DAYS = 60
FLIGHTS_PER_DAY = 90
FIRST_DAY = pd.Timestamp("2013-03-01T05:00Z")
ORIGINS = ("JFK", "EWR")


@dataclass(frozen=True)
class World:
    """The three canonical frames that the ml package reads."""

    flights: pd.DataFrame
    observations: pd.DataFrame
    forecasts: pd.DataFrame


def make_weather(rng: np.random.Generator, days: int = DAYS) -> pd.DataFrame:
    """Calm weather with a day of strong gusts now and then, the same at both airports."""
    hours = pd.date_range(FIRST_DAY - pd.Timedelta(days=2), periods=(days + 4) * 24, freq="h")
    stormy = np.repeat(rng.random(len(hours) // 24) < 0.25, 24)
    parts = []
    for airport in ORIGINS:
        noise = rng.normal(0, 1, len(hours))
        parts.append(
            pd.DataFrame({
                "airport": airport,
                "observed_at": hours,
                "known_at": hours + pd.Timedelta(hours=1),
                "temperature_c": 12 + 5 * np.sin(np.arange(len(hours)) / 24 * 2 * np.pi),
                "dew_point_c": 5.0,
                "humidity_pct": 60 + noise,
                "wind_direction_deg": 200.0,
                "wind_mps": np.where(stormy, 15.0, 4.0) + noise,
                "gust_mps": np.where(stormy, 24.0 + noise, np.nan),
                "precipitation_mm": 0.0,
                "pressure_hpa": np.where(rng.random(len(hours)) < 0.1, np.nan, 1015 + noise),
                "visibility_m": 16_000.0,
            })
        )
    return pd.concat(parts, ignore_index=True)


def make_flights(
    rng: np.random.Generator,
    observations: pd.DataFrame,
    *,
    days: int = DAYS,
    in_gusts: float = 0.3,
) -> pd.DataFrame:
    """Flights spread over the day, of which gusts at departure disrupt a share."""
    count = days * FLIGHTS_PER_DAY
    day = np.repeat(np.arange(days), FLIGHTS_PER_DAY)
    minute = rng.integers(6 * 60, 22 * 60, count)
    scheduled = FIRST_DAY + pd.to_timedelta(day * 24 * 60 + minute, unit="min")
    flights = pd.DataFrame({
        "flight_id": rng.permutation(count) + 1,
        "carrier": rng.choice(["AA", "B6", "DL"], count),
        "flight_number": [str(number) for number in rng.integers(1, 4000, count)],
        "origin": rng.choice(list(ORIGINS), count),
        "destination": rng.choice(["ORD", "LAX", "MIA", "BOS"], count),
        "service_date": (scheduled.tz_convert("America/New_York")).date,
        "scheduled_departure_at": scheduled,
        "scheduled_arrival_at": scheduled + pd.Timedelta(minutes=180),
        "distance_km": 1500.0,
    })
    gusts = observations.set_index(["airport", "observed_at"])["gust_mps"]
    at_departure = pd.MultiIndex.from_arrays([flights["origin"], scheduled.floor("h")])
    chance = np.where(gusts.reindex(at_departure).to_numpy() > 15, in_gusts, 0.05)
    disrupted = rng.random(count) < chance
    cancelled = disrupted & (rng.random(count) < 0.4)
    delay = np.where(disrupted, rng.integers(120, 400, count), rng.integers(-5, 60, count))
    return flights.assign(
        cancelled=cancelled, departure_delay_minutes=np.where(cancelled, np.nan, delay)
    )


def make_forecasts(observations: pd.DataFrame, lead_hours: int = 24) -> pd.DataFrame:
    """Perfect forecasts, issued a day ahead."""
    valid_at = observations["observed_at"]
    return observations.drop(columns=["observed_at", "known_at"]).assign(
        source="simulated-test",
        valid_at=valid_at,
        issued_at=valid_at - pd.Timedelta(hours=lead_hours),
    )


@pytest.fixture(scope="session")
def world() -> World:
    """Sixty days of flights and weather."""
    rng = np.random.default_rng(7)
    observations = make_weather(rng)
    flights = make_flights(rng, observations)
    return World(flights, observations, make_forecasts(observations))


@pytest.fixture(scope="session")
def trained_until() -> datetime:
    """The middle of a day, two days before the world ends."""
    return datetime(2013, 4, 27, 16, tzinfo=UTC)


@pytest.fixture(scope="session")
def release(world: World, trained_until: datetime) -> Release:
    """A release trained in the small world."""
    return train_release(
        world.flights,
        world.observations,
        world.forecasts,
        trained_until=trained_until,
        code_version="test",
    )
