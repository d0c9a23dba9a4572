"""What a release may learn from, and when it may not be made."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ml.causality import known_by
from ml.errors import LeakSuspected, TrainingDataTooThin
from ml.estimate import BASIS_NO_FORECAST, estimate
from ml.features import build_features
from ml.release import Release, pack_release
from ml.targets import DISRUPTED, LATE_60, is_mature, outcome_of
from ml.training import train_release, training_rows
from tests.ml.conftest import World, make_flights, make_forecasts, make_weather


def train(world: World, trained_until: datetime, *horizons: int) -> Release:
    """Train at some horizons only."""
    return train_release(
        world.flights,
        world.observations,
        world.forecasts,
        trained_until=trained_until,
        horizons=horizons,
        code_version="test",
    )


def test_an_outcome_counts_from_the_two_hours_on_or_when_cancelled() -> None:
    flights = pd.DataFrame({
        "cancelled": [True, False, False, False, False],
        "departure_delay_minutes": [np.nan, 120, 119, 60, 59],
    })
    assert outcome_of(flights, DISRUPTED).tolist() == [True, True, False, False, False]
    assert outcome_of(flights, LATE_60).tolist() == [True, True, True, True, False]


def test_labels_mature_three_hours_after_the_schedule(
    world: World, trained_until: datetime
) -> None:
    scheduled = world.flights["scheduled_departure_at"]
    expected = scheduled <= pd.Timestamp(trained_until - timedelta(hours=3))
    assert 0 < expected.sum() < len(expected)
    assert (is_mature(world.flights, trained_until) == expected).all()
    exactly = world.flights["scheduled_departure_at"].iloc[0] + timedelta(hours=3)
    assert is_mature(world.flights.iloc[:1], exactly.to_pydatetime()).all()
    before = exactly - timedelta(minutes=1)
    assert not is_mature(world.flights.iloc[:1], before.to_pydatetime()).any()


def test_training_rows_are_mature_and_know_nothing_later(
    world: World, trained_until: datetime
) -> None:
    labelled = training_rows(
        world.flights,
        world.observations,
        world.forecasts,
        trained_until=trained_until,
        horizon_hours=24,
    )
    matured = world.flights[is_mature(world.flights, trained_until)]
    assert set(labelled.rows["flight_id"]) == set(matured["flight_id"])
    assert (labelled.rows["known_at"] <= labelled.rows["predicted_at"]).all()
    by_id = world.flights.set_index("flight_id").loc[labelled.rows["flight_id"]]
    assert (labelled.outcomes[DISRUPTED] == outcome_of(by_id, DISRUPTED)).all()
    assert labelled.service_dates.is_monotonic_increasing


def test_what_happens_after_training_moves_no_bit_of_the_release(
    world: World, trained_until: datetime, release: Release
) -> None:
    frames = known_by(world.flights, world.observations, world.forecasts, trained_until)
    mixed = [frame.sample(frac=1, random_state=5) for frame in frames]
    again = train(World(*mixed), trained_until, 2, 24)
    assert pack_release(again.model_set, again.card) == pack_release(
        release.model_set, release.card
    )


def test_without_forecasts_a_day_ahead_is_climatology_alone(
    world: World, trained_until: datetime
) -> None:
    blind = replace(world, forecasts=world.forecasts.iloc[:0])
    release = train(blind, trained_until, 24)
    assert release.card["horizons"]["24"]["speaks"].startswith("climatology")
    rows = build_features(
        world.flights,
        world.observations,
        world.forecasts,
        horizon_hours=24,
        targets=world.flights["flight_id"].iloc[:10],
    )
    assert (estimate(release.model_set, rows)["basis"] == BASIS_NO_FORECAST).all()


def test_a_world_too_easy_to_be_true_fails_the_release(trained_until: datetime) -> None:
    rng = np.random.default_rng(7)
    observations = make_weather(rng)
    flights = make_flights(rng, observations, in_gusts=0.95)
    easy = World(flights, observations, make_forecasts(observations))
    with pytest.raises(LeakSuspected):
        train(easy, trained_until, 24)


@pytest.mark.parametrize("days", [5, 12])
def test_too_little_history_is_refused_in_one_sentence(world: World, days: int) -> None:
    until = world.flights["scheduled_departure_at"].min() + pd.Timedelta(days=days)
    with pytest.raises(TrainingDataTooThin, match="Load a longer history or move trained_until"):
        train(world, until.to_pydatetime(), 2)


def test_no_flight_at_all_is_refused(world: World, trained_until: datetime) -> None:
    with pytest.raises(TrainingDataTooThin):
        train(replace(world, flights=world.flights.iloc[:0]), trained_until, 2)


def test_a_year_without_disruption_is_refused(world: World, trained_until: datetime) -> None:
    calm = world.flights.assign(cancelled=False, departure_delay_minutes=0.0)
    with pytest.raises(TrainingDataTooThin, match="0 of them disrupted"):
        train(replace(world, flights=calm), trained_until, 2)
