"""What a feature row may know, and what it makes of it."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ml.causality import check_known_at, check_truncation, known_by
from ml.errors import ColumnsMissing, FlightsUnknown, FutureSeen
from ml.feature import Feature
from ml.features import FEATURES, HISTORY_DAYS, KEY_COLUMNS, build_features, features_at
from tests.ml.conftest import World

HORIZONS = (2, 6, 24, 72)
STORM_MORNING = datetime(2013, 4, 20, 15, tzinfo=UTC)


def describe(world: World, horizon_hours: int, targets: object = None) -> pd.DataFrame:
    """Build features for some flights, or for all."""
    chosen = world.flights["flight_id"] if targets is None else targets
    return build_features(
        world.flights,
        world.observations,
        world.forecasts,
        horizon_hours=horizon_hours,
        targets=chosen,
    )


def departing_at(world: World, hour: datetime) -> pd.Series:
    """Ids of the flights that depart within the hour."""
    departs = world.flights["scheduled_departure_at"].dt.floor("h") == pd.Timestamp(hour)
    return world.flights.loc[departs, "flight_id"]


@pytest.mark.parametrize("horizon_hours", HORIZONS)
def test_taking_back_the_future_moves_no_bit(world: World, horizon_hours: int) -> None:
    for hour in (0, 7, 13):
        at = STORM_MORNING.replace(hour=hour)
        check_truncation(
            world.flights,
            world.observations,
            world.forecasts,
            horizon_hours=horizon_hours,
            at=at,
        )


def test_truncation_really_takes_something_back(world: World) -> None:
    flights, observations, forecasts = known_by(
        world.flights, world.observations, world.forecasts, STORM_MORNING
    )
    later = world.flights["scheduled_departure_at"] > STORM_MORNING
    assert flights.loc[later, "departure_delay_minutes"].isna().all()
    assert not flights.loc[later, "cancelled"].any()
    assert world.flights.loc[later, "cancelled"].any()
    assert len(observations) < len(world.observations)
    assert forecasts["issued_at"].max() <= pd.Timestamp(STORM_MORNING)


@pytest.mark.parametrize("horizon_hours", HORIZONS)
def test_the_order_of_rows_moves_no_bit(world: World, horizon_hours: int) -> None:
    targets = world.flights["flight_id"].iloc[::7]
    shuffled = World(
        world.flights.sample(frac=1, random_state=1),
        world.observations.sample(frac=1, random_state=2),
        world.forecasts.sample(frac=1, random_state=3),
    )
    ordered, mixed = (
        describe(world, horizon_hours, targets),
        describe(shuffled, horizon_hours, targets),
    )
    pd.testing.assert_frame_equal(ordered, mixed, check_exact=True)


def test_a_shorter_history_moves_no_bit(world: World) -> None:
    targets = departing_at(world, STORM_MORNING)
    opening = pd.Timestamp(STORM_MORNING) - pd.Timedelta(days=HISTORY_DAYS)
    recent = World(
        world.flights[world.flights["scheduled_departure_at"] >= opening],
        world.observations[world.observations["observed_at"] >= opening],
        world.forecasts[world.forecasts["issued_at"] >= opening],
    )
    pd.testing.assert_frame_equal(
        describe(world, 24, targets), describe(recent, 24, targets), check_exact=True
    )


def test_describing_one_flight_or_all_gives_the_same_row(world: World) -> None:
    everyone = describe(world, 24)
    alone = describe(world, 24, world.flights["flight_id"].iloc[[4321]])
    pd.testing.assert_frame_equal(
        everyone.iloc[[4321]].reset_index(drop=True), alone, check_exact=True
    )


def test_columns_are_the_keys_then_the_declared_features(world: World) -> None:
    frame = describe(world, 2)
    assert list(frame.columns) == [*KEY_COLUMNS, *(feature.name for feature in FEATURES)]
    assert (frame["known_at"] <= frame["predicted_at"]).all()
    assert {"month", "tailnum", "arrival_delay_minutes"}.isdisjoint(frame.columns)


def test_every_feature_that_speaks_can_be_worded(world: World) -> None:
    row = describe(world, 24).iloc[4000].to_dict()
    for feature in FEATURES:
        value = 1.0 if pd.isna(row[feature.name]) else row[feature.name]
        assert "{" not in feature.words.format(value=value, **row)


def test_forecasts_are_read_from_six_hours_on() -> None:
    assert not any(feature.source == "forecasts" for feature in features_at(2))
    assert any(feature.source == "forecasts" for feature in features_at(6))


def test_a_declared_column_that_knows_too_much_is_refused(world: World) -> None:
    frame = describe(world, 2, departing_at(world, STORM_MORNING))
    actual_departure = frame["predicted_at"] + pd.Timedelta(hours=2)
    planted = frame.assign(actual_delay=30.0, arrivals_known_at=actual_departure)
    features = (*FEATURES, Feature("actual_delay", "min", "arrivals", "recent disruption"))
    with pytest.raises(FutureSeen) as refused:
        check_known_at(planted, features)
    assert refused.value.rows_by_column == {
        "actual_delay": len(frame),
        "arrivals_known_at": len(frame),
    }
    check_known_at(planted.assign(arrivals_known_at=frame["predicted_at"]), features)


def test_a_column_that_nobody_declares_is_refused(world: World) -> None:
    frame = describe(world, 2, departing_at(world, STORM_MORNING))
    check_known_at(frame)
    with pytest.raises(FutureSeen) as refused:
        check_known_at(frame.assign(tailnum_is_missing=1.0))
    assert list(refused.value.rows_by_column) == ["tailnum_is_missing"]


def test_one_late_row_among_many_is_found(world: World) -> None:
    frame = describe(world, 2, departing_at(world, STORM_MORNING))
    frame.loc[3, "observations_known_at"] = frame.loc[3, "predicted_at"] + pd.Timedelta(minutes=1)
    with pytest.raises(FutureSeen) as refused:
        check_known_at(frame)
    assert refused.value.rows_by_column["observed_wind_mps"] == 1
    assert refused.value.example_flight_id == frame.loc[3, "flight_id"]


def test_a_builder_that_looks_ahead_is_caught_whatever_it_declares(world: World) -> None:
    def looks_ahead(
        flights: pd.DataFrame,
        observations: pd.DataFrame,
        forecasts: pd.DataFrame,
        *,
        horizon_hours: int,
        targets: object,
    ) -> pd.DataFrame:
        frame = build_features(
            flights, observations, forecasts, horizon_hours=horizon_hours, targets=targets
        )
        delays = flights.set_index("flight_id")["departure_delay_minutes"]
        return frame.assign(airport_disrupted_3h=delays.loc[frame["flight_id"]].to_numpy())

    with pytest.raises(FutureSeen) as refused:
        check_truncation(
            world.flights,
            world.observations,
            world.forecasts,
            horizon_hours=2,
            at=STORM_MORNING,
            build=looks_ahead,
        )
    assert list(refused.value.rows_by_column) == ["airport_disrupted_3h"]


def test_a_missing_column_is_named(world: World) -> None:
    with pytest.raises(ColumnsMissing, match="observations frame lacks visibility_m"):
        build_features(
            world.flights,
            world.observations.drop(columns="visibility_m"),
            world.forecasts,
            horizon_hours=2,
            targets=[1],
        )


def test_an_unknown_or_doubled_flight_is_refused(world: World) -> None:
    with pytest.raises(FlightsUnknown):
        describe(world, 2, [-5])
    doubled = World(
        pd.concat([world.flights, world.flights.iloc[:1]]), world.observations, world.forecasts
    )
    with pytest.raises(FlightsUnknown):
        describe(doubled, 2, [1])


def test_an_airport_without_weather_has_none(world: World) -> None:
    moved = world.flights.assign(origin="LGA")
    frame = build_features(
        moved, world.observations, world.forecasts, horizon_hours=24, targets=moved["flight_id"]
    )
    weather = [f.name for f in FEATURES if f.source in {"observations", "forecasts"}]
    assert frame[weather].isna().all(axis=None)
    assert frame["observations_known_at"].isna().all()


def test_no_flight_at_all_gives_no_row(world: World) -> None:
    assert len(describe(world, 24, [])) == 0


def test_local_hours_follow_the_clock_of_the_airport(world: World) -> None:
    frame = describe(world, 2).set_index("flight_id")
    flights = world.flights.set_index("flight_id")
    local = flights["scheduled_departure_at"].dt.tz_convert("America/New_York")
    expected = (local.dt.hour + local.dt.minute / 60).astype(np.float32)
    assert (frame["departure_hour_local"] == expected.loc[frame.index]).all()
    assert (frame["departure_weekday"] == local.dt.day_of_week.loc[frame.index]).all()
