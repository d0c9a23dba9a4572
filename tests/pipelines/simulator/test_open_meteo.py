"""Open-Meteo as simulated: real weather behind us, forecasts ahead, nulls where nobody knows."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from pipelines.simulator.weather_facts import WeatherFacts
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import STORM_AT

JFK = {"latitude": 40.6398, "longitude": -73.7789}
HOURLY = (
    "temperature_2m,dew_point_2m,relative_humidity_2m,wind_speed_10m,wind_gusts_10m,"
    "wind_direction_10m,precipitation,pressure_msl,visibility"
)


def hourly(simulator: Simulator, **more: object) -> pd.DataFrame:
    said = simulator.get("/v1/forecast", **{**JFK, "hourly": HOURLY, "timezone": "GMT", **more})
    assert said.status_code == 200, said.text
    frame = pd.DataFrame(said.json()["hourly"])
    return frame.assign(time=pd.to_datetime(frame["time"], utc=True)).set_index("time")


def test_an_answer_has_the_providers_form(simulator: Simulator) -> None:
    said = simulator.get("/v1/forecast", **JFK, hourly="temperature_2m,wind_speed_10m").json()
    assert said["utc_offset_seconds"] == 0
    assert (said["timezone"], said["timezone_abbreviation"]) == ("GMT", "GMT")
    assert said["hourly_units"] == {
        "time": "iso8601",
        "temperature_2m": "°C",
        "wind_speed_10m": "km/h",
    }
    assert said["hourly"]["time"][0] == "2013-12-10T00:00"
    assert len(said["hourly"]["time"]) == len(said["hourly"]["temperature_2m"]) == 7 * 24
    assert "location_id" not in said
    # The cell's centre, near the place but not on it.
    assert 0 < abs(said["latitude"] - JFK["latitude"]) < 0.1


def test_several_places_come_as_an_array_in_their_order(simulator: Simulator) -> None:
    said = simulator.get(
        "/v1/forecast",
        latitude="40.78,40.64,33.94",
        longitude="-73.87,-73.78,-118.41",
        hourly="visibility",
        past_hours=3,
        forecast_hours=1,
    ).json()
    assert [place.get("location_id") for place in said] == [None, 1, 2]
    assert [round(place["latitude"]) for place in said] == [41, 41, 34]
    assert said[0]["hourly"]["visibility"] != said[1]["hourly"]["visibility"]
    # Nobody observed Los Angeles.
    assert said[2]["hourly"]["visibility"] == [None] * 4


def test_the_past_is_what_was_observed(simulator: Simulator, weather: WeatherFacts) -> None:
    told = hourly(simulator, past_hours=6, forecast_hours=0, wind_speed_unit="ms")
    observed = weather.observed("JFK", STORM_AT - timedelta(hours=8), STORM_AT)
    assert list(told.index) == list(pd.date_range("2013-12-10T05:00Z", periods=6, freq="h"))
    assert told["temperature_2m"].tolist() == observed["temperature_c"].iloc[-6:].round(1).tolist()
    assert told["wind_speed_10m"].tolist() == observed["wind_mps"].iloc[-6:].round(2).tolist()
    # What falls in an hour is told at its end.
    assert told["precipitation"].tolist() == observed["precipitation_mm"].iloc[-7:-1].tolist()


def test_what_is_ahead_is_the_forecast_issued_last(
    simulator: Simulator, weather: WeatherFacts
) -> None:
    told = hourly(simulator, past_hours=0, forecast_hours=96)
    hours = pd.DatetimeIndex(told.index)
    leads = {13: 2, 14: 6, 17: 6, 18: 24}
    for hour, lead in leads.items():
        valid_at = pd.DatetimeIndex([f"2013-12-10T{hour}:00Z"])
        issued = weather.forecast_before("JFK", valid_at, STORM_AT, lead)
        assert told.loc[valid_at[0], "temperature_2m"] == issued["temperature_c"].round(1).iloc[0]
    is_told = told["temperature_2m"].notna()
    assert hours[is_told].max() == pd.Timestamp(STORM_AT) + pd.Timedelta(hours=72)


def test_nothing_is_told_before_it_is_known(simulator: Simulator) -> None:
    early = hourly(simulator, past_hours=2, forecast_hours=8)
    simulator.at = STORM_AT + timedelta(hours=6)
    late = hourly(simulator, past_hours=8, forecast_hours=2)
    assert early.index.equals(late.index)
    assert early["temperature_2m"].iloc[:2].tolist() == late["temperature_2m"].iloc[:2].tolist()
    # At 17:00 the hour of 16:00 is observed; at 11:00 it was a guess.
    assert early["wind_speed_10m"].tolist() != late["wind_speed_10m"].tolist()


def test_on_the_storms_morning_snow_is_coming(simulator: Simulator) -> None:
    told = hourly(simulator, forecast_hours=9, past_hours=0)
    storm = told.loc["2013-12-10T14:00Z":"2013-12-10T18:00Z"]  # type: ignore[misc]
    assert storm["precipitation"].max() > 0.5
    assert storm["visibility"].min() < 5_000
    assert storm["temperature_2m"].max() < 5


def test_previous_days_are_older_forecasts_of_the_same_hours(simulator: Simulator) -> None:
    names = ["temperature_2m", *(f"temperature_2m_previous_day{day}" for day in (1, 2, 3, 4))]
    told = hourly(
        simulator, hourly=names, start_hour="2013-12-10T04:00", end_hour="2013-12-10T09:00"
    )
    assert len(told) == 6
    assert told[names[1]].notna().all()
    assert told[names[2]].notna().all()
    assert told[names[3]].notna().all()
    assert told[names[4]].isna().all()
    spread = (told[names[3]] - told[names[0]]).abs().mean()
    assert spread > (told[names[1]] - told[names[0]]).abs().mean()


def test_units_times_and_zones_can_be_chosen(simulator: Simulator) -> None:
    query = {"past_hours": 2, "forecast_hours": 0, "hourly": "temperature_2m,wind_speed_10m"}
    metric = simulator.get("/v1/forecast", **JFK, **query).json()["hourly"]
    chosen = simulator.get(
        "/v1/forecast",
        **JFK,
        **query,
        temperature_unit="fahrenheit",
        wind_speed_unit="kn",
        timeformat="unixtime",
        timezone="auto",
    ).json()
    assert chosen["timezone"] == "America/New_York"
    assert chosen["utc_offset_seconds"] == -5 * 3600
    assert chosen["hourly_units"]["wind_speed_10m"] == "kn"
    at = datetime.fromisoformat("2013-12-10T09:00:00+00:00")
    assert chosen["hourly"]["time"][0] == at.timestamp()
    celsius, fahrenheit = metric["temperature_2m"][0], chosen["hourly"]["temperature_2m"][0]
    assert fahrenheit == pytest.approx(celsius * 9 / 5 + 32, abs=0.2)
    local = simulator.get("/v1/forecast", **JFK, **query, timezone="America/New_York").json()
    assert local["hourly"]["time"] == ["2013-12-10T04:00", "2013-12-10T05:00"]


def test_a_form_says_the_same_as_an_address(simulator: Simulator) -> None:
    query = {**JFK, "hourly": HOURLY, "forecast_days": "2"}
    by_address = simulator.get("/v1/forecast", **query).json()
    assert simulator.ask("POST", "/v1/forecast", data=query).json() == by_address
    assert simulator.ask("POST", "/v1/forecast", json=query).json() == by_address


def test_old_spellings_and_variables_without_values_are_known(simulator: Simulator) -> None:
    query = {"hourly": "windspeed_10m,cape", "past_hours": 1, "forecast_hours": 0}
    told = simulator.get("/v1/forecast", **JFK, **query).json()
    assert told["hourly"]["windspeed_10m"][0] is not None
    assert told["hourly"]["cape"] == [None]
    assert told["hourly_units"]["cape"] == "J/kg"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (
            {"hourly": "temperature_2m,tempeture_2m"},
            "Cannot initialize WeatherVariable from invalid String value tempeture_2m "
            "for key hourly",
        ),
        ({"latitude": "95"}, "Latitude must be in range of -90 to 90°. Given: 95.0."),
        ({"longitude": "nan"}, "Longitude must be in range of -180 to 180°. Given: nan."),
        (
            {"latitude": "40,41"},
            "Parameter 'latitude' and 'longitude' must have the same number of elements",
        ),
        ({"latitude": ""}, "Parameter 'latitude' is required"),
        ({"forecast_days": "17"}, "Forecast days is invalid. Allowed range 0 to 16. Given 17."),
        ({"timezone": "Mars/Olympus"}, "Invalid timezone"),
        ({"timezone": "America"}, "Invalid timezone"),
        (
            {"start_date": "2013-12-10"},
            "Both 'start_date' and 'end_date' must be set in the url",
        ),
        (
            {"start_date": "2013-01-01", "end_date": "2013-12-10"},
            "Parameter 'start_date' is out of allowed range from 2013-09-09 to 2013-12-26",
        ),
        (
            {"wind_speed_unit": "bft"},
            "Cannot initialize WindspeedUnit from invalid String value bft for key wind_speed_unit",
        ),
        ({"daily": "snowfall_sum"}, "This simulator tells hourly weather alone: leave out 'daily'"),
    ],
)
def test_what_is_wrong_is_said_in_the_providers_words(
    simulator: Simulator, wrong: dict[str, str], reason: str
) -> None:
    said = simulator.get("/v1/forecast", **{**JFK, "hourly": "visibility", **wrong})
    assert (said.status_code, said.json()) == (400, {"error": True, "reason": reason})


def test_a_thousand_places_are_the_most(simulator: Simulator) -> None:
    many = {"latitude": ",".join(["40"] * 1_001), "longitude": ",".join(["-73"] * 1_001)}
    said = simulator.ask("POST", "/v1/forecast", data=many)
    assert said.json()["reason"] == "Only up to 1000 locations can be requested at once"
