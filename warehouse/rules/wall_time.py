"""Local wall times and the instants they stand for, also on the days when clocks change."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warehouse.errors import WallTimeRefused

WRITTEN = "%Y-%m-%d %H:%M"
"""How a wall time is kept and typed: 2013-12-10 06:00."""
LONGEST_SHIFT = timedelta(hours=36)


class Occurrence(StrEnum):
    """Which of the two is meant where clocks go back and show a time twice."""

    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time beside the wall times that its two ends show in a zone."""

    starts_at: datetime
    ends_at: datetime
    time_zone: str

    @property
    def starts_local(self) -> str:
        """What the zone's clocks show when it starts."""
        return written(self.starts_at, self.time_zone)

    @property
    def ends_local(self) -> str:
        """What they show when it is over."""
        return written(self.ends_at, self.time_zone)

    @property
    def words(self) -> str:
        """The window as people read it, both ends with their zone."""
        return range_words(self.starts_at, self.ends_at, self.time_zone)


def zone_named(time_zone: str) -> ZoneInfo:
    """Give the zone of an IANA name, or refuse a name nobody knows."""
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise WallTimeRefused(
            f"{time_zone or 'An empty name'} is no time zone: write its IANA name, such as "
            "America/New_York or Europe/Paris."
        ) from unknown


def read_wall_time(text: str) -> datetime:
    """Read a wall time as it is typed: 2013-12-10 06:00, or with a T between."""
    try:
        return datetime.strptime(text.strip().replace("T", " "), WRITTEN)  # noqa: DTZ007 - a wall time has no zone
    except ValueError as unreadable:
        raise WallTimeRefused(
            f"{text!r} is no local time: write it as 2013-12-10 06:00."
        ) from unreadable


def instant_of(wall: datetime, time_zone: str, occurrence: Occurrence | None = None) -> datetime:
    """Give the instant at which a zone's clocks show a wall time.

    Parameters
    ----------
    wall:
        Local date and time, without a zone.
    time_zone:
        IANA name.
    occurrence:
        Which one is meant where clocks go back and show it twice; anywhere else it does not matter.

    Returns
    -------
    :
        The instant, UTC.

    Raises
    ------
    WallTimeRefused
        Clocks never show this time, or show it twice and nobody said which is meant.
    """
    first, second = _candidates(wall, zone_named(time_zone))
    if _is_skipped(wall, first, time_zone):
        raise WallTimeRefused(
            f"{wall:{WRITTEN}} does not exist in {time_zone}: clocks go forward over it. "
            f"Choose {written(first, time_zone)} or later, or a time before the change."
        )
    if first != second and occurrence is None:
        raise WallTimeRefused(
            f"{wall:{WRITTEN}} comes twice in {time_zone}, since clocks go back: first at "
            f"{_zoned(first, time_zone)} ({first:%H:%M} UTC), then at "
            f"{_zoned(second, time_zone)} ({second:%H:%M} UTC). Say whether the first or the "
            "second is meant."
        )
    return second if occurrence is Occurrence.SECOND else first


def nearest_instant_of(wall: datetime, time_zone: str) -> tuple[datetime, str | None]:
    """Give an instant for any wall time of a series, and what had to be decided about it.

    Parameters
    ----------
    wall:
        Local date and time, without a zone.
    time_zone:
        IANA name.

    Returns
    -------
    :
        The instant, UTC, and None; or, where clocks change, words: a time that is skipped becomes
        as much later as clocks go forward, and of a time that comes twice the first is taken.
    """
    first, second = _candidates(wall, zone_named(time_zone))
    if _is_skipped(wall, first, time_zone):
        taken = written(first, time_zone)
        return first, f"{wall:{WRITTEN}} does not exist in {time_zone}; {taken} is taken instead."
    if first != second:
        return first, f"{wall:{WRITTEN}} comes twice in {time_zone}; the first is taken."
    return first, None


def window_of(
    starts: datetime,
    ends: datetime,
    time_zone: str,
    *,
    starts_occurrence: Occurrence | None = None,
    ends_occurrence: Occurrence | None = None,
) -> Window:
    """Give the window between two wall times of a zone.

    Parameters
    ----------
    starts:
        Local date and time of its start.
    ends:
        Local date and time of its end, which is not part of it.
    time_zone:
        IANA name.
    starts_occurrence:
        Which start is meant where clocks show it twice.
    ends_occurrence:
        Which end is meant where clocks show it twice.

    Returns
    -------
    :
        Half-open, in UTC. From 22:00 to 06:00 over a spring change it is seven hours long.

    Raises
    ------
    WallTimeRefused
        An end is skipped or comes twice, it ends before it starts, or it is over 36 hours long.
    """
    window = Window(
        instant_of(starts, time_zone, starts_occurrence),
        instant_of(ends, time_zone, ends_occurrence),
        time_zone,
    )
    return checked(window)


def checked(window: Window) -> Window:
    """Refuse a window that is empty, runs backwards or is longer than anybody works."""
    length = window.ends_at - window.starts_at
    if length <= timedelta():
        raise WallTimeRefused(
            f"The shift would end at {window.ends_local} and start at {window.starts_local}: "
            "let it end after it starts, on the next day if it is a night shift."
        )
    if length > LONGEST_SHIFT:
        hours = LONGEST_SHIFT.total_seconds() / 3600
        raise WallTimeRefused(
            f"The shift would be {length.total_seconds() / 3600:.0f} hours long; at most "
            f"{hours:.0f} are allowed. Draw a shift for each person who takes a part of it."
        )
    return window


def written(at: datetime, time_zone: str) -> str:
    """Write what a zone's clocks show at an instant, as it is kept."""
    return at.astimezone(zone_named(time_zone)).strftime(WRITTEN)


def range_words(starts_at: datetime, ends_at: datetime, time_zone: str) -> str:
    """Write a stretch of time in a zone: Tue 10 Dec 22:00 EST to Wed 11 Dec 06:00 EST."""
    zone = zone_named(time_zone)
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    day = f"{starts:%a} {starts.day} {starts:%b}"
    if starts.date() == ends.date() and starts.tzname() == ends.tzname():
        return f"{day} {starts:%H:%M} to {ends:%H:%M %Z}"
    return f"{day} {starts:%H:%M %Z} to {ends:%a} {ends.day} {ends:%b} {ends:%H:%M %Z}"


def _candidates(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    # Of a skipped time, the reading by the clocks before the change is the later instant.
    return first, second


def _is_skipped(wall: datetime, first: datetime, time_zone: str) -> bool:
    return first.astimezone(zone_named(time_zone)).replace(tzinfo=None) != wall


def _zoned(at: datetime, time_zone: str) -> str:
    return at.astimezone(zone_named(time_zone)).strftime("%H:%M %Z")
