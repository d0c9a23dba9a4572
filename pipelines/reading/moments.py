"""Times as documents write them, and the instants they mean."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from pipelines.reading.errors import Unusable
from pipelines.reading.values import said, text_of

EARLIEST_YEAR: Final = 1950
LATEST_YEAR: Final = 2199
_ALMOST_ISO: Final = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)"
    r"(?:\s*T?\s*(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d*)?)?"
    r"\s*(?P<offset>Z|[+-]\d\d?(?::?\d\d)?)?)?",
    re.IGNORECASE,
)
_YEAR_LAST: Final = re.compile(r"(\d\d?)[-/.](\d\d?)[-/.](\d{4})(.*)")
_ZONE_BEHIND: Final = re.compile(r"\[([A-Za-z]\w*(?:/[\w+-]+)*)\]$")
"""As Java writes times: `2027-03-04T20:15-08:00[America/Los_Angeles]`."""
_OFFSET: Final = re.compile(r"([+-])(\d\d?):?(\d\d)?")


@dataclass(frozen=True)
class Moment:
    """A time as written: a day, perhaps a time of day, perhaps where its clock hangs."""

    on: date
    clock: time | None = None
    zone: tzinfo | None = None


def read_moment(value: object, column_name: str, *, is_month_first: bool = False) -> Moment | None:
    """Read a time.

    Parameters
    ----------
    value:
        ISO 8601 or nearly so, or KItinerary's object of a time and its zone.
    column_name:
        What the time is for, should it be refused.
    is_month_first:
        Whether the writer is known for writing 02-04-2018 for the 4th of February.

    Returns
    -------
    :
        What is written; None if nothing is.

    Raises
    ------
    Unusable
        It is no time, or may be either of two.
    """
    text = text_of(said(value, "@value") or value)
    if text is None:
        return None
    named = _ZONE_BEHIND.search(text)
    text = text.removesuffix(named[0]) if named else text
    moment = _read_text(text, column_name, is_month_first)
    if not EARLIEST_YEAR <= moment.on.year <= LATEST_YEAR:
        raise Unusable(
            column_name, f"The year of {text} cannot be right: ask the sender for the true time."
        )
    zone = zone_named(named[1] if named else text_of(said(value, "timezone")))
    return moment if moment.zone is not None else Moment(moment.on, moment.clock, zone)


def instant_of(moment: Moment, zone: tzinfo | None, column_name: str) -> datetime:
    """Say which instant a time means.

    Parameters
    ----------
    moment:
        The time as written.
    zone:
        Where its clock hangs if it does not say so itself; None if nobody knows.
    column_name:
        What the time is for, should it be refused.

    Returns
    -------
    :
        In UTC. Of the two instants of an hour that clocks go through twice, the first.

    Raises
    ------
    Unusable
        There is no time of day, no zone, or no such time on that day.
    """
    if moment.clock is None:
        raise Unusable(
            column_name,
            f"Only the day {moment.on} is given: ask the sender for the time of day.",
        )
    local, zone = datetime.combine(moment.on, moment.clock), moment.zone or zone
    if zone is None:
        raise Unusable(
            column_name,
            f"The time {local} has no offset and its place is not known: ask for the offset.",
        )
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local:
        raise Unusable(
            column_name,
            f"Clocks in {zone} are put forward over {local}: ask the sender for the true time.",
        )
    return instant


def local_day_of(moment: Moment, instant: datetime, zone: tzinfo | None) -> date:
    """Tell the day of an instant where it happens; as written, if nobody knows where that is."""
    return instant.astimezone(zone).date() if zone is not None else moment.on


def stamp_of(value: object) -> datetime | None:
    """Read when something was said, in UTC if no zone is given; None if that cannot be read."""
    # Only the order of stamps matters, and no trip is worth losing for one.
    try:
        moment = read_moment(value, "stamp")
        if moment is None:
            return None
        return instant_of(Moment(moment.on, moment.clock or time(), moment.zone), UTC, "stamp")
    except Unusable:
        return None


def zone_named(name: str | None) -> ZoneInfo | None:
    """Give a zone by its IANA name; None if there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        # ZoneInfoNotFoundError is a KeyError; a name such as a folder's is an OSError.
        return None


def _read_text(text: str, column_name: str, is_month_first: bool) -> Moment:
    try:
        return _read_iso(_year_first(text, column_name, is_month_first))
    except ValueError as error:
        raise Unusable(
            column_name, f'"{text[:60]}" is no time: ask the sender for one as 2027-03-04T20:15.'
        ) from error


def _read_iso(text: str) -> Moment:
    with suppress(ValueError):
        return Moment(date.fromisoformat(text))
    with suppress(ValueError):
        stamp = datetime.fromisoformat(text)
        return Moment(stamp.date(), stamp.time(), stamp.tzinfo)
    found = _ALMOST_ISO.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    if found["hour"] is None:
        return Moment(day)
    clock = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    return Moment(day, clock, _offset(found["offset"]))


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    found = _OFFSET.fullmatch(text)
    if found is None:
        return UTC
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-ahead if found[1] == "-" else ahead)


def _year_first(text: str, column_name: str, is_month_first: bool) -> str:
    """Turn 02-04-2018 round, if it can only be one day."""
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        return text
    first, second, rest = int(found[1]), int(found[2]), found[4]
    if first != second and max(first, second) <= 12 and not is_month_first:
        raise Unusable(
            column_name,
            f'"{text[:60]}" may be one of two days: ask the sender for it with the year first.',
        )
    is_second_day = first <= 12 and (second > 12 or is_month_first)
    month, day = (first, second) if is_second_day else (second, first)
    return f"{found[3]}-{month}-{day}{rest}"
