"""The Aviation Weather Center and the Weather Service as simulated."""

from datetime import datetime, timedelta

import pytest

from pipelines.simulator.weather_facts import WeatherFacts
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import STORM_AT


def test_the_newest_report_of_a_station_is_told(
    simulator: Simulator, weather: WeatherFacts
) -> None:
    simulator.at = STORM_AT + timedelta(hours=4)
    (report,) = simulator.get("/api/data/metar", ids="KJFK", format="json").json()
    assert report["icaoId"] == "KJFK"
    assert report["obsTime"] == datetime.fromisoformat("2013-12-10T14:51:00+00:00").timestamp()
    assert report["reportTime"] == "2013-12-10T15:00:00Z"
    observed = weather.observed("JFK", simulator.at - timedelta(hours=1), simulator.at).iloc[0]
    assert report["temp"] == round(observed["temperature_c"], 1)
    assert report["wspd"] * 0.5144 == pytest.approx(observed["wind_mps"], abs=0.3)
    assert report["visib"] * 1_609.344 == pytest.approx(observed["visibility_m"], abs=20)
    assert report["wxString"] == "SN"
    assert report["rawOb"] == "METAR KJFK 101451Z AUTO 28005KT 0.25SM SN 01/M01"


def test_hours_ask_for_older_reports_and_unknown_stations_are_left_out(
    simulator: Simulator,
) -> None:
    query = {"ids": "KLAX,KJFK,KLGA", "format": "json", "hours": 3}
    reports = simulator.get("/api/data/metar", **query).json()
    assert [report["icaoId"] for report in reports] == ["KJFK"] * 3 + ["KLGA"] * 3
    assert [report["reportTime"][11:16] for report in reports[:3]] == ["11:00", "10:00", "09:00"]


@pytest.mark.parametrize("path", ["/api/data/metar", "/api/data/taf"])
def test_no_station_we_know_is_an_answer_without_content(simulator: Simulator, path: str) -> None:
    said = simulator.get(path, ids="KLAX", format="json")
    assert (said.status_code, said.content) == (204, b"")


def test_a_forecast_is_in_force_for_a_day_and_tells_the_snow(simulator: Simulator) -> None:
    (forecast,) = simulator.get("/api/data/taf", ids="KJFK", format="json").json()
    assert forecast["issueTime"] == "2013-12-10T05:30:00Z"
    assert forecast["validTimeTo"] - forecast["validTimeFrom"] == 24 * 3_600
    assert [period["fcstChange"] for period in forecast["fcsts"]] == [None, *["FM"] * 7]
    assert any(period["wxString"] for period in forecast["fcsts"])
    assert forecast["rawTAF"].startswith("TAF KJFK 100530Z 1006/1106 ")
    simulator.at = STORM_AT + timedelta(minutes=30)
    (later,) = simulator.get("/api/data/taf", ids="KJFK", format="json").json()
    assert later["issueTime"] == "2013-12-10T11:30:00Z"


def test_a_forecast_to_midnight_ends_with_the_24th_hour(simulator: Simulator) -> None:
    simulator.at = STORM_AT.replace(hour=1)
    (forecast,) = simulator.get("/api/data/taf", ids="KJFK", format="json").json()
    assert " 1000/1024 " in forecast["rawTAF"]


@pytest.mark.parametrize(
    "query", [{"ids": "KJFK"}, {"format": "json"}, {"ids": "KJFK", "format": "json", "hours": "x"}]
)
def test_odd_questions_are_refused(simulator: Simulator, query: dict[str, str]) -> None:
    said = simulator.get("/api/data/metar", **query)
    assert said.status_code == 400
    assert said.json()["status"] == "error"


def test_the_service_warned_of_nothing(simulator: Simulator) -> None:
    for path in ("/alerts/active?point=40.6,-73.8", "/alerts/active/zone/NYZ178"):
        said = simulator.get(path).json()
        assert (said["type"], said["features"]) == ("FeatureCollection", [])
