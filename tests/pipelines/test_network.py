"""A desk whose feeds tell of destinations and aircraft: what is described, stored and watched."""

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from ml.features import OPTIONAL_COLUMNS
from pipelines.partitions import HISTORY_STARTS_AT, Window
from pipelines.predicting.facts import Facts, facts_for_predicting, facts_for_training
from pipelines.predicting.feature_rows import describe_departures, store_features, typed_rows
from pipelines.predicting.monitoring import watch
from tests.ml.network import make_network
from tests.pipelines.conftest import (
    FLIGHT_KEY,
    TRAINED_UNTIL,
    World,
    load_world,
    make_reports,
)
from warehouse.queries.predictions import feature_rows_frame
from warehouse.session import transaction

HOUR = timedelta(hours=1)
AT = TRAINED_UNTIL
WINDOW = Window(AT - HOUR, AT)
OPTIONAL = list(OPTIONAL_COLUMNS)


@pytest.fixture(autouse=True)
def _world(world_database: str) -> None:
    """Every test here starts from the small world, which has neither."""


@pytest.fixture
def network(small_world: World) -> World:
    """The small world as part of a network, loaded."""
    wide = make_network(small_world)
    flights = wide.flights.drop_duplicates(FLIGHT_KEY, ignore_index=True)
    loaded = World(flights, wide.observations, wide.forecasts, make_reports(flights))
    load_world(loaded, reported_by=AT)
    return loaded


def facts(window: Window = WINDOW) -> Facts:
    with transaction() as session:
        return facts_for_predicting(session, window)


def store(window: Window = WINDOW) -> pd.DataFrame:
    with transaction() as session:
        return store_features(session, window).rows


def read_back() -> pd.DataFrame:
    with transaction() as session:
        return feature_rows_frame(session, after=WINDOW.start, until=WINDOW.end)


def test_the_weather_of_destinations_and_the_aircraft_reach_the_features(network: World) -> None:
    rows = describe_departures(facts(), WINDOW)
    told = rows[OPTIONAL].notna().any()
    assert set(told[told].index) >= {
        "destination_forecast_gust_mps",
        "destination_observed_gust_mps",
        "inbound_is_named",
        "inbound_turnaround_minutes",
        "inbound_late_so_far_minutes",
    }
    assert set(facts().flights["origin"].unique()) == {"JFK", "EWR", "ORD", "LAX"}
    assert (rows["known_at"] <= rows["predicted_at"]).all()


def test_what_became_known_later_changes_no_bit(network: World) -> None:
    before = describe_departures(facts(), WINDOW)
    load_world(network, reported_by=AT + timedelta(days=2))
    pd.testing.assert_frame_equal(describe_departures(facts(), WINDOW), before, check_exact=True)


def test_learning_later_and_predicting_then_see_the_same(network: World) -> None:
    then = describe_departures(facts(), WINDOW)
    later = AT + timedelta(days=2)
    load_world(network, reported_by=later)
    with transaction() as session:
        learnt = facts_for_training(session, since=HISTORY_STARTS_AT, trained_until=later)
    again = describe_departures(learnt, WINDOW)
    pd.testing.assert_frame_equal(again[OPTIONAL], then[OPTIONAL], check_exact=True)


def test_stored_rows_come_back_with_the_groups_they_had(network: World) -> None:
    order = ["horizon_hours", "flight_id"]
    described = store().sort_values(order, ignore_index=True)
    read = typed_rows(read_back())
    for name in OPTIONAL:
        pd.testing.assert_series_equal(
            read[name], described[name], check_exact=True, check_dtype=not name.endswith("_at")
        )


def test_without_the_feeds_nothing_of_them_is_stored_and_nothing_alarms() -> None:
    store()
    stored = read_back()
    assert not set(stored) & set(OPTIONAL)
    assert typed_rows(stored)[OPTIONAL].isna().all(axis=None)
    with transaction() as session:
        feeds = watch(session, at=AT).monitoring.feeds
    sources = {each.source for each in feeds}
    assert sources == {"outcomes", "reports", "observations", "forecasts"}


def test_rain_at_destinations_is_no_change_of_climate_at_the_origins(small_world: World) -> None:
    store()
    with transaction() as session:
        before = watch(session, at=AT).monitoring.precipitation
    wide = make_network(small_world)
    load_world(replace(small_world, observations=wide.observations), reported_by=AT)
    with transaction() as session:
        assert watch(session, at=AT).monitoring.precipitation == before


def test_a_source_that_tells_of_destinations_alone_takes_no_origins_forecast_away(
    small_world: World,
) -> None:
    before = describe_departures(facts(), WINDOW)
    wide = make_network(small_world).forecasts
    real = wide[wide["airport"].isin(["ORD", "LAX"])].assign(source="open-meteo")
    load_world(replace(small_world, forecasts=real), reported_by=AT)
    after = describe_departures(facts(), WINDOW)
    assert set(facts().forecasts["source"]) == {"open-meteo", "simulated-test"}
    columns = [name for name in before if name not in {*OPTIONAL, "known_at"}]
    pd.testing.assert_frame_equal(after[columns], before[columns], check_exact=True)
    assert after["destination_forecast_gust_mps"].notna().any()
