"""Reads what Open-Meteo is asked, and refuses in its words what it would refuse."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from pipelines.simulator.exchange import Answer, Asked, Refusal, mapping
from pipelines.simulator.open_meteo_variables import CHOSEN, Series, Unit, series_named
from pipelines.simulator.weather_facts import time_zone_at

MOST_PLACES: Final = 1_000
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_UNITS: Final = {
    "temperature": ("temperature_unit", "TemperatureUnit"),
    "speed": ("wind_speed_unit", "WindspeedUnit"),
    "water": ("precipitation_unit", "PrecipitationUnit"),
}
_NOT_SERVED: Final = ("daily", "current", "current_weather", "minutely_15")
Read = TypeVar("Read")


@dataclass(frozen=True)
class Place:
    """Where weather is asked for, and in which zone its hours are told."""

    latitude: float
    longitude: float
    time_zone: str


@dataclass(frozen=True)
class Query:
    """What is asked of every place."""

    places: tuple[Place, ...]
    series: tuple[Series, ...]
    units: dict[str, Unit]
    in_unixtime: bool
    parameters: Mapping[str, Sequence[str]]

    def hours(self, offset: timedelta, at: datetime) -> tuple[datetime, datetime]:
        """Give the first hour of an answer and the end of its last.

        Parameters
        ----------
        offset:
            Of the place's clocks from UTC.
        at:
            The instant of asking.

        Returns
        -------
        :
            Local times, without zone.

        Raises
        ------
        Refusal
            The period is none, or out of bounds.
        """
        here = (at.astimezone(UTC) + offset).replace(tzinfo=None)
        if own := self._between("date", date.fromisoformat, here):
            return datetime.combine(own[0], time()), datetime.combine(own[1], time()) + _DAY
        if own := self._between("hour", datetime.fromisoformat, here):
            start, end = (hour.replace(minute=0, second=0, microsecond=0) for hour in own)
            return start.replace(tzinfo=None), end.replace(tzinfo=None) + _HOUR
        return self._around(here)

    def _around(self, here: datetime) -> tuple[datetime, datetime]:
        """Take so many days around today, or hours around this one."""
        midnight = datetime.combine(here, time())
        this_hour = midnight + here.hour * _HOUR
        days = _whole(self.parameters, "forecast_days", 7, 16)
        past_days = _whole(self.parameters, "past_days", 0, 92)
        hours = _whole(self.parameters, "forecast_hours", None, 16 * 24)
        past_hours = _whole(self.parameters, "past_hours", None, 92 * 24)
        start, end = midnight - (past_days or 0) * _DAY, midnight + (days or 0) * _DAY
        if hours is not None or past_hours is not None:
            start = this_hour - (past_hours or 0) * _HOUR
        if hours is not None:
            end = this_hour + hours * _HOUR
        return start, end

    def _between(
        self, what: str, parse: Callable[[str], Read], here: datetime
    ) -> tuple[Read, Read] | None:
        names = f"start_{what}", f"end_{what}"
        given = [_one(self.parameters, name) for name in names]
        if given == [None, None]:
            return None
        if given[0] is None or given[1] is None:
            raise refuse(f"Both '{names[0]}' and '{names[1]}' must be set in the url")
        start, end = (
            self._in_range(name, parse, value, here)
            for name, value in zip(names, (given[0], given[1]), strict=True)
        )
        if str(end) < str(start):
            raise refuse(f"End-{what} must be larger or equals than start-{what}")
        return start, end

    def _in_range(
        self, name: str, parse: Callable[[str], Read], value: str, here: datetime
    ) -> Read:
        try:
            read = parse(value)
        except ValueError:
            raise refuse(f"Invalid date format for '{name}'. Given: {value}") from None
        first, last = here.date() - 92 * _DAY, here.date() + 16 * _DAY
        if not str(first) <= str(read)[:10] <= str(last):
            raise refuse(f"Parameter '{name}' is out of allowed range from {first} to {last}")
        return read


def refuse(reason: str, status: int = 400) -> Refusal:
    """Refuse in the provider's form."""
    return Refusal(Answer({"error": True, "reason": reason}, status))


