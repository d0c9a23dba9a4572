"""The job that trains a release on what the desk's clock has passed."""

from typing import Final

import dagster as dg

from pipelines.conventions import Lane, key_of, lane_tags

LONGEST_RUN_SECONDS: Final = 3600

train = dg.define_asset_job(
    "train",
    selection=[key_of("predictions.model_release")],
    description="Train a release; it predicts from then on if it beats climatology.",
    tags=lane_tags(Lane.TRAIN) | {"dagster/max_runtime": str(LONGEST_RUN_SECONDS)},
    executor_def=dg.in_process_executor,
)
