"""Alerts nobody took go up their ladder within the tick: a run would take too long to start."""

from typing import Final

import dagster as dg

from pipelines.resources import Warehouse
from pipelines.sensors.ticking import MOST_BATCHES, OPS_INTERVAL_SECONDS, ticking
from warehouse.operations.escalations import EscalationSweep, escalate_due_alerts

COMPONENT: Final = "escalation_due"
BATCH: Final = 100


def escalate_due(warehouse: Warehouse) -> EscalationSweep:
    """Move every alert that is due up one step, at most a thousand at once.

    Parameters
    ----------
    warehouse:
        The record, whose clock says what is due.

    Returns
    -------
    :
        The alerts that moved, and how many notifications were queued.
    """
    total = EscalationSweep((), 0)
    for _ in range(MOST_BATCHES):
        with ticking(warehouse, COMPONENT) as tick:
            sweep = escalate_due_alerts(tick.session, at=tick.at, limit=BATCH)
        total = EscalationSweep(total.escalated + sweep.escalated, total.queued + sweep.queued)
        if len(sweep.escalated) < BATCH:
            break
    return total


@dg.sensor(
    name=COMPONENT,
    minimum_interval_seconds=OPS_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Moves alerts nobody acknowledged in time up their ladder and queues the pages.",
)
def escalation_due(warehouse: Warehouse) -> dg.SensorResult:
    """Escalate what is due and tell the asset graph."""
    sweep = escalate_due(warehouse)
    if not sweep.escalated:
        return dg.SensorResult(skip_reason="No alert was due.")
    highest = max(alert.level for alert in sweep.escalated)
    event = dg.AssetMaterialization(
        ["alerting", "escalation"],
        metadata={
            "alerts": len(sweep.escalated),
            "highest_level": highest,
            "notifications_queued": sweep.queued,
        },
    )
    return dg.SensorResult(asset_events=[event])
