"""The outbox asks for a run that drains it: messages never leave from within a tick."""

from typing import Final

import dagster as dg

from pipelines.conventions import Lane, lane_tags
from pipelines.jobs.delivery import deliver_notifications
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import count_runs, is_in_flight
from pipelines.sensors.ticking import OPS_INTERVAL_SECONDS, ticking
from warehouse.queries.notifications import count_waiting

COMPONENT: Final = "notifications_due"
JOB: Final = "deliver_notifications"


def count_due(warehouse: Warehouse) -> int:
    """Count the messages that are due and that nobody has taken."""
    with ticking(warehouse, COMPONENT) as tick:
        return count_waiting(tick.session, at=tick.at)


@dg.sensor(
    name=COMPONENT,
    job=deliver_notifications,
    minimum_interval_seconds=OPS_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts one delivery run when messages are due and none is on its way.",
)
def notifications_due(
    context: dg.SensorEvaluationContext, warehouse: Warehouse
) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run that drains the outbox."""
    due = count_due(warehouse)
    if due == 0:
        return dg.SkipReason("No message is due.")
    if is_in_flight(context.instance, JOB):
        return dg.SkipReason(f"{due} messages are due, and a delivery run is on its way.")
    attempt = count_runs(context.instance, JOB) + 1
    return dg.RunRequest(run_key=f"deliver:{attempt}", tags=lane_tags(Lane.OPS))
