"""The job that sends what is due; one run drains the outbox."""

import dagster as dg

from pipelines.channels.setup import Outbound
from pipelines.conventions import Lane, lane_tags
from pipelines.delivery import DeliveryReport, deliver_due
from pipelines.resources import Warehouse

COMPONENT = "deliver_notifications"
LONGEST_RUN_SECONDS = 300


@dg.op(description="Claims, sends and records until nothing is due.")
def deliver(context: dg.OpExecutionContext, warehouse: Warehouse, outbound: Outbound) -> None:
    """Send every notification that is due."""
    from warehouse.operations.engine import beat
    from warehouse.queries.clock import read_clock

    report = deliver_due(
        warehouse,
        outbound.channels(),
        worker=f"run {context.run_id}",
        dashboard_url=outbound.dashboard_url(),
    )
    with warehouse.transaction() as session:
        beat(session, COMPONENT, at=read_clock(session).server_at)
    context.log.info(f"{report}")
    if report.claimed:
        context.log_event(delivered(report))


def delivered(report: DeliveryReport) -> dg.AssetMaterialization:
    """Show in the asset graph how the messages ended."""
    counts = {
        "sent": report.sent,
        "retried": report.retried,
        "dead": report.dead,
        "lost": report.lost,
    }
    return dg.AssetMaterialization(["alerting", "notification"], metadata=counts)


@dg.job(
    description="Send the notifications that are due.",
    tags=lane_tags(Lane.OPS) | {"dagster/max_runtime": str(LONGEST_RUN_SECONDS)},
    executor_def=dg.in_process_executor,
)
def deliver_notifications() -> None:
    """Drain the outbox."""
    deliver()
