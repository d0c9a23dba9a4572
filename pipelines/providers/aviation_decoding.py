"""Turns the decoded fields of METAR and TAF, in knots, feet and miles, into metric weather."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from pipelines.providers.weather_frames import range_broken
from pipelines.providers.weather_payload import is_missing, mapping, number, sequence, text
from pipelines.providers.weather_words import Cloud, Conditions, Visibility

MPS_PER_KNOT: Final = 1852 / 3600
M_PER_MILE: Final = 1609.344
M_PER_FOOT: Final = 0.3048
_MM_PER_INCH: Final = 25.4
_HPA_PER_INCH: Final = 33.8639
_HIGHEST_INCHES: Final = 40.0
_FEET_A_STEP: Final = 100
_VARIABLE: Final = "VRB"
_NOTHING_SIGNIFICANT: Final = "NSW"
_MEASURES: Final = {
    "temp": ("temperature_c", 1.0),
    "dewp": ("dew_point_c", 1.0),
    "wdir": ("wind_direction_deg", 1.0),
    "wspd": ("wind_mps", MPS_PER_KNOT),
    "wgst": ("gust_mps", MPS_PER_KNOT),
    "precip": ("precipitation_mm", _MM_PER_INCH),
    "altim": ("pressure_hpa", 1.0),
    "slp": ("pressure_hpa", 1.0),
}
_MILES: Final = re.compile(
    r"(?P<less>M|<)?(?P<more>P|>)?"
    r"(?P<miles>\d{1,6}(?:\.\d+)?)?(?: ?(?P<part>\d/\d{1,3}))?(?P<plus>\+)?(?:SM)?"
)

MEASURED: Final = tuple(_MEASURES)
FORECAST: Final = ("wdir", "wspd", "wgst")
"""A TAF has lists of extremes where a METAR has its temperature."""

Note = Callable[[str, object, str, str], None]
"""Takes note of a field, its value, the column it would fill and what is wrong with it."""


@dataclass(frozen=True)
class Decoded:
    """Weather by our columns, and the same as conditions to put in words."""

    weather: dict[str, float]
    conditions: Conditions


def decode(report: Mapping[str, Any], note: Note, *, fields: tuple[str, ...] = MEASURED) -> Decoded:
    """Read the weather of a report; what is odd is noted and left out.

    Parameters
    ----------
    report:
        A METAR, or one period of a TAF.
    note:
        Takes note of odd values.
    fields:
        Which measures to read: `MEASURED`, or `FORECAST` for a TAF.

    Returns
    -------
    :
        What the report says. Pressure is that at sea level, or else the altimeter setting;
        humidity follows from temperature and dew point.
    """
    weather: dict[str, float] = {}
    for field in fields:
        (column, factor), value = _MEASURES[field], report.get(field)
        if is_missing(value) or (field == "wdir" and _is_variable(value)):
            continue
        read = number(value)
        metric = None if read is None else _in_hpa(read, column) * factor
        _keep(weather, field, value, column, metric, note)
    visibility = read_visibility(report.get("visib"))
    if not is_missing(report.get("visib")):
        metres = None if visibility is None else visibility.metres
        _keep(weather, "visib", report.get("visib"), "visibility_m", metres, note)
    _add_humidity(weather)
    return Decoded(weather, _conditions(report, weather, visibility))


def read_visibility(value: object) -> Visibility | None:
    """Read statute miles: a number, a fraction such as "1 1/2", or a bound such as "10+" or "M1/4".

    Parameters
    ----------
    value:
        What was sent.

    Returns
    -------
    :
        In metres; None if it is no distance.
    """
    if not isinstance(value, str):
        miles = number(value)
        return None if miles is None else Visibility(miles * M_PER_MILE)
    found = _MILES.fullmatch(value.strip().upper())
    if found is None or not (found["miles"] or found["part"]):
        return None
    try:
        part = Fraction(found["part"] or 0)
    except ZeroDivisionError:
        return None
    metres = (float(found["miles"] or 0) + float(part)) * M_PER_MILE
    if found["less"]:
        return Visibility(metres, "under")
    return Visibility(metres, "over" if found["more"] or found["plus"] else None)


def _keep(
    weather: dict[str, float],
    field: str,
    value: object,
    column: str,
    metric: float | None,
    note: Note,
) -> None:
    wrong = "is not a number" if metric is None else range_broken(column, metric)
    if metric is None or wrong:
        note(field, value, column, f"{wrong}: the value was blanked")
    else:
        weather[column] = metric


def _in_hpa(value: float, column: str) -> float:
    """Read a pressure that can only be inches of mercury as such."""
    is_in_inches = column == "pressure_hpa" and 0 < value < _HIGHEST_INCHES
    return value * _HPA_PER_INCH if is_in_inches else value


def _is_variable(direction: object) -> bool:
    return (text(direction) or "").upper() == _VARIABLE


def _add_humidity(weather: dict[str, float]) -> None:
    """Follow the Magnus formula from temperature and dew point."""
    temperature, dew_point = weather.get("temperature_c"), weather.get("dew_point_c")
    if temperature is None or dew_point is None:
        return
    saturated, present = (
        17.625 * degrees / (243.04 + degrees) for degrees in (temperature, dew_point)
    )
    humidity = 100 * math.exp(present - saturated)
    if not range_broken("humidity_pct", humidity):
        weather["humidity_pct"] = humidity


def _conditions(
    report: Mapping[str, Any], weather: Mapping[str, float], visibility: Visibility | None
) -> Conditions:
    return Conditions(
        wind_mps=weather.get("wind_mps"),
        wind_direction_deg=weather.get("wind_direction_deg"),
        is_variable=_is_variable(report.get("wdir")),
        gust_mps=weather.get("gust_mps"),
        visibility=visibility if "visibility_m" in weather else None,
        phenomena=_phenomena(report),
        clouds=tuple(_clouds(report)),
    )


def _phenomena(report: Mapping[str, Any]) -> tuple[str, ...]:
    codes = (text(report.get("wxString")) or "").upper().split()
    return tuple(code for code in codes if code != _NOTHING_SIGNIFICANT)


def _clouds(report: Mapping[str, Any]) -> list[Cloud]:
    layers = [mapping(layer) for layer in sequence(report.get("clouds"))]
    clouds = [_cloud(layer, report) for layer in layers if text(layer.get("cover"))]
    return clouds or [_cloud({"cover": report.get("cover")}, report)]


def _cloud(layer: Mapping[str, Any], report: Mapping[str, Any]) -> Cloud:
    cover = (text(layer.get("cover")) or "").upper()
    feet = _feet(layer.get("base"))
    if feet is None and cover in {"OVX", "VV"}:
        feet = _feet(report.get("vertVis"))
    base_m = None if feet is None or not 0 <= feet <= 100_000 else feet * M_PER_FOOT
    return Cloud(cover, base_m, text(layer.get("type")))


def _feet(height: object) -> float | None:
    """Read a height, which reports give in hundreds of feet: a smaller number counts those."""
    read = number(height)
    return read * _FEET_A_STEP if read is not None and 0 < read < _FEET_A_STEP else read
