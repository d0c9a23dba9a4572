"""The same promises on real flights: New York around the blizzard of 8 February 2013."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from ml.causality import check_known_at, check_truncation
from ml.features import build_features
from tests.ml.conftest import World
from tests.ml.real_year import real_frames

BLIZZARD_NOON = datetime(2013, 2, 8, 17, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def february() -> World:
    """Flights, weather and simulated forecasts from 3 January to 12 February."""
    return World(*real_frames(datetime(2013, 1, 3, tzinfo=UTC), datetime(2013, 2, 12, tzinfo=UTC)))


@pytest.mark.parametrize("horizon_hours", [2, 24])
def test_taking_back_the_future_moves_no_bit(february: World, horizon_hours: int) -> None:
    check_truncation(
        february.flights,
        february.observations,
        february.forecasts,
        horizon_hours=horizon_hours,
        at=BLIZZARD_NOON,
    )


def test_the_file_order_that_tells_who_left_late_moves_no_bit(february: World) -> None:
    ordered = february.flights.sort_values("departure_delay_minutes", na_position="last")
    targets = february.flights["flight_id"].iloc[::11]
    frames = [
        build_features(
            flights, february.observations, february.forecasts, horizon_hours=24, targets=targets
        )
        for flights in (february.flights, ordered)
    ]
    check_known_at(frames[0])
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_the_blizzard_is_seen_as_it_comes(february: World) -> None:
    frame = build_features(
        february.flights,
        february.observations,
        february.forecasts,
        horizon_hours=2,
        targets=february.flights["flight_id"],
    )
    local_day = frame["predicted_at"].dt.tz_convert("America/New_York").dt.date.astype(str)
    evening = frame[(local_day == "2013-02-08") & (frame["departure_hour_local"] > 17)]
    calm = frame[local_day == "2013-02-04"]
    assert evening["airport_disrupted_3h"].median() > 0.25
    assert calm["airport_disrupted_3h"].median() < 0.1
    assert evening["observed_freezing_precipitation_6h_mm"].median() > 2
    assert evening["observed_visibility_min_3h_m"].median() < 5000
