"""A live desk trains again every week; a replay does by its own clock, see its sensor."""

from typing import Final

import dagster as dg

from pipelines.jobs.training import train

QUIET_HOUR: Final = "10 4 * * 1"
"""Monday at 04:10: few flights leave, and yesterday's have all matured."""
ZONE: Final = "America/New_York"
"""Of the airports that are predicted; their quiet hour stays where it is when clocks change."""

weekly_training = dg.ScheduleDefinition(
    name="weekly_training",
    job=train,
    cron_schedule=QUIET_HOUR,
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Trains a release every Monday at 04:10 in New York; the gate lets it predict.",
)
