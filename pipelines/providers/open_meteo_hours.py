"""Turns the hourly arrays of one place into weather by hour, in our units, blanking what is odd."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pipelines.providers.open_meteo_variables import Series, conversion, series_named
from pipelines.providers.weather_frames import range_broken
from pipelines.providers.weather_payload import Refusals, is_missing, number, raw_text, sequence

HOUR: Final = timedelta(hours=1)

Hours = dict[datetime, dict[str, float]]
"""Weather by the hour it is about; an hour of which nothing is said is not in it."""
Run = tuple[str | None, int]
"""A model, None for the best, and how many days before the hour it said so; 0 for now."""


@dataclass(frozen=True)
class HourlyArrays:
    """The hourly arrays of one place, and when each of their values is."""

    line: int
    airport: str
    arrays: Mapping[str, Any]
    units: Mapping[str, Any]
    times: Sequence[datetime | None]

    def read(self, corrected: Refusals) -> dict[Run, Hours]:
        """Turn the arrays into weather by run and hour; odd values are listed and left out."""
        said: dict[Run, Hours] = {}
        for name, values in self.arrays.items():
            series = series_named(name)
            if series is None or is_missing(values):
                continue
            hours = said.setdefault((series.model, series.previous_day), defaultdict(dict))
            reason = self._unusable(name, series, sequence(values))
            if reason is None:
                self._fill(hours, name, series, values, corrected)
            else:
                raw = self._raw(name, values)
                corrected.add(self.line, raw, series.variable.column, f"{reason}: none was taken")
        return said

    def _unusable(self, name: str, series: Series, values: Sequence[Any]) -> str | None:
        """Say why no value of an array can be used."""
        if len(values) != len(self.times):
            return f"has {len(values)} values for {len(self.times)} hours"
        unit = self.units.get(name)
        says_something = not all(is_missing(value) for value in values)
        if says_something and conversion(series.variable.quantity, unit) is None:
            words = "no unit" if is_missing(unit) else f"{raw_text(unit)}, a unit we do not know"
            return f"is in {words}"
        return None

    def _fill(
        self,
        hours: Hours,
        name: str,
        series: Series,
        values: Sequence[Any],
        corrected: Refusals,
    ) -> None:
        variable, known = series.variable, set(self.times)
        back = HOUR if variable.is_of_preceding_hour else timedelta(0)
        for time, value in zip(self.times, values, strict=True):
            if time is None or time - back not in known or is_missing(value):
                continue
            metric = self._metric(name, series, value)
            wrong = "is not a number" if metric is None else range_broken(variable.column, metric)
            if metric is None or wrong:
                raw = self._raw(name, value) | {"time": time.isoformat()}
                corrected.add(self.line, raw, variable.column, f"{wrong}: the value was blanked")
            else:
                hours[time - back].setdefault(variable.column, metric)

    def _metric(self, name: str, series: Series, value: object) -> float | None:
        read, converted = number(value), conversion(series.variable.quantity, self.units.get(name))
        if read is None or converted is None:
            return None
        factor, offset = converted
        return read * factor + offset

    def _raw(self, name: str, value: object) -> dict[str, Any]:
        return {
            "airport": self.airport,
            "variable": name,
            "unit": self.units.get(name),
            "value": value,
        }
