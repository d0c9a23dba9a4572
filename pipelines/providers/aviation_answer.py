"""Reads METAR and TAF as the Aviation Weather Center sends them, into words and observations."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd

from pipelines.providers.airport_codes import iata_by_icao
from pipelines.providers.aviation_decoding import FORECAST, Decoded, decode
from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.taf_words import Period, say_taf
from pipelines.providers.weather_frames import bulletins_frame, observations_frame
from pipelines.providers.weather_payload import (
    Refusals,
    instant,
    mapping,
    number,
    one_line,
    raw_text,
    sequence,
    text,
)
from pipelines.providers.weather_words import say

SOURCE: Final = "aviationweather"
METAR_STANDS_FOR: Final = timedelta(minutes=90)
"""Reports come every hour; one that is not followed up says little of now."""
_HOUR: Final = timedelta(hours=1)
_STATION: Final = re.compile(r"(?:(?:METAR|SPECI|TAF|AMD|COR)\s+)*([A-Z][A-Z0-9]{3})\b")
_TIME_GROUP: Final = re.compile(r"\b(?P<day>\d\d)(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)Z\b")
_NOTHING_SAID: Final = "No wind, visibility or cloud reported"
_NOTHING_FORECAST: Final = "No wind, visibility or cloud forecast"
_CANCELLED: Final = re.compile(r"\bCNL\b")
_CORRECTED: Final = re.compile(
    r"^(?:(?:METAR|SPECI)\s+)?(?:COR\b|\S+\s+\d{6}Z\s+(?:COR|CC[A-Z])\b)"
)


@dataclass(frozen=True)
class AviationReports:
    """Reports as bulletins, the measured ones as observations too, and what could not be used."""

    bulletins: pd.DataFrame
    observations: pd.DataFrame
    rejected: pd.DataFrame
    corrected: pd.DataFrame


def read_metars(payload: object, *, at: datetime) -> AviationReports:
    """Read METAR and SPECI.

    A report is an observation of the hour (UTC) it was made in, known when that hour is over or,
    if it came late, when it was received; an hour that is not over yet has none. Of several in an
    hour the last stands, which the warehouse sees to. A report made in the last minutes of an hour
    is about that hour, as is its rain, which it measures since the report of the hour before.

    Parameters
    ----------
    payload:
        The JSON of the answer; None if there was none. Stations without a report are not in it.
    at:
        When it was asked for.

    Returns
    -------
    :
        A bulletin per report, and an observation per report of an hour that is over.

    Raises
    ------
    ProviderRefused
        The answer is an error.
    ProviderBusy
        The answer is no list of reports.
    """
    reading = _Reading()
    # A correction names the minute of the report it corrects, and the last of the two stands.
    for line, report in sorted(enumerate(_reports(payload), start=1), key=_is_correction):
        reading.take_metar(line, report, at)
    return reading.result()


def read_tafs(payload: object) -> AviationReports:
    """Read aerodrome forecasts.

    Parameters
    ----------
    payload:
        The JSON of the answer; None if there was none.

    Returns
    -------
    :
        A bulletin per forecast, and no observations.

    Raises
    ------
    ProviderRefused
        The answer is an error.
    ProviderBusy
        The answer is no list of forecasts.
    """
    reading = _Reading()
    for line, report in enumerate(_reports(payload), start=1):
        reading.take_taf(line, report)
    return reading.result()


def together(parts: Sequence[AviationReports]) -> AviationReports:
    """Put what several answers gave under one another; at least one part is needed."""

    def joined(name: str) -> pd.DataFrame:
        frames: list[pd.DataFrame] = [getattr(part, name) for part in parts]
        return pd.concat(frames, ignore_index=True)

    return AviationReports(
        bulletins=joined("bulletins"),
        observations=joined("observations"),
        rejected=joined("rejected"),
        corrected=joined("corrected"),
    )


@dataclass
class _Reading:
    """Gathers the rows of one answer."""

    bulletins: list[dict[str, Any]] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    rejected: Refusals = field(default_factory=Refusals)
    corrected: Refusals = field(default_factory=Refusals)

    def take_metar(self, line: int, item: object, at: datetime) -> None:
        report, raw = mapping(item), one_line(mapping(item).get("rawOb"))
        station, observed_at = _station(report, raw), _observed_at(report, raw)
        airport = iata_by_icao().get(station or "")
        if airport is None or observed_at is None:
            self._reject(line, item, station, airport, "obsTime")
            return
        decoded = decode(report, self._note(line, station))
        self.bulletins.append({
            **_identity("metar", airport, station, observed_at),
            "valid_from": observed_at,
            "valid_until": observed_at + METAR_STANDS_FOR,
            "headline": say(decoded.conditions) or _NOTHING_SAID,
            "raw_text": raw or raw_text(item),
        })
        self._observe(report, airport, observed_at, decoded, at)

    def take_taf(self, line: int, item: object) -> None:
        report, raw = mapping(item), one_line(mapping(item).get("rawTAF"))
        station, issued_at = _station(report, raw), _issued_at(report)
        airport = iata_by_icao().get(station or "")
        if airport is None or issued_at is None:
            self._reject(line, item, station, airport, "issueTime")
            return
        valid_from = instant(report.get("validTimeFrom")) or issued_at
        valid_until = instant(report.get("validTimeTo"))
        if valid_until is not None and valid_until <= valid_from:
            self.rejected.add(line, item, "validTimeTo", "is not after validTimeFrom")
            return
        is_withdrawn = _CANCELLED.search(raw or "") is not None
        words = say_taf(_periods(report, self._note(line, station)))
        self.bulletins.append({
            **_identity("taf", airport, station, issued_at),
            "valid_from": valid_from,
            "valid_until": valid_until,
            "headline": "The forecast was withdrawn"
            if is_withdrawn
            else words or _NOTHING_FORECAST,
            "raw_text": raw or raw_text(item),
        })

    def result(self) -> AviationReports:
        observed = sorted(self.observations, key=lambda row: row.pop("made_at"))
        return AviationReports(
            bulletins_frame(self.bulletins),
            observations_frame(observed),
            self.rejected.frame(),
            self.corrected.frame(),
        )

    def _observe(
        self,
        report: Mapping[str, Any],
        airport: str,
        made_at: datetime,
        decoded: Decoded,
        at: datetime,
    ) -> None:
        hour = made_at.replace(minute=0, second=0, microsecond=0)
        if hour + _HOUR > at or not decoded.weather:
            return
        received_at = instant(report.get("receiptTime")) or hour
        known_at = min(max(hour + _HOUR, received_at), at)
        key = {"airport": airport, "observed_at": hour, "known_at": known_at, "made_at": made_at}
        self.observations.append(key | decoded.weather)

    def _reject(
        self, line: int, item: object, station: str | None, airport: str | None, time: str
    ) -> None:
        if station is None:
            self.rejected.add(line, item, "icaoId", "is missing: no station is named")
        elif airport is None:
            self.rejected.add(line, item, "icaoId", "is no airport with an IATA code")
        else:
            self.rejected.add(line, item, time, "is no instant")

    def _note(self, line: int, station: str | None) -> Callable[[str, object, str, str], None]:
        def note(name: str, value: object, column: str, reason: str) -> None:
            self.corrected.add(line, {"icaoId": station, name: value}, column, reason)

        return note


def _reports(payload: object) -> Sequence[Any]:
    if payload is None:
        return ()
    said = mapping(payload)
    if error := one_line(said.get("error")) or one_line(said.get("detail")):
        raise ProviderRefused(SOURCE, error)
    if not isinstance(payload, list):
        raise ProviderBusy(SOURCE, f"sent no reports but {raw_text(payload)[:100]}: ask again")
    return payload


def _is_correction(numbered: tuple[int, Any]) -> bool:
    raw = one_line(mapping(numbered[1]).get("rawOb"))
    return _CORRECTED.search(raw or "") is not None


def _identity(kind: str, airport: str, station: str | None, at: datetime) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "kind": kind,
        "airport": airport,
        "bulletin_ref": f"{kind}:{station}:{at:%Y%m%dT%H%MZ}",
        "issued_at": at,
        "severity": None,
    }


def _station(report: Mapping[str, Any], raw: str | None) -> str | None:
    stated = text(report.get("icaoId")) or text(report.get("stationId"))
    found = _STATION.match(raw or "")
    return (stated or (found[1] if found else "")).upper() or None


def _observed_at(report: Mapping[str, Any], raw: str | None) -> datetime | None:
    """Read when a report was made: `reportTime` alone is rounded to the hour."""
    about = instant(report.get("reportTime")) or instant(report.get("receiptTime"))
    return instant(report.get("obsTime")) or _from_time_group(raw, about) or about


def _from_time_group(raw: str | None, about: datetime | None) -> datetime | None:
    """Read the day, hour and minute a report begins with, which belong to the month it came in."""
    found = _TIME_GROUP.search(raw or "")
    if found is None or about is None:
        return None
    days = [about + timedelta(days=shift) for shift in (-1, 0, 1)]
    day = next((day for day in days if day.day == int(found["day"])), None)
    if day is None:
        return None
    return datetime(
        day.year, day.month, day.day, int(found["hour"]), int(found["minute"]), tzinfo=UTC
    )


def _issued_at(report: Mapping[str, Any]) -> datetime | None:
    names = ("issueTime", "bulletinTime", "dbPopTime")
    return next((read for name in names if (read := instant(report.get(name)))), None)


def _periods(
    report: Mapping[str, Any], note: Callable[[str, object, str, str], None]
) -> list[Period]:
    return [
        Period(
            conditions=decode(period, note, fields=FORECAST).conditions,
            begins_at=instant(period.get("timeFrom")),
            ends_at=instant(period.get("timeTo")),
            change=(text(period.get("fcstChange")) or "").upper() or None,
            probability_pct=number(period.get("probability")),
        )
        for period in map(mapping, sequence(report.get("fcsts")))
    ]
