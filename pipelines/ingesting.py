"""What every ingest asset does around its own load: one transaction, its checks, its story."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.automation import live_only, poll
from pipelines.conventions import Group, Materialized, Owner, table_asset
from pipelines.partitions import HOURLY, PROFILE, is_partitioned, partition_words
from pipelines.pictures import as_markdown
from warehouse.vocabulary import SYSTEM, Actor

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from pipelines.checks.batches import BatchCheck
    from pipelines.providing import Handover
    from pipelines.resources import Warehouse
    from warehouse.operations.deliveries import Delivery
    from warehouse.operations.feed_batches import BatchResult

Load = Callable[["Session", Actor, "pd.DataFrame", "Delivery"], "BatchResult"]


@dataclass(frozen=True)
class Ingest:
    """One asset's way in: which table it fills under which feed, and what is asked of it."""

    asset: str
    table: str
    checks: tuple[BatchCheck, ...]
    draw: Callable[[Session], Mapping[str, dg.MetadataValue]] = field(default=lambda _session: {})

    @property
    def feed(self) -> str:
        """The feed, called as the asset is."""
        return self.asset.split(".")[-1]

    def specs(self) -> list[dg.AssetCheckSpec]:
        """Declare the checks."""
        return [check.spec(self.asset) for check in self.checks]

    def run(
        self,
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        load: Callable[[Session, Callable[[str], Delivery]], Sequence[BatchResult]],
        preview: pd.DataFrame | None = None,
    ) -> Materialized:
        """Load in one transaction, judge what was loaded, and tell what happened."""
        from warehouse.operations.deliveries import Delivery
        from warehouse.queries.clock import current_instant
        from warehouse.queries.feeds import count_rows

        partition = partition_words(context) if is_partitioned(context) else None
        with warehouse.transaction() as session:
            at = current_instant(session)
            batches = load(session, lambda source: Delivery(self.feed, source, partition, at))
            results = [check.result(session, batches) for check in self.checks]
            metadata = _numbers(batches) | {
                "dagster/row_count": count_rows(session, self.table),
                **_preview(preview),
                **self.draw(session),
            }
        return Materialized(metadata=metadata, check_results=results)

    def run_handovers(
        self,
        context: dg.AssetExecutionContext,
        warehouse: Warehouse,
        handovers: Iterable[Handover],
        load: Callable[..., BatchResult],
    ) -> Materialized:
        """Load frames one by one, as they are handed over, each with what its source refused."""
        coming = iter(handovers)
        first = next(coming, None)
        if first is None:
            return self.run(context, warehouse, lambda _session, _delivery: [])

        def load_each(
            session: Session, delivery: Callable[[str], Delivery]
        ) -> Sequence[BatchResult]:
            return [
                load(session, SYSTEM, each.rows, delivery(each.source), **_refusals(each))
                for each in chain([first], coming)
            ]

        return self.run(context, warehouse, load_each, first.rows)


def ingest_asset(
    ingest: Ingest,
    *deps: str,
    partitions_def: dg.PartitionsDefinition[Any] = HOURLY,
    cron: str = "5 * * * *",
    tags: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the asset of one way in; its docstring describes it.

    Parameters
    ----------
    ingest:
        Which table it fills, and what is asked of it.
    deps:
        Providers and tables it reads, by `schema.table`.
    partitions_def:
        Hours, or days for what is known a day at a time.
    cron:
        When a live desk asks its providers.
    tags:
        More tags.

    Returns
    -------
    :
        A decorator that turns a function into the asset.
    """
    return table_asset(
        ingest.table,
        key=ingest.asset,
        group=Group.INGEST,
        owner=Owner.DATA,
        kinds=frozenset({"postgres", "pandas"}),
        deps=deps,
        partitions_def=partitions_def,
        automation_condition=live_only(PROFILE, poll(cron)),
        checks=ingest.specs(),
        tags=tags,
    )


def _preview(rows: pd.DataFrame | None) -> dict[str, dg.MetadataValue]:
    return {} if rows is None else {"preview": dg.MetadataValue.md(as_markdown(rows))}


def _refusals(handover: Handover) -> dict[str, pd.DataFrame]:
    given = {"rejected": handover.rejected, "corrected": handover.corrected}
    return {name: rows for name, rows in given.items() if rows is not None}


def _numbers(batches: Sequence[BatchResult]) -> dict[str, Any]:
    words = ("received", "accepted", "unchanged", "superseded", "quarantined")
    counts = {
        word: sum(int(getattr(batch, f"{word}_count")) for batch in batches) for word in words
    }
    return counts | {"dagster/partition_row_count": counts["accepted"] + counts["unchanged"]}
