"""A live desk cleans its history in a quiet hour of every night; a replay does by its own clock."""

from typing import Final

import dagster as dg

from pipelines.jobs.history_cleaning import clean_history
from pipelines.schedules.training import ZONE

IN_A_QUIET_HOUR: Final = "40 3 * * *"
"""The last departures are long gone and the first are not yet due; trainings begin at 04:10."""

daily_cleaning = dg.ScheduleDefinition(
    name="daily_cleaning",
    job=clean_history,
    cron_schedule=IN_A_QUIET_HOUR,
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Removes what is kept no longer, every day at 03:40 in New York.",
)
