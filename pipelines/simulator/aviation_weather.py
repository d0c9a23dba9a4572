"""Speaks as the Aviation Weather Center: what was measured as METAR, what is forecast as TAF.

Both say the same weather as the other simulated provider. Present weather follows from rain,
temperature and visibility, since the data names none; cloud is in none of it. A station nobody
observed is left out, as the center does.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from pipelines.simulator.aviation_forecast import forecast_in_force
from pipelines.simulator.aviation_words import (
    STATIONS,
    known_in,
    rounded,
    sky_fields,
    sky_groups,
    station_fields,
    temperature_groups,
)
from pipelines.simulator.exchange import Answer, Asked, Endpoint, Refusal, Voice, in_zulu
from pipelines.simulator.faults import Kind
from pipelines.simulator.weather_facts import WeatherFacts
from pipelines.sources.nycflights_weather import MM_PER_INCH

PROVIDER: Final = "aviationweather"
_MADE_AFTER: Final = timedelta(minutes=51)
_RECEIVED_AFTER: Final = timedelta(minutes=54)
_HOUR: Final = timedelta(hours=1)
_NEWEST_HOURS: Final = 1.5
_MOST_HOURS: Final = 360.0
_FAILURES: Final = {
    Kind.MINUTELY: (429, "Too many requests", 60),
    Kind.HOURLY: (429, "Too many requests", 3_600),
    Kind.DAILY: (429, "Too many requests", 86_400),
    Kind.CONCURRENT: (429, "Too many requests", 1),
    Kind.UNAVAILABLE: (503, "Service temporarily unavailable", None),
    Kind.REFUSED: (400, "Invalid station identifiers", None),
}


def _failing(kind: Kind) -> Answer:
    status, error, seconds = _FAILURES[kind]
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return Answer({"status": "error", "error": error}, status, headers)


VOICE: Final = Voice(_failing)


def endpoints(weather: Callable[[], WeatherFacts]) -> list[Endpoint]:
    """List what can be asked of the center."""

    def metars(asked: Asked) -> Answer:
        hours = _hours(asked)
        stations = _stations(asked)
        said = [report for name in stations for report in _reports(weather(), name, hours, asked)]
        return Answer(said) if said else Answer(status=204)

    def tafs(asked: Asked) -> Answer:
        found = [forecast_in_force(weather(), name, asked.at) for name in _stations(asked)]
        said = [forecast for forecast in found if forecast is not None]
        return Answer(said) if said else Answer(status=204)

    return [
        Endpoint(PROVIDER, "metar", ("GET",), "/api/data/metar", metars, VOICE),
        Endpoint(PROVIDER, "taf", ("GET",), "/api/data/taf", tafs, VOICE),
    ]


def _refuse(error: str) -> Refusal:
    return Refusal(Answer({"status": "error", "error": error}, 400))


def _stations(asked: Asked) -> list[str]:
    if asked.one("format") != "json":
        raise _refuse("This simulator answers in JSON alone: ask for format=json")
    ids = [part.strip().upper() for part in (asked.one("ids") or "").split(",") if part.strip()]
    if not ids:
        raise _refuse("Invalid ids: name stations as ids=KJFK,KLGA")
    return list(dict.fromkeys(station for station in ids if station in STATIONS))


def _hours(asked: Asked) -> float | None:
    said = asked.one("hours")
    try:
        hours = None if said is None else float(said)
    except ValueError:
        raise _refuse("Invalid hours") from None
    if hours is not None and not 0 < hours <= _MOST_HOURS:
        raise _refuse(f"Invalid hours: ask for {_MOST_HOURS:g} at most")
    return hours


def _reports(
    weather: WeatherFacts, station: str, hours: float | None, asked: Asked
) -> list[dict[str, Any]]:
    """Give the reports of so many hours, the newest first; only the newest if nobody says."""
    since = asked.at - timedelta(hours=hours or _NEWEST_HOURS) - _MADE_AFTER
    rows = weather.observed(STATIONS[station], since, asked.at)[::-1]
    reports = [
        _report(station, hour.to_pydatetime(), known_in(row))
        for hour, row in zip(rows.index, rows.to_dict("records"), strict=True)
    ]
    return reports[: None if hours is not None else 1]


def _report(station: str, hour: datetime, known: dict[str, float]) -> dict[str, Any]:
    made_at = hour + _MADE_AFTER
    groups = [*sky_groups(known), *temperature_groups(known)]
    return {
        **station_fields(station),
        "metarType": "METAR",
        "receiptTime": in_zulu(hour + _RECEIVED_AFTER),
        "obsTime": int(made_at.timestamp()),
        "reportTime": in_zulu(hour + _HOUR),
        "temp": rounded(known.get("temperature_c"), 1),
        "dewp": rounded(known.get("dew_point_c"), 1),
        **sky_fields(known),
        "altim": rounded(known.get("pressure_hpa"), 1),
        "slp": rounded(known.get("pressure_hpa"), 1),
        "precip": rounded(known.get("precipitation_mm"), 2, per=MM_PER_INCH),
        "rawOb": " ".join([f"METAR {station} {made_at:%d%H%M}Z AUTO", *groups]),
    }
