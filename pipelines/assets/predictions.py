"""What the champion says of each flight."""

from typing import TYPE_CHECKING, Final

import dagster as dg

from pipelines.automation import WHEN_INPUTS_PASS, live_only
from pipelines.conventions import (
    Group,
    Materialized,
    Owner,
    column_deps,
    key_of,
    same_columns,
    table_asset,
)
from pipelines.freshness import OF_AN_HOUR
from pipelines.partitions import HOURLY, PROFILE, window_of
from pipelines.pictures import show_table
from pipelines.predicting.champion import NoChampion
from pipelines.predicting.claims import BASIS_CLIMATOLOGY, PredictionRun, store_claims
from pipelines.resources import Warehouse

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

TABLE: Final = "predictions.disruption_prediction"
SOUND_CLAIMS: Final = "probabilities_in_range_and_one_claim_per_flight"
SHOWN: Final = 10
WHEN_DESCRIBED: Final = WHEN_INPUTS_PASS.ignore(
    dg.AssetSelection.assets(key_of("predictions.model_release"))
).with_label("when_described")
"""A new release does not score the past again."""


@table_asset(
    TABLE,
    group=Group.PREDICTIONS,
    owner=Owner.SCIENCE,
    kinds=frozenset({"scikitlearn", "postgres"}),
    deps=["predictions.feature_row", "predictions.model_release"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, WHEN_DESCRIBED),
    freshness=live_only(PROFILE, OF_AN_HOUR),
    checks=[
        dg.AssetCheckSpec(
            SOUND_CLAIMS,
            asset=key_of(TABLE),
            blocking=True,
            description="Probabilities lie in [0, 1], one claim per flight and horizon.",
        )
    ],
    lineage={
        "flight_id": column_deps("predictions.feature_row.flight_id"),
        **same_columns("predictions.feature_row", "horizon_hours", "predicted_at"),
        **dict.fromkeys(
            ("probability", "probability_60min", "basis", "controls", "drivers"),
            column_deps("predictions.feature_row.features", "predictions.model_release.content"),
        ),
        "release_id": column_deps("predictions.model_release.release_id"),
    },
)
def disruption_prediction(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Materialized:
    """How probable it is that a flight is cancelled or leaves at least two hours late.

    Whichever release was the champion scores an hour's feature rows, in a backfill too, and says an
    hour late beside it; where none was, there is no claim and the run says so. Where a horizon of a
    day has no fresh weather forecast, climatology speaks and `basis` says so. Claims worth an alert
    say in words what they go with. A release that cannot be loaded fails the run in a sentence, and
    what was said before stays.
    """
    from ml.errors import MlRefused

    try:
        with warehouse.transaction() as session:
            run = store_claims(session, window_of(context))
            words = show_most_probable(session, run.claims)
            shown = show_table(session, TABLE, _unclaimed_words(run) + words)
    except (NoChampion, MlRefused) as unusable:
        raise dg.Failure(str(unusable), allow_retries=False) from unusable
    verdict = dg.AssetCheckResult(
        check_name=SOUND_CLAIMS,
        passed=run.refusal is None,
        metadata={"refusal": run.refusal} if run.refusal else {},
    )
    return Materialized(metadata=_metadata(run) | shown, check_results=[verdict])


def _metadata(run: PredictionRun) -> dict[str, dg.MetadataValue | int | float | str]:
    claims = run.claims
    metadata: dict[str, dg.MetadataValue | int | float | str] = {
        "dagster/partition_row_count": len(claims),
        "written": run.written,
        "alert_threshold": run.threshold,
        "releases": ", ".join(str(each) for each in run.release_ids) or "none",
        "without_champion": run.unclaimed,
    }
    if not claims.empty:
        metadata["mean_probability"] = round(float(claims["probability"].mean()), 4)
        metadata["above_threshold"] = int((claims["probability"] >= run.threshold).sum())
        metadata["climatology_only"] = int((claims["basis"] == BASIS_CLIMATOLOGY).sum())
    return metadata


def _unclaimed_words(run: PredictionRun) -> str:
    if not run.unclaimed:
        return ""
    return (
        f"No release predicted yet when {run.unclaimed:,} of the flights were described, so "
        "nothing is said of them.\n\n"
    )


def show_most_probable(session: "Session", claims: "pd.DataFrame") -> str:
    """Show the most probable disruptions, each with the first thing it goes with."""
    from warehouse.queries.flight_names import name_flights

    if claims.empty:
        return "No flight was described, so nothing was predicted."
    worst = claims.nlargest(SHOWN, "probability")
    names = name_flights(session, [int(each) for each in worst["flight_id"]])
    lines = ["| flight | horizon | probability | goes with |", "|---|---|---|---|"]
    columns = ["flight_id", "horizon_hours", "probability", "drivers"]
    for flight_id, hours, probability, drivers in zip(*(worst[c] for c in columns), strict=True):
        words = drivers[0]["words"] if drivers else ""
        name = names.get(flight_id, flight_id)
        lines.append(f"| {name} | {hours} h | {probability:.2f} | {words} |")
    return "\n".join(lines)
