"""Turns a wall-clock reading into an instant: midnight, 2400 and daylight saving included."""

from typing import Literal

import pandas as pd

MINUTES_PER_DAY = 1440


def minutes_of_day(hhmm: "pd.Series[float]") -> "pd.Series[float]":
    """Read clock numbers such as 517 or 2400 as minutes after midnight; 2400 is midnight."""
    return (hhmm // 100 * 60 + hhmm % 100) % MINUTES_PER_DAY


def is_clock_time(hhmm: "pd.Series[float]") -> "pd.Series[bool]":
    """Say which numbers can be read on a clock, 0 to 2400 with minutes below 60."""
    return hhmm.between(0, 2400) & (hhmm % 100 < 60)


def nearest_instant(
    hhmm: "pd.Series[float]", time_zone: "pd.Series[str]", expected_at: "pd.Series[pd.Timestamp]"
) -> "pd.Series[pd.Timestamp]":
    """Find the instant, nearest to the expected one, at which local clocks showed `hhmm`.

    The day follows from the expectation, so a reading just after midnight falls on the
    next day. Of an hour that clocks show twice, the nearer one is taken; a reading in the
    hour that clocks skip comes from a clock not yet put forward.

    Returns
    -------
    :
        UTC instants; NaT where there is no reading or nothing to expect.
    """
    found = pd.Series(pd.NaT, index=hhmm.index, dtype="datetime64[us, UTC]")
    known = hhmm.notna() & expected_at.notna()
    for zone, rows in time_zone[known].groupby(time_zone[known]).groups.items():
        found.loc[rows] = _nearest_in_zone(hhmm.loc[rows], str(zone), expected_at.loc[rows])
    return found


def _nearest_in_zone(
    hhmm: "pd.Series[float]", zone: str, expected_at: "pd.Series[pd.Timestamp]"
) -> "pd.Series[pd.Timestamp]":
    local = expected_at.dt.tz_convert(zone).dt.tz_localize(None)
    shown = local.dt.hour * 60 + local.dt.minute
    half_day = MINUTES_PER_DAY // 2
    ahead = (minutes_of_day(hhmm) - shown + half_day) % MINUTES_PER_DAY - half_day
    wall = local.dt.floor("min") + pd.to_timedelta(ahead, unit="min")
    summer, winter = _as_instant(wall, zone, fold="summer"), _as_instant(wall, zone, fold="winter")
    return summer.where((summer - expected_at).abs() <= (winter - expected_at).abs(), winter)


def _as_instant(
    wall: "pd.Series[pd.Timestamp]", zone: str, *, fold: Literal["summer", "winter"]
) -> "pd.Series[pd.Timestamp]":
    is_summer = pd.Series(fold == "summer", index=wall.index).to_numpy()
    local = wall.dt.tz_localize(zone, ambiguous=is_summer, nonexistent=pd.Timedelta(hours=1))
    return local.dt.tz_convert("UTC")


def to_local(
    instants: "pd.Series[pd.Timestamp]", time_zone: "pd.Series[str]"
) -> "pd.Series[pd.Timestamp]":
    """Give what clocks show at each instant, without zone."""
    local = pd.Series(pd.NaT, index=instants.index, dtype="datetime64[us]")
    for zone, rows in time_zone.groupby(time_zone).groups.items():
        local.loc[rows] = instants.loc[rows].dt.tz_convert(str(zone)).dt.tz_localize(None)
    return local


def from_local(
    local: "pd.Series[pd.Timestamp]", time_zone: "pd.Series[str]"
) -> "pd.Series[pd.Timestamp]":
    """Give the instant of what clocks show; of an hour shown twice, the first."""
    instants = pd.Series(pd.NaT, index=local.index, dtype="datetime64[us, UTC]")
    for zone, rows in time_zone.groupby(time_zone).groups.items():
        instants.loc[rows] = _as_instant(local.loc[rows], str(zone), fold="summer")
    return instants
