"""The job that watches the release in force as of a day."""

from typing import Final

import dagster as dg

from pipelines.conventions import Lane, key_of, lane_tags

LONGEST_RUN_SECONDS: Final = 900

watch_day = dg.define_asset_job(
    "watch_day",
    selection=[key_of("predictions.model_monitoring")],
    description="Judge what the release in force said, and roll it back if it has failed.",
    tags=lane_tags(Lane.LIVE) | {"dagster/max_runtime": str(LONGEST_RUN_SECONDS)},
    executor_def=dg.in_process_executor,
)
