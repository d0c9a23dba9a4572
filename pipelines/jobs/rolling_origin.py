"""The job that tells the history of the release in force month by month."""

from typing import Final

import dagster as dg

from pipelines.conventions import Lane, key_of, lane_tags

LONGEST_RUN_SECONDS: Final = 7200

tell_history = dg.define_asset_job(
    "tell_history",
    selection=[key_of("predictions.rolling_origin")],
    description="Tell every month of the history by models that learnt only what was before it.",
    tags=lane_tags(Lane.TRAIN) | {"dagster/max_runtime": str(LONGEST_RUN_SECONDS)},
    executor_def=dg.in_process_executor,
)
