"""What is due leaves within the tick; a run is asked for what takes longer."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import dagster as dg

from pipelines.channels.setup import Outbound
from pipelines.conventions import Lane, lane_tags
from pipelines.delivery import DeliveryReport, deliver_at_once
from pipelines.jobs.delivery import deliver_notifications, delivered
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import count_runs, is_in_flight
from pipelines.sensors.ticking import OPS_INTERVAL_SECONDS, ticking
from warehouse.queries.notifications import count_waiting

COMPONENT: Final = "notifications_due"
JOB: Final = "deliver_notifications"
WITHIN_SECONDS: Final = 8.0
"""A run takes longer than that to start; a tick that is ended after 60 s has room for one more
message, to a server that does not answer."""

WAITED_FOR: Final = timedelta(minutes=1)
"""A run that has said nothing for longer may have died; another beside it does no harm."""


def deliver_in_tick(warehouse: Warehouse, outbound: Outbound) -> tuple[DeliveryReport, int]:
    """Send what is due, and count what is left."""
    report = deliver_at_once(
        warehouse,
        outbound.channels(),
        worker=f"tick {uuid4()}",
        dashboard_url=outbound.dashboard_url(),
        within_seconds=WITHIN_SECONDS,
    )
    with ticking(warehouse, COMPONENT) as tick:
        return report, count_waiting(tick.session, at=tick.at)


@dg.sensor(
    name=COMPONENT,
    job=deliver_notifications,
    minimum_interval_seconds=OPS_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sends what is due; where that takes long, starts one run that goes on.",
)
def notifications_due(
    context: dg.SensorEvaluationContext, warehouse: Warehouse, outbound: Outbound
) -> dg.SensorResult:
    """Send what is due, tell the asset graph, and ask for a run where something is left."""
    report, left = deliver_in_tick(warehouse, outbound)
    events = [delivered(report)] if report.claimed else []
    if left == 0:
        return dg.SensorResult(
            asset_events=events, skip_reason=None if events else "No message is due."
        )
    if is_in_flight(context.instance, JOB, since=datetime.now(UTC) - WAITED_FOR):
        reason = f"{left} messages are left, and a delivery run is on its way."
        return dg.SensorResult(asset_events=events, skip_reason=reason)
    attempt = count_runs(context.instance, JOB) + 1
    request = dg.RunRequest(run_key=f"deliver:{attempt}", tags=lane_tags(Lane.OPS))
    return dg.SensorResult(asset_events=events, run_requests=[request])