def read_query(asked: Asked) -> Query:
    """Read a question, from the address or from the body, which may be a form or JSON.

    Parameters
    ----------
    asked:
        The question.

    Returns
    -------
    :
        What is asked; its period is read place by place.
    """
    parameters = {**asked.query, **_in_body(asked.body)}
    _refuse_what_is_not_told(parameters)
    series = tuple(_series(name) for name in _listed(parameters, "hourly"))
    units = {quantity: _unit(parameters, quantity) for quantity in _UNITS}
    in_unixtime = _is_in_unixtime(parameters)
    return Query(_places(parameters), series, units, in_unixtime, parameters)


def _refuse_what_is_not_told(parameters: Mapping[str, Sequence[str]]) -> None:
    for name in _NOT_SERVED:
        if _listed(parameters, name):
            raise refuse(f"This simulator tells hourly weather alone: leave out '{name}'")


def _is_in_unixtime(parameters: Mapping[str, Sequence[str]]) -> bool:
    time_format = _one(parameters, "timeformat") or "iso8601"
    if time_format not in {"iso8601", "unixtime"}:
        raise _unknown("Timeformat", time_format, "timeformat")
    return time_format == "unixtime"


def _in_body(body: object) -> dict[str, list[str]]:
    return {
        str(name): [str(value) for value in (values if isinstance(values, list) else [values])]
        for name, values in mapping(body).items()
        if values is not None
    }


def _listed(parameters: Mapping[str, Sequence[str]], name: str) -> list[str]:
    values = [part.strip() for value in parameters.get(name, ()) for part in value.split(",")]
    return [value for value in values if value]


def _one(parameters: Mapping[str, Sequence[str]], name: str) -> str | None:
    return next(iter(_listed(parameters, name)), None)


def _series(name: str) -> Series:
    series = series_named(name)
    if series is None:
        raise _unknown("WeatherVariable", name, "hourly")
    return series


def _unit(parameters: Mapping[str, Sequence[str]], quantity: str) -> Unit:
    name, kind = _UNITS[quantity]
    known = CHOSEN[quantity]
    chosen = _one(parameters, name) or next(iter(known))
    if chosen not in known:
        raise _unknown(kind, chosen, name)
    return known[chosen]


def _unknown(kind: str, value: str, key: str) -> Refusal:
    return refuse(f"Cannot initialize {kind} from invalid String value {value} for key {key}")


def _places(parameters: Mapping[str, Sequence[str]]) -> tuple[Place, ...]:
    latitudes = _degrees(parameters, "latitude", 90)
    longitudes = _degrees(parameters, "longitude", 180)
    if len(latitudes) != len(longitudes):
        raise refuse("Parameter 'latitude' and 'longitude' must have the same number of elements")
    if len(latitudes) > MOST_PLACES:
        raise refuse(f"Only up to {MOST_PLACES} locations can be requested at once")
    zones = _listed(parameters, "timezone") or ["GMT"]
    if len(zones) not in {1, len(latitudes)}:
        raise refuse("Parameter 'timezone' must have the same number of elements as coordinates")
    zones = zones * len(latitudes) if len(zones) == 1 else zones
    pairs = zip(latitudes, longitudes, zones, strict=True)
    return tuple(Place(north, east, _zone(zone, north, east)) for north, east, zone in pairs)


def _degrees(parameters: Mapping[str, Sequence[str]], name: str, bound: int) -> list[float]:
    values = _listed(parameters, name)
    if not values:
        raise refuse(f"Parameter '{name}' is required")
    read = [_number(name, value, float) for value in values]
    for value in read:
        if not -bound <= value <= bound:
            raise refuse(
                f"{name.capitalize()} must be in range of -{bound} to {bound}°. Given: {value}."
            )
    return read


def _zone(name: str, latitude: float, longitude: float) -> str:
    if name == "auto":
        return time_zone_at(latitude, longitude)
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):  # No such zone, no name of one, a folder of zones.
        raise refuse("Invalid timezone") from None


def _whole(
    parameters: Mapping[str, Sequence[str]], name: str, default: int | None, most: int
) -> int | None:
    value = _one(parameters, name)
    if value is None:
        return default
    read = _number(name, value, int)
    if not 0 <= read <= most:
        words = name.replace("_", " ").capitalize()
        raise refuse(f"{words} is invalid. Allowed range 0 to {most}. Given {read}.")
    return read


def _number(name: str, value: str, parse: Callable[[str], Read]) -> Read:
    try:
        return parse(value)
    except ValueError:
        reason = f"Value was not of type '{parse.__name__.capitalize()}' at path '{name}'"
        raise refuse(f"Data corrupted at path '{name}'. {reason}.") from None
