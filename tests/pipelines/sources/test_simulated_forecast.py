"""Simulated forecasts err as forecasts do, and always the same way."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from pipelines.sources.nycflights_weather import VARIABLES
from pipelines.sources.simulated_forecast import (
    FORECAST_COLUMNS,
    LEAD_HOURS,
    SKILLS,
    forecasts_between,
    relative_humidity,
    simulate_forecasts,
)


@pytest.fixture(scope="module")
def observed(observations) -> pd.DataFrame:
    return observations.accepted


@pytest.fixture(scope="module")
def day_ahead(observed) -> pd.DataFrame:
    return simulate_forecasts(observed, lead_hours=24)


def beside_observed(forecasts: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    actual = observed.rename(columns={"observed_at": "valid_at"})
    return forecasts.merge(actual, on=["airport", "valid_at"], suffixes=("", "_observed"))


def rain_skill(forecasts: pd.DataFrame, observed: pd.DataFrame) -> tuple[float, float]:
    both = beside_observed(forecasts, observed)
    rained, announced = both["precipitation_mm_observed"] > 0, both["precipitation_mm"] > 0
    hits = (rained & announced).sum()
    return hits / rained.sum(), 1 - hits / announced.sum()


@pytest.mark.parametrize(
    ("lead_hours", "detected", "false_alarms"),
    [(2, 0.81, 0.06), (6, 0.73, 0.14), (24, 0.60, 0.30), (48, 0.53, 0.44), (72, 0.40, 0.54)],
)
def test_rain_is_detected_and_falsely_announced_about_as_often_as_in_life(
    observed, lead_hours, detected, false_alarms
):
    forecasts = simulate_forecasts(observed, lead_hours=lead_hours)
    assert rain_skill(forecasts, observed) == pytest.approx((detected, false_alarms), abs=0.06)


def test_temperature_errs_by_about_one_and_a_half_degrees_a_day_ahead(day_ahead, observed):
    both = beside_observed(day_ahead, observed)
    error = (both["temperature_c"] - both["temperature_c_observed"]).abs().mean()
    assert error == pytest.approx(2.8 * 5 / 9, abs=0.15)


def test_every_variable_errs_more_the_further_ahead(observed):
    errors = []
    for lead_hours in SKILLS:
        both = beside_observed(simulate_forecasts(observed, lead_hours=lead_hours), observed)
        both = both.drop(both.index[both["pressure_hpa_observed"].isna()])
        errors.append([
            (both[name] - both[f"{name}_observed"]).abs().mean()
            for name in ("temperature_c", "wind_mps", "pressure_hpa", "visibility_m")
        ])
    assert (np.diff(np.array(errors), axis=0) > 0).all()


def test_a_forecast_is_issued_its_lead_time_before_the_hour_it_is_for(observed):
    for lead_hours in LEAD_HOURS:
        forecasts = simulate_forecasts(observed, lead_hours=lead_hours)
        ahead = forecasts["valid_at"] - forecasts["issued_at"]
        assert (ahead == pd.Timedelta(hours=lead_hours)).all()


def test_forecasts_are_labelled_simulated(day_ahead):
    assert list(day_ahead) == FORECAST_COLUMNS
    assert set(day_ahead["source"]) == {"simulated-2013"}
    assert not day_ahead.duplicated(["source", "airport", "valid_at", "issued_at"]).any()


def test_forecasts_have_no_holes_but_gusts(day_ahead):
    without_gusts = [name for name in VARIABLES if name != "gust_mps"]
    assert not day_ahead[without_gusts].isna().any(axis=None)
    assert day_ahead["gust_mps"].isna().any()


def test_values_stay_in_range(day_ahead):
    assert day_ahead["humidity_pct"].between(0, 100).all()
    assert day_ahead["wind_direction_deg"].between(0, 360).all()
    assert (day_ahead["dew_point_c"] <= day_ahead["temperature_c"]).all()
    assert (day_ahead[["wind_mps", "precipitation_mm", "visibility_m"]] >= 0).all(axis=None)


def test_humidity_is_full_when_air_is_at_its_dew_point():
    humidity = relative_humidity(pd.Series([20.0, 20.0]), pd.Series([20.0, 9.26]))
    assert humidity.tolist() == pytest.approx([100.0, 50.0], abs=0.1)


def test_some_half_days_are_plainly_wrong(day_ahead, observed):
    both = beside_observed(day_ahead, observed)
    off_by = (both["pressure_hpa"] - both["pressure_hpa_observed"]).abs()
    assert 0.02 < (off_by > 6).mean() < 0.10


def test_weather_far_ahead_does_not_change_a_forecast(observed, day_ahead):
    until = pd.Timestamp("2013-06-30T00:00Z")
    shorter = simulate_forecasts(observed[observed["observed_at"] < until], lead_hours=24)
    settled = until - pd.Timedelta(hours=24)
    pd.testing.assert_frame_equal(
        shorter[shorter["valid_at"] < settled], day_ahead[day_ahead["valid_at"] < settled]
    )


def test_an_airport_alone_gets_the_same_forecasts(observed, day_ahead):
    alone = simulate_forecasts(observed[observed["airport"] == "JFK"], lead_hours=24)
    together = day_ahead[day_ahead["airport"] == "JFK"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, together)


def test_another_seed_gives_another_year(observed, day_ahead):
    other = simulate_forecasts(observed, lead_hours=24, seed=1)
    assert (other["temperature_c"] != day_ahead["temperature_c"]).mean() > 0.99


def test_slices_are_half_open_by_issue(observed):
    start, middle, end = (
        pd.Timestamp(at) for at in ("2013-12-09T00:00Z", "2013-12-09T12:00Z", "2013-12-10T00:00Z")
    )
    whole = forecasts_between(start, end)
    halves = [forecasts_between(start, middle), forecasts_between(middle, end)]
    pd.testing.assert_frame_equal(pd.concat(halves, ignore_index=True), whole)
    assert whole["issued_at"].between(start, end, inclusive="left").all()
    assert len(whole) == 24 * 3 * len(LEAD_HOURS)


HASHED = """
import hashlib, pandas as pd
from pipelines.sources import nycflights
from pipelines.sources.simulated_forecast import simulate_forecasts
frame = simulate_forecasts(nycflights.read_weather_observations().accepted)
print(hashlib.sha256(pd.util.hash_pandas_object(frame).to_numpy().tobytes()).hexdigest())
"""


def test_another_process_gives_the_same_forecasts(day_ahead):
    here = hashlib.sha256(pd.util.hash_pandas_object(day_ahead).to_numpy().tobytes()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", HASHED],
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here
