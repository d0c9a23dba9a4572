"""How flights due in the last hours count while they are still waiting, checked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.causality import check_truncation
from ml.features import build_features
from tests.ml.conftest import World
from tests.ml.test_weather_and_outcomes import (
    NO_FORECASTS,
    describe,
    hours_ago,
    make_flights,
    make_observations,
)

DELAY = "airport_delay_so_far_minutes_2h"
CANCELLED = "airport_cancelled_so_far_2h"
LEFT = (3.0, False, 0.0)
"""Due an hour before the prediction, and left on time: the feed speaks."""


def test_a_flight_that_left_is_as_late_as_it_left() -> None:
    row = describe(make_flights(LEFT, (3.5, False, 40.0)))
    assert row[DELAY] == 20
    assert row["reports_known_at"] == row["predicted_at"]


def test_a_flight_that_waits_is_as_late_as_it_has_waited() -> None:
    row = describe(make_flights(LEFT, (3.5, False, 300.0)))
    assert row[DELAY] == 45
    assert describe(make_flights(LEFT, (3.5, False, None)))[DELAY] == 45


def test_no_more_is_counted_than_settles_an_outcome() -> None:
    row = describe(make_flights(LEFT, (4.75, False, 900.0)))
    assert row["carrier_airport_delay_so_far_minutes_3h"] == 60


def test_a_flight_that_left_early_is_not_late() -> None:
    assert describe(make_flights((3.0, False, -9.0)))[DELAY] == 0


def test_a_cancelled_flight_is_cancelled_and_not_late() -> None:
    row = describe(make_flights(LEFT, (2.5, True, None), (2.75, False, 0.0)))
    assert row[CANCELLED] == pytest.approx(1 / 3)
    assert row[DELAY] == 0


def test_a_window_counts_what_was_due_since_it_opened() -> None:
    row = describe(make_flights(LEFT, (2.25, False, None), (4.0, False, 30.0)))
    assert row["airport_delay_so_far_minutes_1h"] == 15
    assert row[DELAY] == 7.5
    assert row["carrier_airport_delay_so_far_minutes_3h"] == 15


def test_what_is_due_after_the_prediction_is_not_counted() -> None:
    row = describe(make_flights(LEFT, (1.9, True, None)))
    assert (row[DELAY], row[CANCELLED]) == (0, 0)


def test_silence_is_missing_and_no_standstill() -> None:
    row = describe(make_flights((3.5, False, None), (2.5, False, None)))
    assert np.isnan(row[DELAY])
    assert pd.isna(row["reports_known_at"])


def test_no_flight_due_is_missing_rather_than_on_time() -> None:
    row = describe(make_flights((4.5, False, 0.0)))
    assert np.isnan(row[DELAY])
    assert row["carrier_airport_delay_so_far_minutes_3h"] == 0


def test_a_day_ahead_nobody_reads_them(world: World) -> None:
    frame = build_features(
        *(world.flights, world.observations, world.forecasts), horizon_hours=24, targets=[1, 2]
    )
    assert (frame["reports_known_at"].dropna() <= frame["predicted_at"]).all()


def test_a_long_delay_that_was_reported_is_no_silence() -> None:
    flights = make_flights((4.75, False, 900.0))
    assert describe(flights)["carrier_airport_delay_so_far_minutes_3h"] == 120
    check_truncation(
        *(flights, make_observations({}), NO_FORECASTS), horizon_hours=2, at=hours_ago(2)
    )


@settings(max_examples=25, deadline=None)
@given(hour=st.integers(0, 57 * 24), horizon_hours=st.sampled_from([2, 6, 24, 72]))
def test_at_any_instant_taking_back_the_future_moves_no_bit(
    world: World, hour: int, horizon_hours: int
) -> None:
    at = world.flights["scheduled_departure_at"].min().floor("h") + pd.Timedelta(hours=hour)
    check_truncation(
        *(world.flights, world.observations, world.forecasts),
        horizon_hours=horizon_hours,
        at=at.to_pydatetime(),
    )
