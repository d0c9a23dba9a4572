"""METAR and TAF become bulletins in words, and METAR observations too."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pipelines.providers.aviation_answer import AviationReports, read_metars, read_tafs
from pipelines.providers.aviation_decoding import read_visibility
from pipelines.providers.aviation_weather import AviationWeather, connect_aviation_weather
from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.weather_client import Asker
from pipelines.providers.weather_frames import (
    BULLETIN_COLUMNS,
    OBSERVATION_COLUMNS,
    WEATHER_COLUMNS,
)
from tests.factories.airport import make_airport
from tests.factories.frames import delivery
from tests.pipelines.providers.any_json import ANY_JSON, nearly
from tests.pipelines.providers.scripted_server import Answer, ScriptedServer
from warehouse.operations.bulletins_feed import load_bulletins
from warehouse.operations.feeds import load_observations
from warehouse.session import transaction
from warehouse.vocabulary import SYSTEM

AT = datetime(2026, 11, 26, 15, 5, tzinfo=UTC)
MADE_AT = int(datetime(2026, 11, 26, 14, 51, tzinfo=UTC).timestamp())
METAR = {
    "icaoId": "KJFK",
    "receiptTime": "2026-11-26T14:54:36.848Z",
    "obsTime": MADE_AT,
    "reportTime": "2026-11-26T15:00:00.000Z",
    "temp": 2.2,
    "dewp": 1.1,
    "wdir": 40,
    "wspd": 20,
    "wgst": 35,
    "visib": 0.75,
    "altim": 1004.1,
    "slp": 1003.9,
    "precip": 0.12,
    "wxString": "+RA BR",
    "rawOb": "METAR KJFK 261451Z 04020G35KT 3/4SM +RA BR OVC004 02/01 A2965",
    "clouds": [{"cover": "OVC", "base": 400}],
}
FROM, TO = 1_795_705_200, 1_795_802_400  # 26 November 15:00 and 27 November 18:00
TAF = {
    "icaoId": "KORD",
    "issueTime": "2026-11-26T14:52:00.000Z",
    "validTimeFrom": FROM,
    "validTimeTo": TO,
    "rawTAF": "TAF KORD 261452Z 2615/2718 33012KT P6SM BKN035 ...",
    "fcsts": [
        {
            "timeFrom": FROM,
            "timeTo": FROM + 3600,
            "fcstChange": None,
            "wdir": 330,
            "wspd": 12,
            "visib": "6+",
            "clouds": [{"cover": "BKN", "base": 3500}],
            "temp": [],
            "altim": None,
        },
        {
            "timeFrom": FROM + 3600,
            "timeTo": FROM + 7200,
            "fcstChange": "FM",
            "wdir": 30,
            "wspd": 14,
            "visib": "6+",
        },
        {
            "timeFrom": FROM + 7200,
            "timeTo": FROM + 14_400,
            "fcstChange": "PROB",
            "probability": 30,
            "wdir": "VRB",
            "wspd": 15,
            "wgst": 30,
            "visib": 0.5,
            "wxString": "+TSRA",
            "clouds": [{"cover": "OVC", "base": 500, "type": "CB"}],
        },
        {"timeFrom": FROM + 14_400, "timeTo": TO, "fcstChange": "TEMPO", "wxString": "-SN"},
        {"timeFrom": FROM + 14_400, "timeTo": TO, "fcstChange": "BECMG", "visib": 1},
        {"timeFrom": FROM + 18_000, "timeTo": TO, "fcstChange": "FM", "wspd": 5, "wgst": 26},
    ],
}


def read(*reports: object, at: datetime = AT) -> AviationReports:
    return read_metars(list(reports), at=at)


def observed(**overrides: Any) -> dict[str, Any]:
    return read(METAR | overrides).observations.to_dict("records")[0]


def headline(**overrides: Any) -> str:
    return str(read(METAR | overrides).bulletins.iloc[0]["headline"])


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def test_a_report_becomes_a_bulletin() -> None:
    found = read(METAR)

    assert list(found.bulletins.columns) == list(BULLETIN_COLUMNS)
    [bulletin] = found.bulletins.to_dict("records")
    assert pd.isna(bulletin.pop("severity"))
    assert bulletin == {
        "source": "aviationweather",
        "kind": "metar",
        "airport": "JFK",
        "bulletin_ref": "metar:KJFK:20261126T1451Z",
        "issued_at": utc("2026-11-26T14:51"),
        "valid_from": utc("2026-11-26T14:51"),
        "valid_until": utc("2026-11-26T16:21"),
        "headline": "Wind from 40° at 10 m/s, gusts 18 m/s, visibility 1.2 km, heavy rain, mist, "
        "overcast at 120 m",
        "raw_text": METAR["rawOb"],
    }


def test_a_report_is_an_observation_of_its_hour_known_when_that_is_over() -> None:
    found = read(METAR)

    assert list(found.observations.columns) == list(OBSERVATION_COLUMNS)
    row = found.observations.iloc[0]
    assert row["observed_at"] == utc("2026-11-26T14:00")
    assert row["known_at"] == utc("2026-11-26T15:00")
    assert row[list(WEATHER_COLUMNS)].astype(float).to_dict() == pytest.approx(
        {
            "temperature_c": 2.2,
            "dew_point_c": 1.1,
            "humidity_pct": 92.4318,
            "wind_direction_deg": 40.0,
            "wind_mps": 10.2889,
            "gust_mps": 18.0056,
            "precipitation_mm": 3.048,
            "pressure_hpa": 1003.9,
            "visibility_m": 1207.008,
        },
        rel=1e-4,
    )
    assert found.corrected.empty
    assert found.rejected.empty


def test_an_hour_that_is_not_over_has_a_bulletin_but_no_observation() -> None:
    found = read(METAR, at=datetime(2026, 11, 26, 14, 55, tzinfo=UTC))

    assert len(found.bulletins) == 1
    assert found.observations.empty


def test_a_late_report_is_known_when_it_came() -> None:
    late = read(METAR | {"receiptTime": "2026-11-26T15:20:00Z"}, at=AT + timedelta(hours=1))

    assert late.observations.iloc[0]["known_at"] == utc("2026-11-26T15:20")


def test_of_two_in_an_hour_the_last_stands_and_loading_again_changes_nothing(
    database: str,
) -> None:
    special = METAR | {"obsTime": MADE_AT - 1800, "temp": 9.9, "metarType": "SPECI"}
    found = read(METAR, special)

    def load() -> tuple[int, int, int]:
        with transaction() as session:
            make_airport(session, "JFK")
            batch = load_observations(session, SYSTEM, found.observations, delivery("observation"))
            return batch.accepted_count, batch.superseded_count, batch.quarantined_count

    assert list(found.observations["temperature_c"]) == [9.9, 2.2]
    assert load() == (1, 1, 0)
    assert load() == (0, 1, 0)


@pytest.mark.parametrize(
    ("overrides", "made_at"),
    [
        ({}, "2026-11-26T14:51"),
        ({"obsTime": str(MADE_AT)}, "2026-11-26T14:51"),
        ({"obsTime": "2026-11-26T14:51:00Z"}, "2026-11-26T14:51"),
        ({"obsTime": None}, "2026-11-26T14:51"),
        ({"obsTime": None, "reportTime": "2026-11-26 15:00:00"}, "2026-11-26T14:51"),
        (
            {
                "obsTime": None,
                "reportTime": "2026-12-01T00:00:00Z",
                "rawOb": "KJFK 302351Z AUTO 04020KT",
            },
            "2026-11-30T23:51",
        ),
        ({"obsTime": None, "rawOb": None}, "2026-11-26T15:00"),
        ({"obsTime": None, "rawOb": "METAR KJFK 121451Z"}, "2026-11-26T15:00"),
        ({"obsTime": None, "reportTime": None}, "2026-11-26T14:51"),
    ],
)
def test_when_a_report_was_made(overrides: dict[str, Any], made_at: str) -> None:
    assert read(METAR | overrides).bulletins.iloc[0]["issued_at"] == utc(made_at)


@pytest.mark.parametrize(
    ("visib", "metres"),
    [
        ("10+", 16_093.44),
        ("6+", 9_656.064),
        (10, 16_093.44),
        ("P6SM", 9_656.064),
        (0.25, 402.336),
        ("1/4", 402.336),
        ("M1/4SM", 402.336),
        ("1 1/2", 2_414.016),
        ("3", 4_828.032),
        (0, 0.0),
    ],
)
def test_visibility_is_read_in_every_form(visib: object, metres: float) -> None:
    assert observed(visib=visib)["visibility_m"] == pytest.approx(metres)


def test_bounds_of_visibility_are_told() -> None:
    assert [read_visibility(value) for value in ("10+", "M1/4", "1/0", "far", None)] == [
        (16_093.44, "over"),
        (402.336, "under"),
        None,
        None,
        None,
    ]


def test_a_wind_that_turns_has_no_direction() -> None:
    turning = observed(wdir="VRB", wspd=4, wgst=None)

    assert pd.isna(turning["wind_direction_deg"])
    assert turning["wind_mps"] == pytest.approx(2.05778, rel=1e-4)
    assert headline(wdir="VRB", wspd=4, wgst=None).startswith("Variable wind at 2 m/s, visib")


def test_pressure_is_at_sea_level_or_else_the_altimeter_setting() -> None:
    assert observed(slp=None)["pressure_hpa"] == 1004.1
    assert observed(slp=None, altim=29.92)["pressure_hpa"] == pytest.approx(1013.2, abs=0.05)


def test_a_sky_without_layers_is_told_from_its_cover() -> None:
    assert headline(clouds=[], cover="CAVOK", wxString=None).endswith(
        "visibility 1.2 km, clear sky"
    )
    assert headline(clouds=[{"cover": "OVX", "base": None}], vertVis=200).endswith(
        "sky hidden at 60 m"
    )


@pytest.mark.parametrize(
    ("overrides", "column", "reason"),
    [
        ({"wspd": 400}, "wind_mps", "must be at least 0 and at most 120"),
        ({"temp": "warm"}, "temperature_c", "is not a number"),
        ({"visib": "far"}, "visibility_m", "is not a number"),
        ({"visib": 9999}, "visibility_m", "must be at least 0 and at most 200000"),
        ({"wdir": 400}, "wind_direction_deg", "must be at least 0 and at most 360"),
        ({"wgst": True}, "gust_mps", "is not a number"),
    ],
)
def test_an_odd_value_is_blanked_and_told(
    overrides: dict[str, Any], column: str, reason: str
) -> None:
    found = read(METAR | overrides)

    assert pd.isna(found.observations.iloc[0][column])
    [corrected] = found.corrected.to_dict("records")
    assert (corrected["line"], corrected["column_name"]) == (1, column)
    assert corrected["reason"] == f"{reason}: the value was blanked"
    assert json.loads(corrected["raw"]) == {"icaoId": "KJFK"} | overrides


@pytest.mark.parametrize(
    ("report", "column", "reason"),
    [
        (METAR | {"icaoId": "KXYZ"}, "icaoId", "is no airport with an IATA code"),
        (METAR | {"icaoId": None, "rawOb": None}, "icaoId", "no station is named"),
        (METAR | {"obsTime": None, "reportTime": "x", "receiptTime": 1}, "obsTime", "no instant"),
        ("METAR", "icaoId", "no station is named"),
        (None, "icaoId", "no station is named"),
    ],
)
def test_a_report_of_nowhere_or_no_time_is_refused(
    report: object, column: str, reason: str
) -> None:
    found = read(METAR, report)

    assert len(found.bulletins) == 1
    [refused] = found.rejected.to_dict("records")
    assert (refused["line"], refused["column_name"]) == (2, column)
    assert reason in refused["reason"]


def test_a_station_may_be_named_by_its_text_alone() -> None:
    found = read(METAR | {"icaoId": None, "rawOb": "SPECI COR KLGA 261451Z 04020KT"})

    assert list(found.bulletins["airport"]) == ["LGA"]


def test_a_report_that_says_nothing_is_still_a_bulletin() -> None:
    bare = {"icaoId": "KJFK", "obsTime": MADE_AT}

    found = read(bare)

    assert list(found.bulletins["headline"]) == ["No wind, visibility or cloud reported"]
    assert json.loads(found.bulletins.iloc[0]["raw_text"]) == bare
    assert found.observations.empty


def test_a_forecast_tells_how_it_begins_and_what_makes_flying_hard() -> None:
    found = read_tafs([TAF])

    [bulletin] = found.bulletins.to_dict("records")
    assert bulletin["kind"] == "taf"
    assert bulletin["airport"] == "ORD"
    assert bulletin["bulletin_ref"] == "taf:KORD:20261126T1452Z"
    assert bulletin["issued_at"] == utc("2026-11-26T14:52")
    assert bulletin["valid_from"] == utc("2026-11-26T15:00")
    assert bulletin["valid_until"] == utc("2026-11-27T18:00")
    assert bulletin["headline"].split("; ") == [
        "Wind from 330° at 6 m/s, visibility over 9 km, broken cloud at 1,100 m "
        "until 26 Nov 16:00 UTC",
        "26 Nov 17:00 UTC to 26 Nov 19:00 UTC 30 % chance of variable wind at 8 m/s, "
        "gusts 15 m/s, visibility 800 m, thunderstorm with heavy rain, "
        "overcast at 150 m with storm clouds",
        "26 Nov 19:00 UTC to 27 Nov 18:00 UTC at times light snow",
        "from 26 Nov 19:00 UTC gradually visibility 1.6 km",
        "from 26 Nov 20:00 UTC wind at 3 m/s, gusts 13 m/s",
    ]
    assert found.observations.empty
    assert found.corrected.empty


@pytest.mark.parametrize(
    ("overrides", "column"),
    [
        ({"issueTime": None}, "issueTime"),
        ({"validTimeTo": FROM}, "validTimeTo"),
        ({"icaoId": "ZZZZ"}, "icaoId"),
    ],
)
def test_a_forecast_of_no_time_or_place_is_refused(overrides: dict[str, Any], column: str) -> None:
    found = read_tafs([TAF | overrides])

    assert found.bulletins.empty
    assert list(found.rejected["column_name"]) == [column]


@pytest.mark.parametrize(
    ("sky", "words"),
    [
        ({"clouds": [{"cover": "OVX", "base": 200}]}, "sky hidden at 60 m"),
        ({"clouds": [{"cover": "OVX"}], "vertVis": 200}, "sky hidden at 60 m"),
        ({"clouds": [], "cover": "OVX", "vertVis": 2}, "sky hidden at 60 m"),
        ({"clouds": [], "cover": "VV", "vertVis": 0}, "sky hidden at 0 m"),
        ({"clouds": [{"cover": "BKN", "base": "043"}]}, "broken cloud at 1,300 m"),
        ({"clouds": [{"cover": "CAVOK", "base": None}]}, "clear sky"),
        ({"clouds": None, "cover": "SKC"}, "clear sky"),
    ],
)
def test_heights_are_in_feet_or_hundreds_of_them(sky: dict[str, Any], words: str) -> None:
    assert headline(**sky).endswith(words)


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_report_and_its_correction_the_correction_stands(
    database: str, *, turned: bool
) -> None:
    raw = "METAR COR KJFK 261451Z 04021KT"
    reports = [METAR, METAR | {"wspd": 21, "rawOb": raw}]
    found = read(*(reversed(reports) if turned else reports), at=AT + timedelta(hours=1))
    with transaction() as session:
        make_airport(session, "JFK")
        load_observations(session, SYSTEM, found.observations, delivery("weather_observation"))
        load_bulletins(session, SYSTEM, found.bulletins, delivery("weather_bulletin"))
        wind = session.scalar(text("SELECT wind_mps FROM feeds.weather_observation"))
        told = session.scalars(text("SELECT raw_text FROM feeds.weather_bulletin")).all()
    assert wind == pytest.approx(21 * 1852 / 3600)
    assert list(told) == [raw]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (
            {"rawTAF": "TAF AMD KORD 261605Z 2616/2718 CNL", "fcsts": []},
            "The forecast was withdrawn",
        ),
        (
            {"rawTAF": "TAF KORD 261452Z NIL", "fcsts": None},
            "No wind, visibility or cloud forecast",
        ),
        (
            {
                "fcsts": [
                    {"wspd": 3, "wdir": "VRB"},
                    {"fcstChange": "BECMG", "wxString": "NSW", "wspd": 2},
                ]
            },
            "Variable wind at 2 m/s",
        ),
        (
            {
                "fcsts": [
                    {"wspd": 3},
                    {"fcstChange": "TEMPO", "probability": 40, "wxString": "FG", "wspd": 0},
                ]
            },
            "Wind at 2 m/s; a time not given to a time not given 40 % chance of no wind, fog",
        ),
    ],
)
def test_forecasts_that_say_little_say_that(overrides: dict[str, Any], words: str) -> None:
    [told] = read_tafs([TAF | overrides]).bulletins.to_dict("records")
    assert told["headline"] == words


def test_an_amendment_is_a_forecast_of_its_own_and_has_the_later_instant() -> None:
    amended = TAF | {"issueTime": "2026-11-26T16:05:00Z", "rawTAF": "TAF AMD KORD 261605Z"}
    found = read_tafs([TAF, amended]).bulletins
    assert list(found["bulletin_ref"]) == ["taf:KORD:20261126T1452Z", "taf:KORD:20261126T1605Z"]


def test_no_answer_is_no_report() -> None:
    assert read_metars(None, at=AT).bulletins.empty
    assert read_tafs([]).bulletins.empty


@pytest.mark.parametrize("payload", ["no", 3, {"data": []}])
def test_no_list_of_reports_is_not_taken(payload: object) -> None:
    with pytest.raises(ProviderBusy, match="sent no reports but"):
        read_tafs(payload)


def test_an_error_with_a_good_status_is_a_refusal() -> None:
    with pytest.raises(ProviderRefused, match="Invalid value for format"):
        read_tafs({"status": "error", "error": "Invalid value for format"})


@pytest.fixture
def aviation(provider: ScriptedServer, slept: list[float]) -> AviationWeather:
    return connect_aviation_weather(Asker("Stormdesk", sleep=slept.append), base_url=provider.url)


def test_airports_are_asked_for_by_station_in_batches(
    provider: ScriptedServer, aviation: AviationWeather
) -> None:
    provider.will_answer(Answer([METAR]), Answer(status=204))
    aviation.stations_per_call = 2

    found = aviation.metars(["JFK", "LGA", "LHR", "QQQ"], at=AT)

    first, second = provider.asked
    assert first.path == "/metar"
    assert first.query == {"ids": ["KJFK,KLGA"], "format": ["json"], "hours": ["3"]}
    assert second.query["ids"] == ["EGLL"]
    assert first.headers["User-Agent"] == "Stormdesk"
    # LaGuardia has no report, which is no reason to think that Kennedy's is its.
    assert list(found.bulletins["airport"]) == ["JFK"]
    [refused] = found.rejected.to_dict("records")
    assert (refused["line"], refused["raw"]) == (4, "QQQ")


def test_forecasts_are_asked_for(provider: ScriptedServer, aviation: AviationWeather) -> None:
    provider.will_answer(Answer([TAF]))

    assert list(aviation.tafs(["ORD"]).bulletins["kind"]) == ["taf"]
    assert (provider.asked[0].path, provider.asked[0].query) == (
        "/taf",
        {"ids": ["KORD"], "format": ["json"]},
    )


def test_an_answer_as_long_as_answers_get_may_lack_some(
    provider: ScriptedServer, aviation: AviationWeather
) -> None:
    provider.will_answer(Answer([METAR] * 400))

    with pytest.raises(ProviderRefused, match="gave its most, 400 reports"):
        aviation.metars(["JFK"], at=AT)


def test_a_refusal_is_told_in_the_centers_words(
    provider: ScriptedServer, aviation: AviationWeather
) -> None:
    provider.will_answer(Answer({"status": "error", "error": "Invalid value for hours"}, 400))

    with pytest.raises(ProviderRefused, match="answered 400: Invalid value for hours"):
        aviation.metars(["JFK"], at=AT)
    with pytest.raises(ProviderRefused, match="set a user agent"):
        connect_aviation_weather(Asker(""))


def shared(folder: Path, name: str) -> Any:
    return json.loads((folder / "weather" / name).read_text(encoding="utf-8"))


def test_reports_written_by_others(shared_fixtures: Path) -> None:
    payload = shared(shared_fixtures, "awc_metar_kjfk_klax.json")

    found = read_metars(payload, at=datetime(2026, 9, 17, 15, 5, tzinfo=UTC))

    told = found.bulletins[["airport", "issued_at", "headline"]].to_numpy().tolist()
    assert told == [
        [
            "JFK",
            utc("2026-09-17T14:51"),
            "Wind from 210° at 4 m/s, visibility over 16 km, broken cloud at 1,300 m",
        ],
        [
            "LAX",
            utc("2026-09-17T14:53"),
            "Wind from 240° at 3 m/s, visibility over 16 km, few clouds at 460 m",
        ],
    ]
    assert found.bulletins["raw_text"].iloc[1] == payload[1]["rawOb"]
    for row, (temperature, dew_point, humidity, direction, wind, pressure) in zip(
        found.observations.to_dict("records"),
        [(24.4, 19.4, 73.70, 210, 4.1156, 1024.5), (21.1, 15.0, 68.16, 240, 2.5722, 1018.7)],
        strict=True,
    ):
        assert row["observed_at"] == utc("2026-09-17T14:00")
        assert row["known_at"] == utc("2026-09-17T15:00")
        assert (row["temperature_c"], row["dew_point_c"]) == (temperature, dew_point)
        assert row["humidity_pct"] == pytest.approx(humidity, abs=0.01)
        assert row["wind_direction_deg"] == direction
        assert row["wind_mps"] == pytest.approx(wind, abs=1e-4)
        assert row["pressure_hpa"] == pressure
        assert row["visibility_m"] == 16_093.44
        assert pd.isna(row["gust_mps"])
        assert pd.isna(row["precipitation_mm"])
    assert found.rejected.empty
    assert found.corrected.empty


def test_a_forecast_written_by_others(shared_fixtures: Path) -> None:
    payload = shared(shared_fixtures, "awc_taf_kjfk.json")

    found = read_tafs(payload)

    [bulletin] = found.bulletins.to_dict("records")
    assert pd.isna(bulletin.pop("severity"))
    assert bulletin == {
        "source": "aviationweather",
        "kind": "taf",
        "airport": "JFK",
        "bulletin_ref": "taf:KJFK:20260917T1430Z",
        "issued_at": utc("2026-09-17T14:30"),
        "valid_from": utc("2026-09-17T15:00"),
        "valid_until": utc("2026-09-18T18:00"),
        "headline": "Wind from 200° at 5 m/s, visibility over 9 km, scattered cloud at 1,500 m "
        "until 17 Sep 20:00 UTC",
        "raw_text": "TAF KJFK 171430Z 1715/1818 20009KT P6SM SCT050",
    }
    assert found.rejected.empty
    assert found.corrected.empty


@settings(deadline=None)
@given(
    payload=ANY_JSON
    | st.lists(
        nearly(METAR) | nearly(TAF) | st.builds(lambda p: TAF | {"fcsts": [p]}, nearly(METAR))
    )
)
def test_whatever_comes_is_read_or_refused_by_name(payload: object) -> None:
    for read_all in (lambda: read_metars(payload, at=AT), lambda: read_tafs(payload)):
        try:
            found = read_all()
        except ProviderError:
            continue
        assert list(found.bulletins.columns) == list(BULLETIN_COLUMNS)
        assert found.bulletins["headline"].str.len().gt(0).all()
        assert (found.observations["known_at"] > found.observations["observed_at"]).all()
        refused = len(found.rejected)
        assert len(found.bulletins) + refused == (len(payload) if payload else 0)
