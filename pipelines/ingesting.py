"""What every ingest asset does around its own load: one transaction, its checks, its story."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.automation import live_only, poll
from pipelines.conventions import Group, Materialized, Owner, table_asset
from pipelines.freshness import OF_AN_HOUR
from pipelines.partitions import HOURLY, PROFILE, is_partitioned, partition_words
from pipelines.pictures import PREVIEW_ROWS, as_markdown, show_table
from pipelines.refusals import draw_quarantine
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


@dataclass
class Sample:
    """The first rows that came in, for the catalogue to show."""

    rows: pd.DataFrame | None = None

    def taken(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Keep a few of these rows if none are kept yet, and give all of them on."""
        if self.rows is None and not rows.empty:
            self.rows = rows.head(PREVIEW_ROWS)
        return rows

    @property
    def words(self) -> str:
        """Show them, without the columns that tell who travels."""
        return "No rows came in." if self.rows is None else as_markdown(self.rows)


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
        shown: Sample,
    ) -> Materialized:
        """Load in one transaction, judge what was loaded, and tell what happened."""
        from warehouse.operations.deliveries import Delivery
        from warehouse.queries.clock import current_instant

        partition = partition_words(context) if is_partitioned(context) else None
        with warehouse.transaction() as session:
            at = current_instant(session)
            batches = load(session, lambda source: Delivery(self.feed, source, partition, at))
            results = [check.result(session, batches) for check in self.checks]
            metadata = _numbers(batches) | {
                **show_table(session, self.table, shown.words),
                **self.draw(session),
                **draw_quarantine(session, self.feed),
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
        first = list(islice(coming, 1))  # asked for before the transaction is opened
        shown = Sample()

        def load_each(
            session: Session, delivery: Callable[[str], Delivery]
        ) -> Sequence[BatchResult]:
            return [
                load(
                    *(session, SYSTEM, shown.taken(each.rows), delivery(each.source)),
                    **_refusals(each),
                )
                for each in chain(first, coming)
            ]

        return self.run(context, warehouse, load_each, shown)


def ingest_asset(
    ingest: Ingest,
    *deps: str,
    partitions_def: dg.PartitionsDefinition[Any] = HOURLY,
    cron: str = "5 * * * *",
    freshness: dg.FreshnessPolicy = OF_AN_HOUR,
    lineage: Mapping[str, Sequence[dg.TableColumnDep]] | None = None,
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
    freshness:
        How old its newest delivery may be on a live desk.
    lineage:
        Columns of other assets that a column is made from.
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
        freshness=live_only(PROFILE, freshness),
        lineage=lineage,
        checks=ingest.specs(),
        tags=tags,
    )


def _refusals(handover: Handover) -> dict[str, pd.DataFrame]:
    given = {"rejected": handover.rejected, "corrected": handover.corrected}
    return {name: rows for name, rows in given.items() if rows is not None}


def _numbers(batches: Sequence[BatchResult]) -> dict[str, Any]:
    words = ("received", "accepted", "unchanged", "superseded", "quarantined")
    counts = {
        word: sum(int(getattr(batch, f"{word}_count")) for batch in batches) for word in words
    }
    return counts | {"dagster/partition_row_count": counts["accepted"] + counts["unchanged"]}
