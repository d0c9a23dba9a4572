"""A live desk tells its history anew once a month; a replay does when somebody asks."""

from typing import Final

import dagster as dg

from pipelines.jobs.rolling_origin import tell_history
from pipelines.schedules.training import ZONE

FIRST_OF_MONTH: Final = "40 5 1 * *"
"""Another month is over then, and no training of a Monday is under way any more."""

monthly_history = dg.ScheduleDefinition(
    name="monthly_history",
    job=tell_history,
    cron_schedule=FIRST_OF_MONTH,
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Tells the history month by month on the first of each, at 05:40 in New York.",
)
