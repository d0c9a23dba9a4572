"""The job that removes what the retention policy keeps no longer."""

from typing import Final

import dagster as dg

from pipelines.conventions import Lane, key_of, lane_tags
from pipelines.resources import Warehouse

LONGEST_RUN_SECONDS: Final = 1800


@dg.op(description="Closes expired alerts, and removes history that is older than it is kept.")
def clean_what_is_due(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
    """Clean, and tell the asset graph how much of which table is gone."""
    from pipelines.history_cleaning import clean_day

    done = clean_day(warehouse)
    counts = {
        **{table: {"removed_rows": count} for table, count in done.removed.items()},
        **(
            {"audit.seal": {"dropped_windows": done.dropped_windows}}
            if done.dropped_windows
            else {}
        ),
    }
    counts.setdefault("alerting.alert", {})["expired_alerts_closed"] = done.expired
    for table, metadata in sorted(counts.items()):
        context.log_event(
            dg.AssetObservation(
                key_of(table),
                description="Cleaned by the retention policy.",
                metadata={**metadata, "is_finished": done.is_finished},
            )
        )


@dg.job(
    description="Close expired alerts; remove history that is older than the policy keeps it.",
    tags=lane_tags(Lane.UPKEEP) | {"dagster/max_runtime": str(LONGEST_RUN_SECONDS)},
    executor_def=dg.in_process_executor,
)
def clean_history() -> None:
    """Clean the history."""
    clean_what_is_due()
