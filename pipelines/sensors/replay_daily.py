"""What a live desk's schedules do once a day, done once for each day that a replay reaches."""

from dataclasses import dataclass
from typing import Final

import dagster as dg

from pipelines.conventions import Lane, lane_tags
from pipelines.head_export import EXPORTED_DAYS
from pipelines.history_cleaning import CLEANED_DAYS
from pipelines.jobs.audit_head import export_audit_head
from pipelines.jobs.history_cleaning import clean_history
from pipelines.partitions import day_key
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import FAILED, count_runs, is_in_flight
from pipelines.sensors.ticking import DAILY_INTERVAL_SECONDS, ticking
from warehouse.queries.engine import has_chapter

MOST_ATTEMPTS: Final = 3
DAY_TAG: Final = "stormdesk/day"


@dataclass(frozen=True)
class DailyJob:
    """A job that a replay does once a day of its clock, and where it notes that it has."""

    component: str
    job: dg.JobDefinition
    chapters: str
    description: str
    lane: Lane = Lane.OPS


def ask_for_day(
    context: dg.SensorEvaluationContext, warehouse: Warehouse, daily: DailyJob
) -> dg.RunRequest | dg.SkipReason:
    """Ask for the day that has begun, unless it is done, on its way, or has failed too often.

    Parameters
    ----------
    context:
        Whose instance knows the runs.
    warehouse:
        The record, whose clock says which day it is.
    daily:
        What to do.

    Returns
    -------
    :
        A run in the job's lane, or why there is none.
    """
    with ticking(warehouse, daily.component, every_seconds=DAILY_INTERVAL_SECONDS) as tick:
        day = day_key(tick.at)
        is_done = has_chapter(tick.session, daily.chapters, day)
    name, tags = daily.job.name, {DAY_TAG: day}
    if is_done:
        return dg.SkipReason(f"{name} is done for {day}.")
    if is_in_flight(context.instance, name):
        return dg.SkipReason(f"{day} is due, and a run is on its way.")
    if count_runs(context.instance, name, tags=tags, statuses=FAILED) >= MOST_ATTEMPTS:
        return dg.SkipReason(f"{day} failed {MOST_ATTEMPTS} times: see its runs.")
    attempt = count_runs(context.instance, name, tags=tags) + 1
    return dg.RunRequest(run_key=f"{name}:{day}:{attempt}", tags=lane_tags(daily.lane) | tags)


def _sensor_of(daily: DailyJob) -> dg.SensorDefinition:
    @dg.sensor(
        name=daily.component,
        job=daily.job,
        minimum_interval_seconds=DAILY_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=daily.description,
    )
    def daily_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse
    ) -> dg.RunRequest | dg.SkipReason:
        return ask_for_day(context, warehouse, daily)

    return daily_sensor


replay_head_due = _sensor_of(
    DailyJob(
        component="replay_head_due",
        job=export_audit_head,
        chapters=EXPORTED_DAYS,
        description="Takes the head of the history out once a replayed day.",
    )
)

replay_cleaning_due = _sensor_of(
    DailyJob(
        component="replay_cleaning_due",
        job=clean_history,
        chapters=CLEANED_DAYS,
        description="Removes what the retention policy keeps no longer, once a replayed day.",
        lane=Lane.UPKEEP,
    )
)
