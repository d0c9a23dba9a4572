"""The hours that the replayed instant has reached are refreshed, in order and once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg

from pipelines.alerting import REFRESHED_HOURS
from pipelines.conventions import Lane, lane_tags
from pipelines.jobs.refresh import refresh_hour
from pipelines.partitions import hour_key
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import FAILED, count_runs, is_in_flight
from pipelines.sensors.ticking import CALM_INTERVAL_SECONDS, ticking
from warehouse.queries.engine import find_latest_chapter

COMPONENT: Final = "replay_hour_reached"
JOB: Final = "refresh_hour"
MOST_ATTEMPTS: Final = 3
HOUR: Final = timedelta(hours=1)
_KEY_FORMAT: Final = "%Y-%m-%d-%H:%M"


def list_reached_hours(warehouse: Warehouse) -> list[str]:
    """List the hours that are over and were not refreshed, by partition key, in order."""
    with ticking(warehouse, COMPONENT, every_seconds=CALM_INTERVAL_SECONDS) as tick:
        latest = find_latest_chapter(tick.session, REFRESHED_HOURS)
    return list(hours_after(latest, tick.at))


def hours_after(latest: str | None, at: datetime) -> Iterator[str]:
    """Name the hours after the latest refreshed one that are over; the last one if none ever was.

    Parameters
    ----------
    latest:
        Partition key of the latest hour that was refreshed.
    at:
        The desk's instant, UTC.

    Yields
    ------
    :
        Partition keys.
    """
    last = at.replace(minute=0, second=0, microsecond=0) - HOUR
    hour = last if latest is None else instant_of(latest) + HOUR
    while hour <= last:
        yield hour_key(hour)
        hour += HOUR


def instant_of(key: str) -> datetime:
    """Give the beginning of an hourly partition."""
    return datetime.strptime(key, _KEY_FORMAT).replace(tzinfo=UTC)


@dg.sensor(
    name=COMPONENT,
    job=refresh_hour,
    minimum_interval_seconds=CALM_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Refreshes each hour that the replayed clock has passed, one after the other.",
)
def replay_hour_reached(
    context: dg.SensorEvaluationContext, warehouse: Warehouse
) -> dg.RunRequest | dg.SkipReason:
    """Ask for the first hour that is due: later ones build on it."""
    reached = list_reached_hours(warehouse)
    if not reached:
        return dg.SkipReason("Every hour that is over was refreshed.")
    if is_in_flight(context.instance, JOB):
        return dg.SkipReason(f"{len(reached)} hours are due, and one is on its way.")
    for key in reached:
        if count_runs(context.instance, JOB, partition_key=key, statuses=FAILED) < MOST_ATTEMPTS:
            attempt = count_runs(context.instance, JOB, partition_key=key) + 1
            return dg.RunRequest(
                run_key=f"{key}:{attempt}", partition_key=key, tags=lane_tags(Lane.LIVE)
            )
    return dg.SkipReason(f"{len(reached)} hours failed {MOST_ATTEMPTS} times each: see their runs.")
