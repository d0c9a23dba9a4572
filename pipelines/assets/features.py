"""What was known of each flight when it was predicted."""

from typing import TYPE_CHECKING, Final

import dagster as dg

from pipelines.automation import WHEN_INPUTS_PASS, live_only
from pipelines.conventions import Group, Materialized, Owner, column_deps, key_of, table_asset
from pipelines.freshness import OF_AN_HOUR
from pipelines.partitions import HOURLY, PROFILE, window_of
from pipelines.pictures import PREVIEW_ROWS, as_markdown, show_table
from pipelines.predicting.facts import HORIZONS_HOURS
from pipelines.predicting.feature_rows import FeatureRun, store_features
from pipelines.resources import Warehouse

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TABLE: Final = "predictions.feature_row"
SHOWN_FEATURES: Final = (
    *("airport_delay_minutes_3h", "region_disrupted_3h", "observed_gust_mps"),
    *("forecast_gust_max_mps", "forecast_precipitation_sum_mm"),
)
_WEATHER: Final = (
    *("temperature_c", "dew_point_c", "humidity_pct", "wind_direction_deg", "wind_mps"),
    *("gust_mps", "precipitation_mm", "pressure_hpa", "visibility_m"),
)
LEARNT_FROM: Final = column_deps(
    *(
        f"travel.flight.{name}"
        for name in ("carrier", "origin", "destination", "scheduled_departure_at", "distance_km")
    ),
    *(
        f"travel.flight_report.{name}"
        for name in ("cancelled_reported_at", "delay_reported_at", "departure_delay_minutes")
    ),
    *(
        f"feeds.{table}.{name}"
        for table in ("weather_observation", "weather_forecast")
        for name in _WEATHER
    ),
)
"""What features are made of: the schedule, how flights went, and the weather."""
NOTHING_OF_THE_FUTURE: Final = "nothing_of_the_future"
ONE_ROW_PER_FLIGHT: Final = "one_row_per_flight_and_horizon"


@table_asset(
    TABLE,
    group=Group.FEATURES,
    owner=Owner.SCIENCE,
    kinds=frozenset({"pandas", "postgres"}),
    deps=["travel.flight_report", "feeds.weather_observation", "feeds.weather_forecast"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, WHEN_INPUTS_PASS),
    freshness=live_only(PROFILE, OF_AN_HOUR),
    checks=[
        dg.AssetCheckSpec(
            NOTHING_OF_THE_FUTURE,
            asset=key_of(TABLE),
            blocking=True,
            description="Every value was known at predicted_at; otherwise nothing is kept.",
        ),
        dg.AssetCheckSpec(
            ONE_ROW_PER_FLIGHT,
            asset=key_of(TABLE),
            blocking=True,
            description="Each flight is described once per horizon.",
        ),
    ],
    lineage={
        "flight_id": column_deps("travel.flight.flight_id"),
        "predicted_at": column_deps("travel.flight.scheduled_departure_at"),
        "known_at": column_deps(
            "travel.flight_report.reported_at",
            "feeds.weather_observation.known_at",
            "feeds.weather_forecast.issued_at",
        ),
        "features": LEARNT_FROM,
    },
)
def feature_row(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Materialized:
    """Flights as they could be described 2 and 24 h before the hour they leave in.

    The hour [H, H+1) describes at H+1 the flights that leave from H+3 and from H+25 on, for an
    hour. Each row keeps when the newest value of each feed was known; Postgres refuses a row that
    was known only after predicted_at.
    """
    with warehouse.transaction() as session:
        run = store_features(session, window_of(context))
        shown = show_table(session, TABLE, show_rows(session, run))
    metadata = _metadata(run) | shown
    return Materialized(metadata=metadata, check_results=_judge(run))


def show_rows(session: "Session", run: FeatureRun) -> str:
    """Show the flights with the strongest gusts ahead of them, with some of what is known."""
    from warehouse.queries.flight_names import name_flights

    if run.rows.empty:
        return "No flight leaves from the hours that were described."
    gusts = run.rows["forecast_gust_max_mps"].fillna(-1).sort_values(ascending=False)
    shown = run.rows.loc[gusts.index[:PREVIEW_ROWS]]
    names = name_flights(session, [int(each) for each in shown["flight_id"]])
    shown = shown.assign(flight=shown["flight_id"].map(names))
    return as_markdown(
        shown[["flight", "horizon_hours", "predicted_at", "known_at", *SHOWN_FEATURES]]
    )


def _judge(run: FeatureRun) -> list[dg.AssetCheckResult]:
    repeated = (
        0 if run.rows.empty else int(run.rows.duplicated(["flight_id", "horizon_hours"]).sum())
    )
    return [
        dg.AssetCheckResult(
            check_name=NOTHING_OF_THE_FUTURE,
            passed=run.refusal is None,
            metadata={"refusal": run.refusal} if run.refusal else {},
        ),
        dg.AssetCheckResult(
            check_name=ONE_ROW_PER_FLIGHT, passed=repeated == 0, metadata={"repeated": repeated}
        ),
    ]


def _metadata(run: FeatureRun) -> dict[str, dg.MetadataValue | int]:
    metadata: dict[str, dg.MetadataValue | int] = {
        "dagster/partition_row_count": len(run.rows),
        "written": run.written,
    }
    if run.rows.empty:
        return metadata
    for hours in HORIZONS_HOURS:
        metadata[f"flights_at_{hours}_h"] = int((run.rows["horizon_hours"] == hours).sum())
    age = (run.rows["predicted_at"] - run.rows["known_at"]).min()
    metadata["newest_value_minutes_old"] = round(age.total_seconds() / 60)
    return metadata
