"""Answers of Open-Meteo become weather rows: units, time, holes, and what is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.open_meteo_answer import OpenMeteoWeather, read_weather
from pipelines.providers.places import Place
from pipelines.providers.weather_frames import (
    FORECAST_COLUMNS,
    OBSERVATION_COLUMNS,
    WEATHER_COLUMNS,
)
from tests.factories.airport import make_airport
from tests.factories.frames import delivery
from tests.pipelines.providers.any_json import ANY_JSON
from warehouse.operations.feeds import load_forecasts, load_observations
from warehouse.session import transaction
from warehouse.vocabulary import SYSTEM

JFK, LAX, PDX = (
    Place("JFK", 40.64, -73.78),
    Place("LAX", 33.94, -118.41),
    Place("PDX", 45.6, -122.6),
)
AT = datetime(2026, 11, 26, 12, 20, tzinfo=UTC)
UNITS = {
    "time": "iso8601",
    "temperature_2m": "°C",
    "dew_point_2m": "°C",
    "relative_humidity_2m": "%",
    "wind_direction_10m": "°",
    "wind_speed_10m": "m/s",
    "wind_gusts_10m": "m/s",
    "precipitation": "mm",
    "pressure_msl": "hPa",
    "visibility": "m",
}
WHOLE = {
    "temperature_2m": [1.5, 2.0, 2.5, 3.0],
    "dew_point_2m": [-1.0, -1.1, -1.2, -1.3],
    "relative_humidity_2m": [80, 81, 82, 83],
    "wind_direction_10m": [0, 90, 180, 360],
    "wind_speed_10m": [4.0, 5.0, 6.0, 7.0],
    "wind_gusts_10m": [9.0, 10.0, 11.0, 12.0],
    "precipitation": [0.1, 0.2, 0.3, 0.4],
    "pressure_msl": [1001.0, 1002.0, 1003.0, 1004.0],
    "visibility": [24_140, 20_000, 400, 0],
}
HOURS = ["2026-11-26T11:00", "2026-11-26T12:00", "2026-11-26T13:00", "2026-11-26T14:00"]


def answer_of(
    arrays: dict[str, Any], times: list[Any] | None = None, units: Any = None, **keys: Any
) -> dict[str, Any]:
    hourly = {"time": HOURS if times is None else times} | arrays
    return {
        "utc_offset_seconds": 0,
        "hourly_units": UNITS if units is None else units,
        "hourly": hourly,
    } | keys


def read(payload: object, *places: Place, **options: Any) -> OpenMeteoWeather:
    return read_weather(payload, places or (JFK,), **({"at": AT} | options))


def hour(day: str) -> pd.Timestamp:
    return pd.Timestamp(day, tz="UTC")


def values_of(row: pd.Series) -> dict[str, float]:
    return row[list(WEATHER_COLUMNS)].astype(float).to_dict()


def one_value(variable: str, unit: str, value: object) -> OpenMeteoWeather:
    """Read one value that is about the hour from 13:00."""
    arrays = {variable: [value, value]}
    return read(answer_of(arrays, HOURS[2:], {variable: unit}))


def test_hours_to_come_are_forecasts_issued_when_asked() -> None:
    forecasts = read(answer_of(WHOLE)).forecasts

    assert list(forecasts.columns) == list(FORECAST_COLUMNS)
    assert set(forecasts["source"]) == {"open-meteo"}
    assert set(forecasts["airport"]) == {"JFK"}
    assert list(forecasts["valid_at"]) == [hour("2026-11-26T13:00"), hour("2026-11-26T14:00")]
    assert set(forecasts["issued_at"]) == {pd.Timestamp(AT)}
    assert values_of(forecasts.iloc[0]) == {
        "temperature_c": 2.5,
        "dew_point_c": -1.2,
        "humidity_pct": 82.0,
        "wind_direction_deg": 180.0,
        "wind_mps": 6.0,
        "gust_mps": 12.0,
        "precipitation_mm": 0.4,
        "pressure_hpa": 1003.0,
        "visibility_m": 400.0,
    }


def test_rain_and_gusts_belong_to_the_hour_that_ends_at_their_time() -> None:
    last = read(answer_of(WHOLE)).forecasts.iloc[-1]

    assert pd.isna(last["precipitation_mm"])
    assert pd.isna(last["gust_mps"])
    assert last["wind_mps"] == 7.0


def test_an_hour_that_is_over_is_an_observation_and_the_running_one_neither() -> None:
    found = read(answer_of(WHOLE))

    assert list(found.observations.columns) == list(OBSERVATION_COLUMNS)
    [row] = found.observations.to_dict("records")
    assert row["observed_at"] == hour("2026-11-26T11:00")
    assert row["known_at"] == pd.Timestamp(AT)
    assert (row["temperature_c"], row["precipitation_mm"], row["gust_mps"]) == (1.5, 0.2, 10.0)
    assert hour("2026-11-26T12:00") not in set(found.forecasts["valid_at"])


def test_an_hour_that_begins_now_is_still_a_forecast() -> None:
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)

    found = read(answer_of(WHOLE), at=at)

    assert found.forecasts["valid_at"].min() == hour("2026-11-26T12:00")
    assert list(found.observations["observed_at"]) == [hour("2026-11-26T11:00")]


def test_hours_that_were_over_before_are_not_observed_anew() -> None:
    payload, later = answer_of(WHOLE), AT + timedelta(hours=1)

    found = read(payload, at=later, observed_since=AT)

    assert list(found.observations["observed_at"]) == [hour("2026-11-26T12:00")]


def test_both_frames_load_and_load_again_without_change(database: str) -> None:
    found = read(answer_of(WHOLE))

    def load() -> list[int]:
        with transaction() as session:
            make_airport(session, "JFK")
            batches = [
                load_forecasts(session, SYSTEM, found.forecasts, delivery("forecast")),
                load_observations(session, SYSTEM, found.observations, delivery("observation")),
            ]
            return [batch.accepted_count for batch in batches] + [
                batch.quarantined_count for batch in batches
            ]

    assert load() == [2, 1, 0, 0]
    assert load() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("variable", "unit", "value", "column", "metric"),
    [
        ("temperature_2m", "°C", -12.5, "temperature_c", -12.5),
        ("temperature_2m", "°F", 50, "temperature_c", 10),
        ("dew_point_2m", "K", 273.15, "dew_point_c", 0),
        ("wind_speed_10m", "km/h", 36, "wind_mps", 10),
        ("wind_speed_10m", "m/s", 3.21, "wind_mps", 3.21),
        ("wind_speed_10m", "mp/h", 10, "wind_mps", 4.4704),
        ("wind_speed_10m", "mph", 10, "wind_mps", 4.4704),
        ("wind_gusts_10m", "kn", 36, "gust_mps", 18.52),
        ("precipitation", "mm", 1.2, "precipitation_mm", 1.2),
        ("precipitation", "inch", 0.5, "precipitation_mm", 12.7),
        ("precipitation", "cm", 0.5, "precipitation_mm", 5),
        ("pressure_msl", "hPa", 1013.2, "pressure_hpa", 1013.2),
        ("pressure_msl", "Pa", 101_320, "pressure_hpa", 1013.2),
        ("visibility", "m", 24_140, "visibility_m", 24_140),
        ("visibility", "ft", 1000, "visibility_m", 304.8),
        ("relative_humidity_2m", "%", 97, "humidity_pct", 97),
        ("windspeed_10m", "km/h", 36, "wind_mps", 10),
        ("windgusts_10m", "km/h", 72, "gust_mps", 20),
        ("winddirection_10m", "°", 270, "wind_direction_deg", 270),
        ("relativehumidity_2m", "%", 55, "humidity_pct", 55),
        ("dewpoint_2m", "°C", 4.5, "dew_point_c", 4.5),
        ("temperature_2m", "°C", "7.5", "temperature_c", 7.5),
    ],
)
def test_every_unit_and_spelling_becomes_ours(
    variable: str, unit: str, value: object, column: str, metric: float
) -> None:
    found = one_value(variable, unit, value)

    assert found.forecasts.iloc[0][column] == pytest.approx(metric)
    assert found.corrected.empty


@pytest.mark.parametrize(
    ("variable", "unit", "value", "reason"),
    [
        ("wind_speed_10m", "furlong", 3, "is in furlong, a unit we do not know"),
        ("wind_speed_10m", None, 3, "is in no unit"),
        ("wind_speed_10m", {"a": 1}, 3, "a unit we do not know"),
        ("wind_speed_10m", "m/s", "calm", "is not a number: the value was blanked"),
        ("wind_speed_10m", "m/s", True, "is not a number"),
        ("wind_speed_10m", "m/s", 500, "must be at least 0 and at most 120: the value was blanked"),
        ("wind_speed_10m", "m/s", float("inf"), "is not a number"),
        ("wind_speed_10m", "m/s", 10**400, "is not a number"),
        ("pressure_msl", "hPa", 0, "must be at least 850"),
    ],
)
def test_an_odd_value_is_blanked_and_told(
    variable: str, unit: Any, value: object, reason: str
) -> None:
    arrays = WHOLE | {variable: [value] * 4}

    found = read(answer_of(arrays, units=UNITS | {variable: unit}))

    column = "wind_mps" if variable == "wind_speed_10m" else "pressure_hpa"
    assert found.forecasts[column].isna().all()
    assert found.forecasts["temperature_c"].notna().all()
    assert reason in found.corrected.iloc[0]["reason"]
    assert set(found.corrected["column_name"]) == {column}
    raw = json.loads(found.corrected.iloc[0]["raw"])
    assert (raw["airport"], raw["variable"], raw["unit"]) == ("JFK", variable, unit)


def test_holes_stay_holes_and_an_hour_without_any_word_gives_no_row() -> None:
    arrays = {
        "temperature_2m": [None, None, 2.5, None],
        "visibility": [None, None, None, None],
        "pressure_msl": None,
        "precipitation": [None, None, float("nan"), ""],
    }

    found = read(answer_of(arrays, units=UNITS | {"visibility": "undefined"}))

    assert list(found.forecasts["valid_at"]) == [hour("2026-11-26T13:00")]
    assert found.forecasts[list(WEATHER_COLUMNS)].notna().sum().sum() == 1
    assert found.observations.empty
    assert found.corrected.empty


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [], "abc", {"a": 1}, 7])
def test_an_array_of_another_length_is_not_trusted(values: object) -> None:
    found = read(answer_of(WHOLE | {"temperature_2m": values}))

    assert found.forecasts["temperature_c"].isna().all()
    assert "values for 4 hours: none was taken" in found.corrected.iloc[0]["reason"]


def test_a_local_answer_is_put_back_to_utc() -> None:
    found = read(answer_of({"temperature_2m": [1, 2, 3, 4]}, utc_offset_seconds=-3600))

    assert list(found.forecasts["valid_at"]) == [
        hour("2026-11-26T13:00"),
        hour("2026-11-26T14:00"),
        hour("2026-11-26T15:00"),
    ]


@pytest.mark.parametrize(
    "times",
    [
        [1_795_698_000, 1_795_701_600],
        ["1795698000", "1795701600"],
        ["2026-11-26T13:00Z", "2026-11-26T15:00+01:00"],
    ],
)
def test_times_that_say_themselves_what_they_are_take_no_offset(times: list[Any]) -> None:
    payload = answer_of({"temperature_2m": [1, 2]}, times, utc_offset_seconds=3600)

    valid_at = read(payload).forecasts["valid_at"]

    assert list(valid_at) == [hour("2026-11-26T13:00"), hour("2026-11-26T14:00")]


def test_an_hour_that_comes_twice_is_taken_once_and_told() -> None:
    twice = ["2026-11-26T13:00", "2026-11-26T13:00", "2026-11-26T14:00"]
    found = read(answer_of({"temperature_2m": [1, 2, 3]}, twice))
    assert list(found.forecasts["temperature_c"]) == [1.0, 3.0]
    [refused] = found.rejected.to_dict("records")
    assert refused["reason"] == "comes twice: the first was taken"
    assert '"temperature_2m": [2]' in refused["raw"]


def test_an_hour_that_is_no_time_is_refused_and_the_others_kept() -> None:
    times = [*HOURS[:3], "tomorrow"]

    found = read(answer_of({"temperature_2m": [1, 2, 3, 4]}, times))

    assert list(found.forecasts["temperature_c"]) == [3.0]
    [refused] = found.rejected.to_dict("records")
    assert (refused["line"], refused["column_name"]) == (1, "time")
    assert json.loads(refused["raw"])["hour"] == {"time": ["tomorrow"], "temperature_2m": [4]}


@pytest.mark.parametrize("offset", ["east", 90_000, [1]])
def test_an_offset_that_means_nothing_refuses_the_place(offset: object) -> None:
    found = read(answer_of(WHOLE, utc_offset_seconds=offset))

    assert found.forecasts.empty
    assert found.rejected.iloc[0]["column_name"] == "utc_offset_seconds"


def test_several_answers_are_joined_by_position_whatever_their_coordinates() -> None:
    answers = [
        answer_of({"temperature_2m": [degrees] * 4}, latitude=0.0, longitude=0.0)
        | ({"location_id": position} if position else {})
        for position, degrees in enumerate([1, 2, 3])
    ]

    forecasts = read(answers, JFK, LAX, PDX).forecasts

    by_airport = forecasts.groupby("airport")["temperature_c"].first()
    assert by_airport.to_dict() == {"JFK": 1.0, "LAX": 2.0, "PDX": 3.0}


def test_one_bad_place_does_not_cost_the_others_their_weather() -> None:
    bad = {"error": True, "reason": "No data is available for this location"}

    found = read([answer_of(WHOLE), bad, answer_of(WHOLE)], JFK, LAX, PDX)

    assert set(found.forecasts["airport"]) == {"JFK", "PDX"}
    [refused] = found.rejected.to_dict("records")
    assert refused["line"] == 2
    assert refused["reason"] == "No data is available for this location"
    assert json.loads(refused["raw"])["airport"] == "LAX"


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ([answer_of(WHOLE)], "sent 1 answers for 2 places, which may be half"),
        (answer_of(WHOLE), "sent 1 answers for 2 places"),
        ([answer_of(WHOLE)] * 3, "sent 3 answers for 2 places"),
        ([], "sent 0 answers"),
        (None, "sent no weather but null"),
        ("Unexpected error while streaming data", "sent no weather but Unexpected"),
        (3, "sent no weather but 3"),
        ([answer_of(WHOLE), answer_of(WHOLE, location_id=2)], "sent place 2 where 1 was asked"),
    ],
)
def test_an_answer_about_other_places_is_taken_by_nobody(payload: object, words: str) -> None:
    with pytest.raises(ProviderBusy, match=words):
        read(payload, JFK, LAX)


def test_an_error_is_told_in_its_own_words() -> None:
    with pytest.raises(ProviderRefused, match="open-meteo: Invalid timezone"):
        read({"error": True, "reason": "Invalid timezone"})


def test_previous_days_are_forecasts_of_so_many_days_before() -> None:
    name = "temperature_2m_previous_day"
    arrays = {f"{name}{day}": [10 + day] * 4 for day in range(1, 8)}

    found = read(answer_of(arrays, units={f"{name}{day}": "°C" for day in range(1, 8)}))

    lead = (found.forecasts["valid_at"] - found.forecasts["issued_at"]).dt.days
    assert set(found.forecasts["source"]) == {"open-meteo previous runs"}
    assert list(found.forecasts["temperature_c"] - lead) == [10.0] * len(found.forecasts)
    # The hours from 13:00 are still to come: nobody can say how long before them this was said.
    assert set(found.forecasts["valid_at"]) == {hour(HOURS[0]), hour(HOURS[1])}
    assert sorted(lead.unique()) == list(range(1, 8))


def test_each_model_is_a_source_of_its_own() -> None:
    arrays = {
        "temperature_2m_best_match": [1] * 4,
        "temperature_2m_gfs_seamless": [2] * 4,
        "temperature_2m_previous_day1_ecmwf_ifs025": [3] * 4,
    }

    found = read(answer_of(arrays, units=dict.fromkeys(arrays, "°C")))

    assert set(zip(found.forecasts["source"], found.forecasts["temperature_c"], strict=True)) == {
        ("open-meteo", 1.0),
        ("open-meteo gfs_seamless", 2.0),
        ("open-meteo previous runs ecmwf_ifs025", 3.0),
    }
    assert list(found.observations["temperature_c"]) == [1.0]


def test_other_variables_are_not_mistaken_for_ours() -> None:
    others = (
        "temperature_2m_max",
        "temperature_2m_member01",
        "precipitation_probability",
        "precipitation_hours",
        "wind_speed_10m_mean",
        "weathercode",
        "snowfall",
    )

    found = read(answer_of({name: [1, 2, 3, 4] for name in others}))

    assert found.forecasts.empty
    assert found.rejected.iloc[0]["reason"] == "has no variable that fills a column"


def test_frames_keep_their_types_when_empty() -> None:
    empty, full = read_weather([], [], at=AT), read(answer_of(WHOLE))

    assert empty.forecasts.dtypes.equals(full.forecasts.dtypes)
    assert empty.observations.dtypes.equals(full.observations.dtypes)
    assert full.forecasts["valid_at"].dtype == "datetime64[us, UTC]"


# Payloads written by others.


def shared(folder: Path, name: str) -> Any:
    return json.loads((folder / "weather" / name).read_text(encoding="utf-8"))


def test_the_servers_own_golden_answer(shared_fixtures: Path) -> None:
    payload = shared(shared_fixtures, "openmeteo_server_golden_single_iso.json")

    found = read(payload, at=datetime(2022, 7, 12, 12, 30, tzinfo=UTC))

    # It says GMT and yet an offset of an hour, so its first hour, 01:00, is midnight in UTC.
    assert list(found.observations["observed_at"]) == list(
        pd.date_range("2022-07-12T00:00Z", periods=12, freq="h")
    )
    assert list(found.forecasts["valid_at"]) == list(
        pd.date_range("2022-07-12T13:00Z", "2022-07-13T23:00Z", freq="h")
    )
    for frame in (found.observations, found.forecasts):
        assert set(frame["temperature_c"]) == {20.0}
        assert frame["wind_mps"].to_list() == pytest.approx([10 / 3.6] * len(frame))
        others = set(WEATHER_COLUMNS) - {"temperature_c", "wind_mps"}
        assert frame[sorted(others)].isna().all(axis=None)
    assert found.rejected.empty
    assert found.corrected.empty


def test_a_previous_runs_answer_of_another_client(shared_fixtures: Path) -> None:
    payload = shared(shared_fixtures, "openmeteo_previous_runs.json")

    found = read(payload, at=datetime(2026, 10, 3, 18, 30, tzinfo=UTC))

    assert list(found.observations["observed_at"].dt.hour) == [0, 1, 2]
    assert list(found.observations["temperature_c"]) == [13.8, 13.3, 12.1]
    assert list(found.observations["precipitation_mm"].fillna(-1)) == [0.0, 0.0, -1.0]
    by_day = {
        int(days): list(rows["temperature_c"])
        for days, rows in found.forecasts.groupby(
            (found.forecasts["valid_at"] - found.forecasts["issued_at"]).dt.days
        )
    }
    assert by_day == {1: [14.2, 12.9, 12.1], 2: [14.4, 14.2, 13.4]}
    assert set(found.forecasts["source"]) == {"open-meteo previous runs"}
    assert found.forecasts["issued_at"].min() == hour("2026-09-30T00:00")
    assert found.forecasts["precipitation_mm"].sum() == 0.0
    assert found.rejected.empty
    assert found.corrected.empty


def test_an_answer_without_hours_is_refused_with_the_reason(shared_fixtures: Path) -> None:
    payload = shared(shared_fixtures, "openmeteo_forecast_minimal.json")

    found = read(payload)

    assert found.forecasts.empty
    assert found.observations.empty
    [refused] = found.rejected.to_dict("records")
    assert refused["reason"] == "has no hourly weather: ask for some"
    assert json.loads(refused["raw"])["answer"] == payload


# Whatever comes, nothing but a named refusal goes.

NAMES = st.sampled_from([*UNITS, "windspeed_10m", "visibility_previous_day3", "precipitation_icon"])
ANY_TIME = st.sampled_from([*HOURS, "9999-12-31T23:00", "0001-01-01", 1e300, -1, 2**70]) | ANY_JSON
NEARLY_AN_ANSWER = st.fixed_dictionaries(
    {},
    optional={
        "error": ANY_JSON,
        "reason": ANY_JSON,
        "location_id": ANY_JSON,
        "utc_offset_seconds": st.sampled_from([0, None, 3600, "0", 1e30]) | ANY_JSON,
        "hourly_units": st.dictionaries(NAMES, st.sampled_from(["°C", "m", "km/h"]) | ANY_JSON)
        | ANY_JSON,
        "hourly": st.dictionaries(NAMES, st.lists(ANY_TIME, max_size=4) | ANY_JSON) | ANY_JSON,
    },
)


@settings(deadline=None)
@given(payload=ANY_JSON | NEARLY_AN_ANSWER | st.lists(NEARLY_AN_ANSWER, max_size=3))
def test_whatever_comes_is_read_or_refused_by_name(payload: object) -> None:
    for places in ((JFK,), (JFK, LAX)):
        try:
            found = read(payload, *places)
        except ProviderError:
            continue
        assert list(found.forecasts.columns) == list(FORECAST_COLUMNS)
        assert (found.forecasts["issued_at"] <= found.forecasts["valid_at"]).all()
        assert (found.observations["known_at"] > found.observations["observed_at"]).all()
        assert found.rejected["reason"].str.len().gt(0).all()
