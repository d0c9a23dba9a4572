"""A live desk takes the head of its history out once a day; a replay does by its own clock."""

from typing import Final

import dagster as dg

from pipelines.jobs.audit_head import export_audit_head
from pipelines.schedules.training import ZONE

AFTER_MIDNIGHT: Final = "10 0 * * *"
"""The day's acts are over and, half a minute after the last, sealed."""

daily_audit_head = dg.ScheduleDefinition(
    name="daily_audit_head",
    job=export_audit_head,
    cron_schedule=AFTER_MIDNIGHT,
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Verifies the history and takes its head out every day at 00:10 in New York.",
)
