"""Hours and days in UTC: the replay's end with its data, the live ones include the running one.

Dagster's time windows follow the wall clock, which is years past the embedded data; so the
replay's partitions are all of the past, and a sensor requests those its clock has reached.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from pipelines.settings import Profile, read_settings

HISTORY_STARTS_AT = datetime(2013, 1, 1, tzinfo=UTC)
"""First instant of the embedded data."""
HISTORY_ENDS_AT = datetime(2014, 1, 3, tzinfo=UTC)
"""Exclusive: the last flights of 2013, in New York's time, have landed by then."""
LIVE_STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)

SINGLE_RUN = dg.BackfillPolicy.single_run()
"""For set-based assets: a backfill of any range is one run and one write."""

_HOUR_FORMAT = "%Y-%m-%d-%H:%M"
_DAY_FORMAT = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class Window:
    """The instants from `start` until before `end`, UTC."""

    start: datetime
    end: datetime


def hourly(profile: Profile) -> dg.HourlyPartitionsDefinition:
    """Give the hours of a profile."""
    if profile is Profile.LIVE:
        return dg.HourlyPartitionsDefinition(start_date=LIVE_STARTS_AT, end_offset=1)
    return dg.HourlyPartitionsDefinition(start_date=HISTORY_STARTS_AT, end_date=HISTORY_ENDS_AT)


def daily(profile: Profile) -> dg.DailyPartitionsDefinition:
    """Give the days of a profile."""
    if profile is Profile.LIVE:
        return dg.DailyPartitionsDefinition(start_date=LIVE_STARTS_AT, end_offset=1)
    return dg.DailyPartitionsDefinition(start_date=HISTORY_STARTS_AT, end_date=HISTORY_ENDS_AT)


def window_of(context: dg.AssetExecutionContext) -> Window:
    """Give the instants a run is about: one partition, or the whole range of a backfill."""
    partitions = context.assets_def.partitions_def
    if not isinstance(partitions, dg.TimeWindowPartitionsDefinition):
        raise TypeError(f"{context.asset_key.to_user_string()} is not partitioned by time")
    keys = context.partition_key_range
    first = partitions.time_window_for_partition_key(keys.start)
    last = partitions.time_window_for_partition_key(keys.end)
    return Window(first.start.astimezone(UTC), last.end.astimezone(UTC))


def is_partitioned(context: dg.AssetExecutionContext) -> bool:
    """Tell whether a run is about a partition, or a range of them."""
    return bool(context.has_partition_key or context.has_partition_key_range)


def partition_words(context: dg.AssetExecutionContext) -> str:
    """Name the partition or range of a run."""
    keys = context.partition_key_range
    return keys.start if keys.start == keys.end else f"{keys.start}...{keys.end}"


def hour_key(at: datetime) -> str:
    """Name the hourly partition that holds an instant."""
    return at.astimezone(UTC).replace(minute=0).strftime(_HOUR_FORMAT)


def day_key(at: datetime) -> str:
    """Name the daily partition that holds an instant."""
    return at.astimezone(UTC).strftime(_DAY_FORMAT)


def last_complete_hour_key(at: datetime) -> str:
    """Name the newest hourly partition that is over at an instant."""
    return hour_key(at - timedelta(hours=1))


PROFILE = read_settings().profile
HOURLY = hourly(PROFILE)
DAILY = daily(PROFILE)
