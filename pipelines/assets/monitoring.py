"""Whether the release in force still means what it says."""

from datetime import timedelta
from typing import Any, Final

import dagster as dg

from pipelines.automation import live_only, poll
from pipelines.conventions import (
    Group,
    Materialized,
    Owner,
    column_deps,
    is_live,
    key_of,
    table_asset,
)
from pipelines.freshness import OF_A_DAY
from pipelines.partitions import DAILY, PROFILE, day_key, window_of
from pipelines.pictures import as_table
from pipelines.predicting.champion import NoChampion
from pipelines.predicting.monitoring import MonitoringRun, act_on, finish_day, watch
from pipelines.resources import Warehouse

KEY: Final = "predictions.model_monitoring"
TABLE: Final = "predictions.disruption_prediction"
AS_IT_SAYS: Final = "the_release_means_what_it_says"
DAY: Final = timedelta(days=1)
_MATURED: Final = (
    *("horizon", "flights", "days", "event days", "happened", "said", "said less happened"),
    *("Brier", "skill"),
)


@table_asset(
    TABLE,
    key=KEY,
    group=Group.PREDICTIONS,
    owner=Owner.SCIENCE,
    kinds=frozenset({"pandas", "postgres"}),
    deps=[
        *(TABLE, "predictions.feature_row", "predictions.model_release"),
        *("travel.flight_report", "feeds.weather_observation"),
    ],
    partitions_def=DAILY,
    automation_condition=live_only(PROFILE, poll("20 0 * * *")),
    freshness=live_only(PROFILE, OF_A_DAY),
    checks=[
        dg.AssetCheckSpec(
            AS_IT_SAYS,
            asset=key_of(KEY),
            description="Settled claims beat climatology, nothing has drifted, no feed is missing.",
        )
    ],
    lineage={
        **dict.fromkeys(
            ("probability", "controls"),
            column_deps(f"{TABLE}.probability", f"{TABLE}.controls", "travel.flight_report.status"),
        ),
        "predicted_at": column_deps("predictions.feature_row.predicted_at"),
    },
)
def model_monitoring(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Materialized:
    """Judge the claims of the 28 days before a day, and whether what comes in has changed.

    Its figures are this asset's metadata. Claims count once their outcomes are settled, and
    intervals resample whole days. The schedule and the probabilities are compared by stability
    index, precipitation by bins that mean something, and every feed by how much of it was missing
    or old. A warning asks a person to look. A champion whose own claims were worse than climatology
    over 28 days with storms is rolled back, by a live run only: never by a backfill, nor one by
    hand. A range of days is judged as of its last.
    """
    window = window_of(context)
    try:
        with warehouse.transaction() as session:
            run = watch(session, at=window.end - DAY)
            watched = None
            if is_live(context.run.tags):
                watched = act_on(session, run)
                finish_day(session, day_key(window.end - DAY))
    except NoChampion as untrained:
        raise dg.Failure(str(untrained), allow_retries=False) from untrained
    alarms = run.monitoring.alarms + ([watched.words] if watched else [])
    verdict = dg.AssetCheckResult(
        check_name=AS_IT_SAYS,
        passed=not alarms,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"alarms": dg.MetadataValue.md("\n".join(f"- {each}" for each in alarms))}
        if alarms
        else {},
    )
    done = {"rollback": watched.words} if watched else {}
    return Materialized(metadata=_metadata(run) | done, check_results=[verdict])


def _metadata(run: MonitoringRun) -> dict[str, Any]:
    monitoring = run.monitoring
    return {
        "release_id": int(run.release.release_id),
        "judged_from": f"{run.since:%Y-%m-%d %H:%M} UTC",
        "judged_until": f"{run.at:%Y-%m-%d %H:%M} UTC",
        "alarms": len(monitoring.alarms),
        "preview": dg.MetadataValue.md(_matured_table(run)),
        "drift": dg.MetadataValue.md(_drift_table(run)),
        "precipitation": dg.MetadataValue.md(
            as_table(
                ["hours with", "lately", "as it learnt"],
                [
                    [each.words, _percent(each.recent), _percent(each.usual)]
                    for each in monitoring.precipitation
                ],
            )
        ),
        "feeds": dg.MetadataValue.md(
            as_table(
                ["feed", "rows", "cells missing", "nothing at all", "too old", "median age, h"],
                [
                    [
                        *(each.source, each.rows, _percent(each.null_rate)),
                        *(_percent(each.absent_rate), _percent(each.stale_rate)),
                        each.median_age_hours,
                    ]
                    for each in monitoring.feeds
                ],
            )
        ),
        "monitoring": dg.MetadataValue.json(monitoring.as_dict()),
    }


def _matured_table(run: MonitoringRun) -> str:
    if not run.monitoring.matured:
        return "No claim of these days is settled yet."
    rows = [
        [
            *(f"{each.horizon_hours} h", f"{each.flights:,}", each.days, each.event_days),
            *(_percent(each.base_rate), _percent(each.mean_probability)),
            _span(each.said_less_happened),
            f"{each.brier:.4f} ({_span(each.brier_interval)})",
            f"{each.bss:+.3f} ({_span(each.bss_interval)})",
        ]
        for each in run.monitoring.matured
    ]
    return as_table(_MATURED, rows)


def _drift_table(run: MonitoringRun) -> str:
    monitoring = run.monitoring
    scores = {f"probability {hours} h": index for hours, index in monitoring.score_drift.items()}
    return as_table(["what", "stability index"], (monitoring.schedule_drift | scores).items())


def _span(interval: tuple[float, float]) -> str:
    low, high = interval
    return "one day alone" if low != low else f"{low:+.4f} to {high:+.4f}"


def _percent(share: float) -> str:
    return "-" if share != share else f"{share:.1%}"
