"""Reads an answer of Open-Meteo: hourly values in any of its units become our weather rows.

A row of ours is about the hour that begins at its time. What Open-Meteo gives at a time as of that
moment (temperature, dew point, humidity, wind, pressure, visibility) is the value at which the hour
begins. What it gives at a time for the hour before (precipitation, gusts) belongs to the row of the
hour that ends then, so that a row's rain falls within its own hour; the last row has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.open_meteo_hours import HOUR, HourlyArrays, Hours, Run
from pipelines.providers.places import Place
from pipelines.providers.weather_frames import forecasts_frame, observations_frame
from pipelines.providers.weather_payload import (
    Refusals,
    instant,
    mapping,
    number,
    one_line,
    raw_text,
    sequence,
)

SOURCE: Final = "open-meteo"
PREVIOUS_RUNS_SOURCE: Final = "open-meteo previous runs"
_FURTHEST_OFFSET_SECONDS: Final = 18 * 3600


@dataclass(frozen=True)
class OpenMeteoWeather:
    """What was given, and what of it could not be used."""

    forecasts: pd.DataFrame
    observations: pd.DataFrame
    rejected: pd.DataFrame
    """Places and hours that were refused; `line` is where the place stood in the question."""
    corrected: pd.DataFrame
    """Values that were blanked in rows that are kept."""
    dropped_variables: tuple[str, ...] = ()
    """Variables the provider no longer knows, so that their columns are empty."""


def read_weather(
    payload: object,
    places: Sequence[Place],
    *,
    at: datetime,
    observed_since: datetime | None = None,
) -> OpenMeteoWeather:
    """Read the weather of places from one answer.

    An hour that begins at or after the instant is a forecast issued then. An hour that is over is
    handed over as an observation known then: it is the models' analysis, not a measurement. The
    hour that runs at the instant is neither. Values of earlier days (`_previous_day1` to 7) of
    hours that have begun are forecasts issued that many times 24 h before; a row takes its rain
    and gusts from the hour's end, so these were issued up to an hour later than the row says.
    An hour of which nothing is said gives no row.

    Parameters
    ----------
    payload:
        The JSON of the answer: an object for one place, an array in the places' order for more.
    places:
        The places that were asked for.
    at:
        When they were asked for.
    observed_since:
        Leave out observations of hours that were over by then. Give the instant of the answer
        before, or every answer claims its hours anew as known only now.

    Returns
    -------
    :
        Forecasts and observations; those of models asked for by name carry it in their source.

    Raises
    ------
    ProviderRefused
        The answer is an error.
    ProviderBusy
        The answer is not about exactly these places, so that nobody can tell whose weather it is.
    """
    reading = _Reading(at, observed_since)
    answers = _answers(payload, len(places))
    for position, (place, answer) in enumerate(zip(places, answers, strict=True), start=1):
        reading.take(place.line or position, place, answer)
    return reading.result()


def together(parts: Sequence[OpenMeteoWeather]) -> OpenMeteoWeather:
    """Put what several answers gave under one another; at least one part is needed."""

    def joined(name: str) -> pd.DataFrame:
        frames: list[pd.DataFrame] = [getattr(part, name) for part in parts]
        return pd.concat(frames, ignore_index=True)

    return OpenMeteoWeather(
        forecasts=joined("forecasts"),
        observations=joined("observations"),
        rejected=joined("rejected"),
        corrected=joined("corrected"),
    )


@dataclass
class _Reading:
    """Gathers the rows of one answer."""

    at: datetime
    observed_since: datetime | None
    forecasts: list[dict[str, Any]] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    rejected: Refusals = field(default_factory=Refusals)
    corrected: Refusals = field(default_factory=Refusals)

    def take(self, line: int, place: Place, answer: object) -> None:
        whole = mapping(answer)
        hourly = mapping(whole.get("hourly"))
        offset = number(whole.get("utc_offset_seconds") or 0)
        if not sequence(hourly.get("time")):
            reason = one_line(whole.get("reason")) or "has no hourly weather: ask for some"
            self._reject(line, place, answer, "hourly", reason)
        elif offset is None or abs(offset) > _FURTHEST_OFFSET_SECONDS:
            wrong = "is no offset from UTC, so its hours have no place in time"
            self._reject(line, place, answer, "utc_offset_seconds", wrong)
        else:
            times = self._times(line, place, hourly, timedelta(seconds=offset))
            units = mapping(whole.get("hourly_units"))
            arrays = HourlyArrays(line, place.airport, hourly, units, times)
            said = arrays.read(self.corrected)
            if not said:
                self._reject(line, place, answer, "hourly", "has no variable that fills a column")
            self._hand_over(place.airport, said)

    def result(self) -> OpenMeteoWeather:
        return OpenMeteoWeather(
            forecasts_frame(self.forecasts),
            observations_frame(self.observations),
            self.rejected.frame(),
            self.corrected.frame(),
        )

    def _reject(self, line: int, place: Place, answer: object, column: str, reason: str) -> None:
        self.rejected.add(line, {"airport": place.airport, "answer": answer}, column, reason)

    def _times(
        self, line: int, place: Place, hourly: Mapping[str, Any], offset: timedelta
    ) -> list[datetime | None]:
        """Place the hours in time; one that cannot be placed is refused with all it says."""
        times = [instant(time, offset=offset) for time in hourly["time"]]
        seen = set[datetime]()
        for index, time in enumerate(times):
            if time is not None and time not in seen:
                seen.add(time)
                continue
            said = {name: sequence(all_said)[index:][:1] for name, all_said in hourly.items()}
            raw = {"airport": place.airport, "hour": said}
            reason = "is not an instant" if time is None else "comes twice: the first was taken"
            self.rejected.add(line, raw, "time", reason)
            times[index] = None
        return times

    def _hand_over(self, airport: str, said: Mapping[Run, Hours]) -> None:
        analysed = next((model for model, day in said if day == 0), None)
        for (model, day), hours in said.items():
            for hour, weather in sorted(hours.items()):
                row = {"airport": airport} | weather
                if day or hour >= self.at:
                    self._forecast(row, model, day, hour)
                elif model == analysed:
                    self._observe(row, hour)

    def _forecast(self, row: dict[str, Any], model: str | None, day: int, hour: datetime) -> None:
        source = PREVIOUS_RUNS_SOURCE if day else SOURCE
        issued_at = hour - day * timedelta(hours=24) if day else self.at
        # Of an hour still to come nobody can say how long before it an earlier run forecast it.
        if not day or hour <= self.at:
            key = {"source": _named(source, model), "valid_at": hour, "issued_at": issued_at}
            self.forecasts.append(row | key)

    def _observe(self, row: dict[str, Any], hour: datetime) -> None:
        is_new = self.observed_since is None or hour + HOUR > self.observed_since
        if hour + HOUR <= self.at and is_new:
            self.observations.append(row | {"observed_at": hour, "known_at": self.at})


def _answers(payload: object, count: int) -> list[Any]:
    if isinstance(payload, Mapping) and payload.get("error"):
        raise ProviderRefused(SOURCE, one_line(payload.get("reason")) or raw_text(payload)[:300])
    if not isinstance(payload, Mapping | list):
        raise ProviderBusy(SOURCE, f"sent no weather but {raw_text(payload)[:100]}: ask again")
    answers = payload if isinstance(payload, list) else [payload]
    if len(answers) != count:
        half = f"sent {len(answers)} answers for {count} places, which may be half: ask again"
        raise ProviderBusy(SOURCE, half)
    for position, answer in enumerate(answers):
        stated = number(mapping(answer).get("location_id"))
        if count > 1 and stated is not None and stated != position:
            wrong = f"sent place {stated:g} where {position} was asked for: ask again"
            raise ProviderBusy(SOURCE, wrong)
    return answers


def _named(source: str, model: str | None) -> str:
    return source if model in {None, "best_match"} else f"{source} {model}"
