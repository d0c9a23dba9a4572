"""The small world as part of a network: weather at two destinations, and aircraft that come in."""

import numpy as np
import pandas as pd

from tests.ml.conftest import World

DESTINATIONS = ("ORD", "LAX")
AIRCRAFT = 400
MINUTE = pd.Timedelta(minutes=1)


def make_network(world: World, seed: int = 11) -> World:
    """Give the world's weather to two destinations too, and each flight there a leg before."""
    rng = np.random.default_rng(seed)
    elsewhere = [world.observations, *(_weather_at(world, airport) for airport in DESTINATIONS)]
    observations = pd.concat(elsewhere, ignore_index=True)
    forecasts = pd.concat(
        [_forecasts(observations, lead_hours) for lead_hours in (4, 10, 24, 31, 40, 76)],
        ignore_index=True,
    )
    outbound = world.flights
    inbound = _legs_before(outbound[outbound["destination"].isin(DESTINATIONS)], rng)
    flights = pd.concat([outbound, inbound], ignore_index=True)
    arrived = flights["departure_delay_minutes"] + rng.integers(-25, 20, len(flights))
    return World(
        _assigned(flights, rng).assign(arrival_delay_minutes=arrived), observations, forecasts
    )


def _weather_at(world: World, airport: str) -> pd.DataFrame:
    at_origin = world.observations[world.observations["airport"] == "JFK"]
    is_wet = np.arange(len(at_origin)) % 17 < 3
    return at_origin.assign(
        airport=airport,
        temperature_c=at_origin["temperature_c"] - 12,
        precipitation_mm=np.where(is_wet, 1.5, 0.0),
        visibility_m=np.where(is_wet, 3_000.0, 16_000.0),
    )


def _forecasts(observations: pd.DataFrame, lead_hours: int) -> pd.DataFrame:
    """Forecasts that say a little less than what comes, the more the longer ahead."""
    valid_at = observations["observed_at"]
    return observations.drop(columns=["observed_at", "known_at"]).assign(
        source="simulated-test",
        valid_at=valid_at,
        issued_at=valid_at - pd.Timedelta(hours=lead_hours),
        visibility_m=observations["visibility_m"] - lead_hours,
    )


def _legs_before(outbound: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    departs = outbound["scheduled_departure_at"]
    cancelled = rng.random(len(outbound)) < 0.05
    delay = rng.choice([-5, 0, 20, 75, 119, 120, 121, 240], len(outbound)).astype(float)
    unheard = cancelled | (rng.random(len(outbound)) < 0.03)
    return outbound.assign(
        flight_id=outbound["flight_id"] + 1_000_000,
        flight_number="9" + outbound["flight_number"],
        origin=outbound["destination"],
        destination=outbound["origin"],
        scheduled_departure_at=departs - 230 * MINUTE,
        scheduled_arrival_at=departs - 50 * MINUTE,
        cancelled=cancelled,
        departure_delay_minutes=np.where(unheard, np.nan, delay),
    )


def _assigned(flights: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Name the aircraft of most legs, some a day and a half ahead and some in the last minute."""
    numbers = flights["flight_id"] % 1_000_000 % AIRCRAFT
    ahead = pd.to_timedelta(rng.integers(0, 36 * 3600, len(flights)), unit="s")
    is_named = pd.Series(rng.random(len(flights)) < 0.9)
    known_at = (flights["scheduled_departure_at"] - ahead).where(is_named)
    return flights.assign(
        aircraft=("N" + numbers.astype(str)).astype(object).where(is_named),
        aircraft_known_at=known_at,
    )
