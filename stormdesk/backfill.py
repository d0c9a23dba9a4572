"""`stormdesk backfill`: partitions of a span loaded again, or for the first time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from stormdesk.chatter import chatter_kept_in
from stormdesk.errors import StormdeskRefused
from stormdesk.progress import Advance, Progress
from stormdesk.settings import Settings
from stormdesk.stages import ready_database

if TYPE_CHECKING:
    import dagster as dg

    from pipelines.backfilling import Backfilled


class Only(StrEnum):
    """Which partitions of a span."""

    ALL = "all"
    MISSING = "missing"
    FAILED = "failed"


FAILED_EXIT_CODE = 1
MOST_SHOWN = 20


def run(
    settings: Settings,
    since: datetime,
    until: datetime,
    *,
    names: Sequence[str],
    which: Only,
    as_json: bool,
) -> int:
    """Backfill a span and tell what became of it.

    Parameters
    ----------
    settings:
        Which database, and where Dagster lives.
    since:
        First instant, UTC.
    until:
        Exclusive.
    names:
        Assets; none means every one that brings facts in.
    which:
        All partitions, those missing, or those that failed.
    as_json:
        Print the result as JSON instead of a table.

    Returns
    -------
    :
        Exit code: 1 if a partition failed.
    """
    _refuse_nothing(since, until)
    with ready_database(settings), chatter_kept_in(settings.logs / "backfill.log"):
        told = _load(settings, since, until, names, which, Console(quiet=as_json))
    show(told, as_json=as_json)
    return FAILED_EXIT_CODE if any(each.failed for each in told) else 0


def _load(
    settings: Settings,
    since: datetime,
    until: datetime,
    names: Sequence[str],
    which: Only,
    console: Console,
) -> list[Backfilled]:
    from pipelines.abandoned import close_abandoned
    from pipelines.backfilling import Which, backfill
    from pipelines.partitions import Window
    from pipelines.providing import EmbeddedProvider
    from pipelines.resources import Warehouse
    from stormdesk.story import kept_instance

    assets, told = _chosen(names), list[Any]()
    resources = {"warehouse": Warehouse(), "provider": EmbeddedProvider()}
    with kept_instance(settings) as instance, Progress(console) as bars:
        close_abandoned(instance)
        load_reference_once(instance, resources)
        for asset in assets:
            with bars.step(asset.key.to_user_string(), total=1.0) as advance:
                told += backfill(
                    [asset],
                    Window(since, until),
                    instance=instance,
                    resources=resources,
                    backfill_id=f"cli-{uuid4().hex[:8]}",
                    which=Which(which.value),
                    progress=_in_parts(advance),
                )
    return told


def _chosen(names: Sequence[str]) -> list[dg.AssetsDefinition]:
    """Find the named assets; without names, those that bring facts in."""
    from pipelines.assets.ingest import INGEST
    from pipelines.backfilling import choose_assets
    from pipelines.definitions import MODELLING

    partitioned = [asset for asset in (*INGEST, *MODELLING) if asset.partitions_def is not None]
    return choose_assets(partitioned, names) if names else list(INGEST)


def show(told: Sequence[Backfilled], *, as_json: bool) -> None:
    """Print what became of each asset, and every partition that failed with its reason."""
    if as_json:
        print(json.dumps([asdict(each) for each in told], indent=2))
        return
    console = Console(highlight=False)
    table = Table("Asset", "Partitions loaded", "Runs", "Failed", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for each in told:
        counts = (each.loaded, each.runs, len(each.failed))
        table.add_row(each.asset, *[f"{count:,}" for count in counts])
    console.print(table)
    failed = [failure for each in told for failure in each.failed]
    for failure in failed[:MOST_SHOWN]:
        line = f"{failure.asset} {failure.partition}: {failure.reason}"
        console.print(line, style="red", markup=False, soft_wrap=True)
    if len(failed) > MOST_SHOWN:
        console.print(f"... and {len(failed) - MOST_SHOWN:,} more: see --json")
    if failed:
        console.print("Mend the cause, then: stormdesk backfill ... --only failed")


def load_reference_once(instance: dg.DagsterInstance, resources: Mapping[str, Any]) -> None:
    """Load what every fact names, but for what was loaded before: each table is whole or empty."""
    import dagster as dg

    from pipelines.abandoned import process_tags
    from pipelines.assets.reference import REFERENCE
    from warehouse.queries.feeds import count_rows
    from warehouse.session import Access, transaction

    with transaction(Access.PIPELINE) as session:
        missing = [
            asset for asset in REFERENCE if count_rows(session, ".".join(asset.key.path)) == 0
        ]
    if missing:
        dg.materialize(missing, instance=instance, resources=dict(resources), tags=process_tags())


def _refuse_nothing(since: datetime, until: datetime) -> None:
    if until <= since:
        raise StormdeskRefused(
            f"The span from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} holds nothing.",
            "Give --to an instant after --from; it is exclusive.",
        )


def _in_parts(advance: Advance) -> Callable[[str, int, int], None]:
    """Move a bar by the share of partitions that each run did."""
    shown = [0.0]

    def tell(_asset: str, done: int, of: int) -> None:
        advance(done / of - shown[0])
        shown[0] = done / of

    return tell
