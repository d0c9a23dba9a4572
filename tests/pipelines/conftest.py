"""The small world of the ml tests, loaded into Postgres with a release trained on its past."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from pipelines.partitions import HISTORY_STARTS_AT
from pipelines.predicting.training import train
from pipelines.resources import Warehouse
from stormdesk.embedded import EmbeddedServer
from tests.factories.clock import set_clock
from tests.ml.conftest import make_flights, make_forecasts, make_weather
from tests.pipelines.tiny_provider import UNTIL
from warehouse.operations.deliveries import Delivery
from warehouse.operations.feeds import load_flights, load_forecasts, load_observations
from warehouse.operations.flight_reports import load_flight_reports
from warehouse.operations.reference import load_airports, load_carriers
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

TRAINED_UNTIL = datetime(2013, 4, 27, 16, tzinfo=UTC)
FLIGHT_KEY = ["carrier", "flight_number", "origin", "service_date"]


@dataclass(frozen=True)
class World:
    """Canonical frames, reports included."""

    flights: pd.DataFrame
    observations: pd.DataFrame
    forecasts: pd.DataFrame
    reports: pd.DataFrame


def make_world() -> World:
    rng = np.random.default_rng(7)
    observations = make_weather(rng)
    flights = make_flights(rng, observations).drop_duplicates(FLIGHT_KEY, ignore_index=True)
    return World(flights, observations, make_forecasts(observations), make_reports(flights))


def make_reports(flights: pd.DataFrame) -> pd.DataFrame:
    """Say of each flight what its carrier would, when it becomes known."""
    key = flights[FLIGHT_KEY]
    scheduled, delay = flights["scheduled_departure_at"], flights["departure_delay_minutes"]
    left_at = scheduled + pd.to_timedelta(delay, unit="min")
    late_at = scheduled + pd.Timedelta(minutes=120)
    said = {
        "cancelled": (flights["cancelled"], scheduled, None, None),
        "delayed": (delay >= 120, late_at, None, 120.0),
        "departed": (delay.notna(), left_at, left_at, delay),
    }
    parts = [
        key.assign(
            kind=kind, reported_at=at, occurred_at=occurred_at, departure_delay_minutes=minutes
        )[is_said]
        for kind, (is_said, at, occurred_at, minutes) in said.items()
    ]
    reports = pd.concat(parts, ignore_index=True).assign(arrival_delay_minutes=np.nan)
    return reports.astype({"occurred_at": "datetime64[us, UTC]"})


def load_world(world: World, *, reported_by: datetime) -> None:
    """Load the schedule and forecasts whole, and what else was known by an instant."""
    airports = pd.DataFrame({"iata": ["JFK", "EWR", "ORD", "LAX", "MIA", "BOS"]}).assign(
        name="Airport", city="City", latitude=40.0, longitude=-80.0, time_zone="America/New_York"
    )
    carriers = pd.DataFrame({"code": ["AA", "B6", "DL"], "name": "Airline"})
    seen = world.observations[world.observations["known_at"] <= reported_by]
    told = world.reports[world.reports["reported_at"] <= reported_by]
    arrived = Delivery("", "world", None, reported_by)
    with transaction(Access.PIPELINE) as session:
        load_airports(session, SYSTEM, airports, replace(arrived, feed="airports"))
        load_carriers(session, SYSTEM, carriers, replace(arrived, feed="carriers"))
        load_flights(
            session,
            SYSTEM,
            world.flights.assign(is_generated=False),
            replace(arrived, feed="flights"),
        )
        load_forecasts(session, SYSTEM, world.forecasts, replace(arrived, feed="forecasts"))
        load_observations(session, SYSTEM, seen, replace(arrived, feed="observations"))
        load_flight_reports(session, SYSTEM, told, replace(arrived, feed="reports"))


def train_world(world: World) -> None:
    """Load what was known at `TRAINED_UNTIL`, and train the first champion on it."""
    load_world(world, reported_by=TRAINED_UNTIL)
    train(Warehouse(), since=HISTORY_STARTS_AT, trained_until=TRAINED_UNTIL, code_version="test")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def postgres_instance(
    server: EmbeddedServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    name = f"{database}_dagster"
    server.create_database(name)
    storage = {"postgres": {"postgres_url": server.url(name, driver="psycopg2")}}
    with dg.instance_for_test(overrides={"storage": storage}) as real:
        yield real
    server.drop_database(name)


@pytest.fixture
def replay(database: str) -> None:
    set_clock(UNTIL)
