"""What the desk has to take on, and what becomes of it."""

from typing import TYPE_CHECKING, Final

import dagster as dg

from pipelines.alerting import AlertRun, raise_alerts
from pipelines.automation import WHEN_INPUTS_PASS, live_only
from pipelines.conventions import (
    Group,
    Materialized,
    Owner,
    column_deps,
    is_live,
    key_of,
    same_columns,
    table_asset,
    table_metadata,
)
from pipelines.freshness import OF_AN_HOUR
from pipelines.partitions import HOURLY, PROFILE, window_of
from pipelines.pictures import as_table, show_table
from pipelines.resources import Warehouse

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TABLE: Final = "alerting.alert"
SHOWN: Final = 5
_CLAIM: Final = "predictions.disruption_prediction"
NONE_LOST: Final = "every_candidate_accounted_for"


@table_asset(
    TABLE,
    group=Group.ALERTS,
    owner=Owner.DESK,
    deps=[_CLAIM, "travel.flight_report", "travel.booking"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, WHEN_INPUTS_PASS),
    freshness=live_only(PROFILE, OF_AN_HOUR),
    checks=[
        dg.AssetCheckSpec(
            NONE_LOST,
            asset=key_of(TABLE),
            blocking=True,
            description="Candidates = raised + strengthened + without bookings + below threshold.",
        )
    ],
    lineage={
        "flight_id": column_deps("travel.flight.flight_id"),
        **same_columns(*(_CLAIM, "prediction_id", "probability", "drivers")),
        "basis": column_deps("travel.flight_report.status", f"{_CLAIM}.probability"),
        "headline": column_deps(
            *(f"travel.flight.{name}" for name in ("carrier", "flight_number", "origin")),
            *(f"travel.flight.{name}" for name in ("destination", "scheduled_departure_at")),
            "travel.flight_report.status",
            f"{_CLAIM}.probability",
        ),
        "severity": column_deps(
            f"{_CLAIM}.probability", "travel.leg.price_minor_units", "travel.leg.booking_id"
        ),
        "expires_at": column_deps("travel.flight.scheduled_departure_at"),
        "travellers_affected": column_deps("travel.booking_traveller.traveller_id"),
        "money_at_risk_minor_units": column_deps("travel.leg.price_minor_units"),
        "currency": column_deps("travel.leg.currency"),
    },
)
def alert(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Materialized:
    """Disrupted flights with bookings on them: predicted above the policy's threshold, or reported.

    Raising again only strengthens the alert that is live; a prediction that fell well below the
    threshold takes its alert back. Only a live run pages: never a backfill, nor one by hand.
    """
    may_page = is_live(context.run.tags)
    with warehouse.transaction() as session:
        run = raise_alerts(session, window_of(context), may_page=may_page)
        shown = show_table(session, TABLE, show_worst(session))
    accounted = sum((
        run.summary.raised,
        run.summary.strengthened,
        run.summary.unaffected,
        run.summary.below,
    ))
    verdict = dg.AssetCheckResult(check_name=NONE_LOST, passed=accounted == run.candidates)
    return Materialized(metadata=_metadata(run) | shown, check_results=[verdict])


def show_worst(session: "Session") -> str:
    """Show the worst alerts that are live; who holds them is the desk's own affair."""
    from warehouse.queries.alerts import InboxFilter, list_inbox
    from warehouse.vocabulary import SYSTEM

    worst = list_inbox(session, SYSTEM, InboxFilter(), limit=SHOWN)
    if not worst:
        return "No alert is live."
    columns = ("severity", "headline", "probability", "travellers_affected", "status", "raised_at")
    return as_table(columns, ([getattr(each, name) for name in columns] for each in worst))


def _metadata(run: AlertRun) -> dict[str, dg.MetadataValue | int]:
    return {
        "dagster/partition_row_count": run.summary.raised,
        "candidates": run.candidates,
        "strengthened": run.summary.strengthened,
        "without_bookings": run.summary.unaffected,
        "taken_back": run.cleared,
    }


_OPS: Final = {
    "alerting.escalation": (
        "Steps of the ladder that alerts went up, written by the sensor escalation_due.",
        ["alerting.alert"],
    ),
    "alerting.fallback_action": (
        "Hotels proposed and held for stranded travellers, written by the sensor fallback_due.",
        ["alerting.escalation", "inventory.room_night"],
    ),
    "alerting.notification": (
        "Messages to people, queued by every change of an alert and delivered by the job "
        "deliver_notifications.",
        ["alerting.escalation", "alerting.fallback_action"],
    ),
}


def ops_specs() -> list[dg.AssetSpec]:
    """Describe what sensors write, so that the graph goes on beyond the alerts."""
    return [
        dg.AssetSpec(
            key_of(table),
            description=description,
            group_name=Group.OPS.value,
            owners=[Owner.DESK.value],
            kinds={"postgres"},
            deps=[key_of(dep) for dep in deps],
            metadata=table_metadata(table),
        )
        for table, (description, deps) in _OPS.items()
    ]
