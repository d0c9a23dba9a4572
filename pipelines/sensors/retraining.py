"""A replay trains again once a week of its clock, as the schedule sees to on a live desk."""

from datetime import datetime, timedelta
from typing import Final

import dagster as dg

from pipelines.conventions import Lane, lane_tags
from pipelines.jobs.training import train
from pipelines.predicting.champion import NoChampion
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import FAILED, count_runs, is_in_flight
from pipelines.sensors.ticking import ticking
from warehouse.queries.releases import find_newest_training

COMPONENT: Final = "replay_week_over"
JOB: Final = "train"
INTERVAL_SECONDS: Final = 60
"""A replayed week takes 42 minutes at the highest speed."""
WEEK: Final = timedelta(days=7)
MOST_ATTEMPTS: Final = 2
"""A training that fails twice fails for what it learns from, and a week on that is more."""
WEEK_TAG: Final = "stormdesk/retraining"


def week_to_train(trained_until: datetime, at: datetime) -> str | None:
    """Name the week whose retraining is due, by the newest release's last instant.

    Parameters
    ----------
    trained_until:
        Last instant that the newest release learnt from, promoted or not.
    at:
        The desk's instant, UTC.

    Returns
    -------
    :
        The same name for a whole week; None before a first week is over.
    """
    weeks = (at - trained_until) // WEEK
    return f"{trained_until:%Y-%m-%dT%H:%M}+{weeks}w" if weeks >= 1 else None


@dg.sensor(
    name=COMPONENT,
    job=train,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Trains again a week of the replayed clock after the last training.",
)
def replay_week_over(
    context: dg.SensorEvaluationContext, warehouse: Warehouse
) -> dg.RunRequest | dg.SkipReason:
    """Ask for one training a week; whether its release predicts is for the gate to say."""
    with ticking(warehouse, COMPONENT, every_seconds=INTERVAL_SECONDS) as tick:
        trained_until = find_newest_training(tick.session)
        at = tick.at
    if trained_until is None:
        return dg.SkipReason(str(NoChampion()))
    week = week_to_train(trained_until, at)
    if week is None:
        due = trained_until + WEEK
        return dg.SkipReason(f"The next training is due at {due:%Y-%m-%d %H:%M} UTC.")
    if is_in_flight(context.instance, JOB):
        return dg.SkipReason("A training is due, and one is on its way.")
    return _request(context.instance, week)


def _request(instance: dg.DagsterInstance, week: str) -> dg.RunRequest | dg.SkipReason:
    tags = {WEEK_TAG: week}
    asked = count_runs(instance, JOB, tags=tags)
    failed = count_runs(instance, JOB, tags=tags, statuses=FAILED)
    if asked > failed:
        return dg.SkipReason(f"The training of {week} was done.")
    if failed >= MOST_ATTEMPTS:
        return dg.SkipReason(f"The training of {week} failed {failed} times: see its runs.")
    return dg.RunRequest(run_key=f"train:{week}:{asked + 1}", tags=lane_tags(Lane.TRAIN) | tags)
