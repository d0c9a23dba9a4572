"""Writes the simulated forecast as the TAF in force: a day ahead, the worst of three hours each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from pipelines.simulator.aviation_words import (
    STATIONS,
    known_in,
    sky_fields,
    sky_groups,
    station_fields,
)
from pipelines.simulator.exchange import in_zulu
from pipelines.simulator.weather_facts import WeatherFacts

_ISSUED_BEFORE: Final = timedelta(minutes=30)
_DAY: Final = timedelta(days=1)
_PERIOD: Final = timedelta(hours=3)


@dataclass(frozen=True)
class _Period:
    begin: datetime
    known: dict[str, float]

    def fields(self, change: str | None) -> dict[str, Any]:
        return {
            "timeFrom": int(self.begin.timestamp()),
            "timeTo": int((self.begin + _PERIOD).timestamp()),
            "fcstChange": change,
            "probability": None,
            **sky_fields(self.known),
        }


def forecast_in_force(weather: WeatherFacts, station: str, at: datetime) -> dict[str, Any] | None:
    """Give the forecast of a station, made anew half an hour before every sixth hour.

    Parameters
    ----------
    weather:
        Of all stations.
    station:
        One of `STATIONS`.
    at:
        The instant.

    Returns
    -------
    :
        The forecast; None if nothing was forecast.
    """
    begin = pd.Timestamp(at + _ISSUED_BEFORE).floor("6h").to_pydatetime()
    issued_at, end = begin - _ISSUED_BEFORE, begin + _DAY
    periods = list(_periods(weather, STATIONS[station], begin, issued_at))
    if not periods:
        return None
    # The end of a day is its 24th hour, not the next day's first.
    last = f"{end:%d%H}" if end.hour else f"{begin:%d}24"
    first, *later = periods
    groups = [*sky_groups(first.known)]
    for period in later:
        groups += [f"FM{period.begin:%d%H%M}", *sky_groups(period.known)]
    return {
        **station_fields(station),
        "issueTime": in_zulu(issued_at),
        "bulletinTime": in_zulu(issued_at),
        "validTimeFrom": int(begin.timestamp()),
        "validTimeTo": int(end.timestamp()),
        "rawTAF": " ".join([f"TAF {station} {issued_at:%d%H%M}Z {begin:%d%H}/{last}", *groups]),
        "fcsts": [first.fields(None), *(period.fields("FM") for period in later)],
    }


def _periods(
    weather: WeatherFacts, airport: str, begin: datetime, issued_at: datetime
) -> Iterator[_Period]:
    for number in range(_DAY // _PERIOD):
        start = begin + number * _PERIOD
        hours = pd.date_range(start, periods=_PERIOD // timedelta(hours=1), freq="h")
        rows = weather.known_at(airport, hours, issued_at)
        worst = {
            "gust_mps": rows["gust_mps"].max(),
            "precipitation_mm": rows["precipitation_mm"].max(),
            "visibility_m": rows["visibility_m"].min(),
        }
        known = known_in({**rows.iloc[0].to_dict(), **worst})
        if known:
            yield _Period(start, known)
