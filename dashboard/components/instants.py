"""Instants as people read them: always with a zone, and how far off they are."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

DESK_ZONE = "America/New_York"
SOON = timedelta(minutes=1)
DAY_MINUTES = 24 * 60


def clock_time(at: datetime, time_zone: str) -> str:
    """Write the wall-clock time with its zone: 06:15 EST."""
    return at.astimezone(ZoneInfo(time_zone)).strftime("%H:%M %Z")


def day_and_time(at: datetime, time_zone: str) -> str:
    """Write weekday, date and time with the zone: Tue 10 Dec 06:15 EST."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def long_date(at: datetime, time_zone: str) -> str:
    """Write a local date with its year, for what may be long ago: 31 Dec 2012."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%b %Y}"


def wall_clock(at: datetime, time_zone: str) -> datetime:
    """Give the naive local time that a chart's axis shows as it stands."""
    return at.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)


def zone_name(at: datetime, time_zone: str) -> str:
    """Name a zone as it stands at an instant: EST (New York)."""
    city = time_zone.rsplit("/", maxsplit=1)[-1].replace("_", " ")
    return f"{at.astimezone(ZoneInfo(time_zone)):%Z} ({city})"


def span(length: timedelta) -> str:
    """Write a length of time in its two largest units: 2 h 05 min."""
    minutes = int(abs(length).total_seconds() // 60)
    if minutes >= DAY_MINUTES:
        return f"{minutes // DAY_MINUTES} d {minutes % DAY_MINUTES // 60} h"
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes else "under 1 min"


def countdown(to: datetime, now: datetime) -> str:
    """Say how far off an instant is: in 15 min, now, or 20 min ago."""
    left = to - now
    if abs(left) < SOON:
        return "now"
    return f"in {span(left)}" if left > timedelta() else f"{span(left)} ago"


def ago(length: timedelta) -> str:
    """Say how long ago something was, to the second where it is that recent: 4 s ago."""
    if length < SOON:
        return f"{max(0, int(length.total_seconds()))} s ago"
    return f"{span(length)} ago"
