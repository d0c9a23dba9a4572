"""The job that takes one hour from its facts to its alerts."""

from typing import Final

import dagster as dg

from pipelines.conventions import Lane, key_of, lane_tags

LONGEST_RUN_SECONDS: Final = 900
HOURLY_TABLES: Final = (
    "travel.flight_report",
    "feeds.weather_observation",
    "feeds.weather_forecast",
    "feeds.weather_bulletin",
    "travel.booking",
    "feeds.booking_segment",
    "inventory.room_night",
    "predictions.feature_row",
    "predictions.disruption_prediction",
    "alerting.alert",
)

refresh_hour = dg.define_asset_job(
    "refresh_hour",
    selection=[key_of(table) for table in HOURLY_TABLES],
    description="Bring in what became known in an hour, predict, and raise alerts.",
    tags=lane_tags(Lane.LIVE) | {"dagster/max_runtime": str(LONGEST_RUN_SECONDS)},
    executor_def=dg.in_process_executor,
)
