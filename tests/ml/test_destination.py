"""The weather at the destination: what of it counts, and that it moves nothing else."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ml.destination import DESTINATION_FEATURES
from ml.feature import DESTINATION_FORECASTS, DESTINATION_OBSERVATIONS, known_at_column
from ml.features import FEATURES, OPTIONAL_COLUMNS, build_features, features_at
from ml.weather import VARIABLES
from tests.ml.conftest import World
from tests.ml.network import make_network
from tests.ml.test_weather_and_outcomes import (
    DEPARTURE,
    NO_FORECASTS,
    hours_ago,
    make_flights,
    make_observations,
)

ARRIVAL_HOURS = 6
"""The flight of these tests leaves at 15:20 and arrives at 21:20."""

NO_ARRIVAL = pd.Series([pd.NaT], dtype="datetime64[us, UTC]")
COLUMNS = [feature.name for feature in DESTINATION_FEATURES]


def promised(lead_hours: float, after_arrival: float = 0, **weather: float) -> dict[str, object]:
    """A forecast for an hour near arrival at Los Angeles, issued hours before departure."""
    return {
        "airport": "LAX",
        "valid_at": hours_ago(-ARRIVAL_HOURS - after_arrival),
        "issued_at": hours_ago(lead_hours),
    } | weather


def describe(
    *forecasts: dict[str, object],
    seen: pd.DataFrame | None = None,
    horizon_hours: int = 24,
    **changes: object,
) -> pd.Series:
    """Features of one flight from New York to Los Angeles."""
    told = NO_FORECASTS
    if forecasts:
        told = pd.DataFrame(list(forecasts)).reindex(columns=NO_FORECASTS.columns)
        told = told.astype(dict.fromkeys(VARIABLES, float))
    observed = make_observations({}) if seen is None else seen
    flights = make_flights().assign(**changes)
    return build_features(flights, observed, told, horizon_hours=horizon_hours, targets=[0]).iloc[0]


def test_the_newest_fresh_forecast_for_arrival_speaks() -> None:
    row = describe(
        promised(25, gust_mps=20.0),
        promised(24, gust_mps=24.0),
        promised(23, gust_mps=30.0),
        promised(24, after_arrival=2, gust_mps=40.0),
    )
    assert row["destination_forecast_gust_mps"] == 24
    assert row[known_at_column(DESTINATION_FORECASTS)] == row["predicted_at"] == row["known_at"]
    assert np.isnan(row["forecast_gust_mps"])
    assert pd.isna(row["forecasts_known_at"])


@pytest.mark.parametrize(("lead_hours", "is_told"), [(36, True), (36.5, False), (24.01, True)])
def test_an_old_forecast_is_as_good_as_none(lead_hours: float, is_told: bool) -> None:
    row = describe(promised(lead_hours, gust_mps=20.0))
    assert pd.notna(row["destination_forecast_gust_mps"]) is is_told


def test_a_forecast_of_half_a_minute_later_is_not_known_yet() -> None:
    late = promised(24) | {"issued_at": hours_ago(24) + pd.Timedelta(seconds=30)}
    row = describe(late | {"gust_mps": 20.0}, promised(26, gust_mps=11.0))
    assert row["destination_forecast_gust_mps"] == 11
    assert row[known_at_column(DESTINATION_FORECASTS)] == hours_ago(26)


def test_the_worst_around_arrival_counts() -> None:
    row = describe(
        promised(24, -1, wind_mps=9.0, precipitation_mm=1.0, temperature_c=0.5, visibility_m=800),
        promised(24, 0, gust_mps=12.0, precipitation_mm=2.0, temperature_c=3.0, visibility_m=400),
        promised(24, 1, precipitation_mm=np.nan, visibility_m=900),
    )
    assert row[COLUMNS[:4]].tolist() == [12.0, 3.0, 1.0, 400.0]
    assert row[COLUMNS[4:]].isna().all()


def test_what_was_observed_at_the_destination_until_the_prediction_counts() -> None:
    seen = make_observations({
        2: {"gust_mps": 99.0},
        3: {"wind_mps": 6.0, "precipitation_mm": 0.5, "temperature_c": 9.0},
        4: {"gust_mps": 14.0, "precipitation_mm": 0.25, "temperature_c": -1.0},
        6: {"gust_mps": 50.0},
    }).assign(airport="LAX")
    row = describe(seen=seen, horizon_hours=2)
    assert row[COLUMNS[4:7]].tolist() == [14.0, 0.75, 0.25]
    assert np.isnan(row["destination_observed_visibility_min_m"])
    assert row[known_at_column(DESTINATION_OBSERVATIONS)] == hours_ago(2)
    assert np.isnan(row["observed_gust_mps"])


def test_a_hop_under_the_origins_own_sky_has_no_weather_of_its_own() -> None:
    flight = {"destination": "LGA", "distance_km": 17.0}
    told = promised(24, gust_mps=24.0) | {"airport": "LGA"}
    near, far = describe(told, **flight), describe(told, **flight | {"distance_km": 90.0})
    assert near[COLUMNS].isna().all()
    assert far["destination_forecast_gust_mps"] == 24


def test_a_flight_without_arrival_has_no_weather_there() -> None:
    row = describe(promised(24, gust_mps=24.0), scheduled_arrival_at=NO_ARRIVAL)
    assert row[COLUMNS].isna().all()


def test_it_says_which_destination() -> None:
    row = describe(promised(24, gust_mps=24.0)).to_dict()
    gust = DESTINATION_FEATURES[0]
    assert gust.words.format(value=24.0, **row) == "gusts 24 m/s at LAX at arrival"


def test_what_was_observed_there_is_read_only_near_departure() -> None:
    sources = [{feature.source for feature in features_at(hours)} for hours in (2, 24)]
    assert all(DESTINATION_FORECASTS in each for each in sources)
    assert [DESTINATION_OBSERVATIONS in each for each in sources] == [True, False]


@pytest.mark.parametrize("horizon_hours", [2, 24])
def test_airports_of_other_regions_move_no_bit_of_the_rest(
    world: World, horizon_hours: int
) -> None:
    # Half an hour late, so that what the destinations tell is always newer.
    late = world.observations["known_at"] + pd.Timedelta(minutes=30)
    plain = World(world.flights, world.observations.assign(known_at=late), world.forecasts)
    network = make_network(world)
    others = network.observations["airport"].isin(["ORD", "LAX"])
    there = network.forecasts["airport"].isin(["ORD", "LAX"])
    wide = World(
        world.flights,
        pd.concat([network.observations[others], plain.observations], ignore_index=True),
        pd.concat([network.forecasts[there], plain.forecasts], ignore_index=True),
    )
    before, after = [
        build_features(
            each.flights,
            each.observations,
            each.forecasts,
            horizon_hours=horizon_hours,
            targets=world.flights["flight_id"],
        )
        for each in (plain, wide)
    ]
    newer = after["destination_observations_known_at"] > after["observations_known_at"]
    assert newer.any()
    changed = ["known_at", *OPTIONAL_COLUMNS]
    pd.testing.assert_frame_equal(
        before.drop(columns=changed), after.drop(columns=changed), check_exact=True
    )
    assert after[COLUMNS].notna().any().all()


def test_an_airport_of_the_same_region_is_nearby_as_ever(world: World) -> None:
    boston = world.observations.loc[world.observations["airport"] == "JFK"].assign(
        airport="BOS", visibility_m=50.0
    )
    wide = pd.concat([world.observations, boston], ignore_index=True)
    targets = world.flights["flight_id"].iloc[:500]
    before, after = [
        build_features(world.flights, seen, world.forecasts, horizon_hours=2, targets=targets)
        for seen in (world.observations, wide)
    ]
    assert (after["region_visibility_min_m"] == 50).all()
    own = [f.name for f in FEATURES if f.name.startswith("observed_")]
    pd.testing.assert_frame_equal(before[own], after[own], check_exact=True)


@pytest.mark.slow
def test_new_york_alone_has_no_weather_at_any_destination() -> None:
    from pipelines.sources.nycflights import flights_between, observations_between
    from pipelines.sources.simulated_forecast import simulate_forecasts

    span = datetime(2013, 7, 25, tzinfo=UTC), datetime(2013, 7, 29, tzinfo=UTC)
    flights = flights_between(*span)
    flights = flights.assign(
        flight_id=range(len(flights)), cancelled=False, departure_delay_minutes=np.nan
    )
    # The one flight of the year that went to an airport with weather: 27 km, from Newark.
    assert flights["destination"].isin(["EWR", "JFK", "LGA"]).sum() == 1
    seen = observations_between(*span)
    for horizon_hours in (2, 24):
        frame = build_features(
            flights,
            seen,
            simulate_forecasts(seen, lead_hours=24),
            horizon_hours=horizon_hours,
            targets=flights["flight_id"],
        )
        assert frame[list(OPTIONAL_COLUMNS)].isna().all(axis=None)
        assert frame["observed_wind_mps"].notna().any()


def test_the_flight_of_these_tests_arrives_when_they_say() -> None:
    assert make_flights()["scheduled_arrival_at"].iloc[0] == DEPARTURE + pd.Timedelta(
        hours=ARRIVAL_HOURS
    )
