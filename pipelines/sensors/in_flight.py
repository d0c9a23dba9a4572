"""Whether a job is already on its way, and how often it was tried."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import dagster as dg

IN_FLIGHT: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
FAILED: Final = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def is_in_flight(
    instance: dg.DagsterInstance, job_name: str, *, since: datetime | None = None
) -> bool:
    """Tell whether a run of the job waits or works.

    Parameters
    ----------
    instance:
        Where Dagster keeps its runs.
    job_name:
        The job.
    since:
        Only runs whose status changed after that. One whose process was killed counts as started
        until its longest time is over; of a job that may run twice at once, it need not be waited
        for.

    Returns
    -------
    :
        True while one is queued, starting, at work or being cancelled.
    """
    wanted = dg.RunsFilter(job_name=job_name, statuses=IN_FLIGHT, updated_after=since)
    return bool(instance.get_run_records(wanted, limit=1))


def count_runs(
    instance: dg.DagsterInstance,
    job_name: str,
    *,
    partition_key: str | None = None,
    tags: Mapping[str, str] | None = None,
    statuses: Sequence[dg.DagsterRunStatus] = (),
) -> int:
    """Count the runs of a job there have been; without statuses, whatever became of them."""
    # A run key is never launched twice, even when its run failed: so keys carry this number.
    wanted_tags = dict(tags or {})
    if partition_key:
        wanted_tags["dagster/partition"] = partition_key
    wanted = dg.RunsFilter(job_name=job_name, tags=wanted_tags, statuses=list(statuses))
    return instance.get_runs_count(wanted)
