"""The models that predict, each with its card."""

from importlib.metadata import version
from typing import Any, Final

import dagster as dg

from pipelines.assets.features import LEARNT_FROM
from pipelines.conventions import Group, Materialized, Owner, column_deps, key_of, table_asset
from pipelines.partitions import HISTORY_STARTS_AT, LIVE_STARTS_AT, PROFILE
from pipelines.pictures import show_table
from pipelines.predicting.release_pictures import pictures_of
from pipelines.predicting.training import TrainingRun, train
from pipelines.resources import Warehouse
from pipelines.settings import Profile
from warehouse.queries.clock import current_instant

TABLE: Final = "predictions.model_release"
NO_LEAK: Final = "no_leak"
PASSES_THE_GATE: Final = "passes_the_gate"
HISTORY_SINCE: Final = HISTORY_STARTS_AT if PROFILE is Profile.REPLAY else LIVE_STARTS_AT
_FIGURES: Final = ("auc", "pr_auc", "bss", "ece", "precision_at_2pct")


@table_asset(
    TABLE,
    group=Group.TRAINING,
    owner=Owner.SCIENCE,
    kinds=frozenset({"scikitlearn", "postgres"}),
    deps=["travel.flight_report", "feeds.weather_observation", "feeds.weather_forecast"],
    checks=[
        dg.AssetCheckSpec(
            NO_LEAK,
            asset=key_of(TABLE),
            blocking=True,
            description="Nothing of the future was seen, and no figure is too good to be true.",
        ),
        dg.AssetCheckSpec(
            PASSES_THE_GATE,
            asset=key_of(TABLE),
            description="Otherwise the champion before it goes on predicting.",
        ),
    ],
    lineage={
        **dict.fromkeys(("content", "metrics", "card"), LEARNT_FROM),
        "trained_until": column_deps("travel.flight_report.reported_at"),
    },
)
def model_release(warehouse: Warehouse) -> Materialized:
    """Boosted trees and climatology for each horizon, trained on what the desk's clock has passed.

    A release is published with its card and figures, and predicts from then on if it is the first
    or passes the promotion gate beside the champion. One that looks too good is never published.
    """
    from ml.errors import FutureSeen, LeakSuspected, TrainingDataTooThin

    with warehouse.transaction() as session:
        at = current_instant(session)
    try:
        run = train(
            warehouse, since=HISTORY_SINCE, trained_until=at, code_version=version("stormdesk")
        )
    except TrainingDataTooThin as thin:
        raise dg.Failure(str(thin), allow_retries=False) from thin
    except (FutureSeen, LeakSuspected) as leak:
        refused = dg.AssetCheckResult(
            check_name=NO_LEAK, passed=False, metadata={"refusal": str(leak)}
        )
        unjudged = dg.AssetCheckResult(check_name=PASSES_THE_GATE, passed=False)
        return Materialized(check_results=[refused, unjudged])
    with warehouse.transaction() as session:
        shown = show_table(session, TABLE, _figures_table(run))
    return Materialized(metadata=_metadata(run) | shown, check_results=_judge(run))


def _judge(run: TrainingRun) -> list[dg.AssetCheckResult]:
    return [
        dg.AssetCheckResult(check_name=NO_LEAK, passed=True),
        dg.AssetCheckResult(
            check_name=PASSES_THE_GATE,
            passed=run.is_promoted,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"verdict": run.verdict, "rules": dg.MetadataValue.json(run.rules)},
        ),
    ]


def _metadata(run: TrainingRun) -> dict[str, Any]:
    return {
        "release_id": int(run.release_id),
        "sha256": run.sha256,
        "bytes": run.size_bytes,
        "flights": run.flights,
        "verdict": run.verdict,
        "card": dg.MetadataValue.json(run.card),
        **pictures_of(run.card),
    }


def _figures_table(run: TrainingRun) -> str:
    lines = [
        f"| horizon | model | {' | '.join(_FIGURES)} |",
        f"|---|---|{'---|' * len(_FIGURES)}",
    ]
    for hours, kinds in run.metrics.items():
        for kind, figures in kinds.items():
            cells = " | ".join(_cell(figures.get(name)) for name in _FIGURES)
            lines.append(f"| {hours} h | {kind.replace('_', ' ')} | {cells} |")
    return "\n".join(lines)


def _cell(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"
