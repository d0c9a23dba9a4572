"""The weather: metric, UTC, with its holes left open."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from pipelines.sources import nycflights
from pipelines.sources.nycflights_weather import VARIABLES, list_missing_hours

from .conftest import WEATHER_LINE


def observed(observations, airport: str, at: str) -> pd.Series:
    frame = observations.accepted
    found = frame[(frame["airport"] == airport) & (frame["observed_at"] == pd.Timestamp(at))]
    assert len(found) == 1
    return found.iloc[0]


def test_every_row_is_accepted_or_rejected(observations):
    assert observations.received_count == 26_115
    assert len(observations.accepted) == 26_115
    assert observations.rejected.empty


def test_units_are_converted_exactly(weather_file):
    line = "EWR,2013,1,1,1,104,32,50,90,100,100,1,1000,2,2013-01-01T06:00:00Z"
    row = nycflights.read_weather_observations(weather_file(line)).accepted.iloc[0]
    assert row[VARIABLES].astype(float).to_dict() == pytest.approx({
        "temperature_c": 40.0,
        "dew_point_c": 0.0,
        "humidity_pct": 50.0,
        "wind_direction_deg": 90.0,
        "wind_mps": 44.704,
        "gust_mps": 44.704,
        "precipitation_mm": 25.4,
        "pressure_hpa": 1000.0,
        "visibility_m": 3218.688,
    })


def test_the_absurd_wind_becomes_missing_and_is_listed(observations):
    newark = observed(observations, "EWR", "2013-02-12T08:00Z")
    assert pd.isna(newark["wind_mps"])
    assert newark["temperature_c"] == pytest.approx(3.9)
    assert len(observations.corrected) == 1
    correction = observations.corrected.iloc[0]
    assert correction["column_name"] == "wind_mps"
    assert "1048.36058" in correction["raw"]
    assert correction["line"] == 1_011
    assert observations.accepted["wind_mps"].max() < 30


def test_hours_without_observation_stay_missing(observations):
    start, end = datetime(2013, 1, 1, 5, tzinfo=UTC), datetime(2014, 1, 1, 5, tzinfo=UTC)
    missing = {
        airport: list_missing_hours(observations.accepted, airport, start, end)
        for airport in ("EWR", "JFK", "LGA")
    }
    assert {airport: len(hours) for airport, hours in missing.items()} == {
        "EWR": 57,
        "JFK": 54,
        "LGA": 54,
    }
    assert (missing["JFK"] >= pd.Timestamp("2013-12-31T00:00Z")).sum() == 29


def test_an_hour_is_known_only_when_it_is_over(observations):
    frame = observations.accepted
    assert (frame["known_at"] - frame["observed_at"] == pd.Timedelta(hours=1)).all()


def test_no_gust_stays_no_gust(observations):
    assert observations.accepted["gust_mps"].isna().sum() == 20_778
    assert not (observations.accepted["gust_mps"] == 0).any()


def test_missing_pressure_stays_missing(observations):
    assert observations.accepted["pressure_hpa"].isna().sum() == 2_729


def test_the_hour_that_comes_twice_in_autumn_is_two_hours(observations):
    frame = observations.accepted
    local = frame["observed_at"].dt.tz_convert("America/New_York").dt.strftime("%Y-%m-%d %H")
    twice = frame[(local == "2013-11-03 01") & (frame["airport"] == "JFK")]
    assert twice["observed_at"].tolist() == [
        pd.Timestamp("2013-11-03T05:00Z"),
        pd.Timestamp("2013-11-03T06:00Z"),
    ]


def test_the_hour_that_is_skipped_in_spring_is_not_there(observations):
    frame = observations.accepted
    day = frame[frame["airport"] == "JFK"].set_index("observed_at")
    local = day.loc["2013-03-10T05:00Z":"2013-03-11T03:00Z"].index.tz_convert("America/New_York")
    assert local.strftime("%H").tolist() == [f"{h:02}" for h in range(24) if h != 2]


def test_a_bad_row_is_rejected_with_its_line_text_and_reason(weather_file):
    bad = WEATHER_LINE.replace("2013,1,1,1,", "2013,1,1,2,")
    source = nycflights.read_weather_observations(weather_file(WEATHER_LINE, bad))
    assert len(source.accepted) == 1
    rejected = source.rejected.iloc[0]
    assert (rejected["line"], rejected["raw"]) == (3, bad)
    assert (rejected["column_name"], rejected["reason"]) == ("hour", "disagrees with time_hour")


def test_text_in_place_of_a_number_is_blanked_and_listed(weather_file):
    source = nycflights.read_weather_observations(
        weather_file(WEATHER_LINE.replace("59.37", "damp"))
    )
    assert source.accepted["humidity_pct"].isna().all()
    assert source.corrected["column_name"].tolist() == ["humidity_pct"]


def test_observations_are_sliced_by_hour_half_open():
    start, end = pd.Timestamp("2013-12-10T05:00Z"), pd.Timestamp("2013-12-10T08:00Z")
    hours = nycflights.observations_between(start, end)["observed_at"]
    assert hours.nunique() == 3
    assert hours.max() == pd.Timestamp("2013-12-10T07:00Z")
