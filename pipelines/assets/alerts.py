"""What the desk has to take on, and what becomes of it."""

from collections.abc import Mapping
from typing import Final

import dagster as dg

from pipelines.alerting import AlertRun, raise_alerts
from pipelines.automation import WHEN_INPUTS_PASS, live_only
from pipelines.conventions import (
    LANE_TAG,
    Group,
    Lane,
    Materialized,
    Owner,
    column_deps,
    key_of,
    table_asset,
    table_metadata,
)
from pipelines.partitions import HOURLY, PROFILE, window_of
from pipelines.resources import Warehouse

TABLE: Final = "alerting.alert"
BACKFILL_TAG: Final = "dagster/backfill"
NONE_LOST: Final = "every_candidate_accounted_for"


@table_asset(
    TABLE,
    group=Group.ALERTS,
    owner=Owner.DESK,
    deps=["predictions.disruption_prediction", "travel.flight_report", "travel.booking"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, WHEN_INPUTS_PASS),
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
        "probability": column_deps("predictions.disruption_prediction.probability"),
        "drivers": column_deps("predictions.disruption_prediction.drivers"),
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
    accounted = sum((
        run.summary.raised,
        run.summary.strengthened,
        run.summary.unaffected,
        run.summary.below,
    ))
    verdict = dg.AssetCheckResult(check_name=NONE_LOST, passed=accounted == run.candidates)
    return Materialized(metadata=_metadata(run), check_results=[verdict])


def is_live(tags: Mapping[str, str]) -> bool:
    """Tell whether a run is about the present: in the live lane, and no part of a backfill."""
    return tags.get(LANE_TAG) == Lane.LIVE and BACKFILL_TAG not in tags


def _metadata(run: AlertRun) -> dict[str, int]:
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
