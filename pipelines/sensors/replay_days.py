"""Once a replayed day the release in force is watched, as the wall clock sees to on a live desk."""

from typing import Final

import dagster as dg

from pipelines.conventions import Lane, lane_tags
from pipelines.jobs.monitoring import watch_day
from pipelines.partitions import day_key
from pipelines.predicting.champion import NoChampion
from pipelines.predicting.monitoring import WATCHED_DAYS
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import FAILED, count_runs, is_in_flight
from pipelines.sensors.ticking import ticking
from warehouse.queries.engine import has_chapter
from warehouse.queries.predictions import find_champion

COMPONENT: Final = "replay_day_reached"
JOB: Final = "watch_day"
INTERVAL_SECONDS: Final = 60
"""A replayed day takes six minutes at the highest speed."""
MOST_ATTEMPTS: Final = 3


@dg.sensor(
    name=COMPONENT,
    job=watch_day,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Watches the release in force once for each day that the replayed clock reaches.",
)
def replay_day_reached(
    context: dg.SensorEvaluationContext, warehouse: Warehouse
) -> dg.RunRequest | dg.SkipReason:
    """Ask for the day that has begun; days passed over are part of the 28 that it looks back on."""
    with ticking(warehouse, COMPONENT, every_seconds=INTERVAL_SECONDS) as tick:
        day = day_key(tick.at)
        is_done = has_chapter(tick.session, WATCHED_DAYS, day)
        is_trained = find_champion(tick.session) is not None
    if is_done:
        return dg.SkipReason(f"The release in force was watched on {day}.")
    if not is_trained:
        return dg.SkipReason(str(NoChampion()))
    if is_in_flight(context.instance, JOB):
        return dg.SkipReason(f"{day} is due, and a run is on its way.")
    if count_runs(context.instance, JOB, partition_key=day, statuses=FAILED) >= MOST_ATTEMPTS:
        return dg.SkipReason(f"{day} failed {MOST_ATTEMPTS} times: see its runs.")
    attempt = count_runs(context.instance, JOB, partition_key=day) + 1
    return dg.RunRequest(run_key=f"{day}:{attempt}", partition_key=day, tags=lane_tags(Lane.LIVE))
