"""What every asset of ours carries, and the decorator that sees to it."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.partitions import SINGLE_RUN
from warehouse.queries.tables import ColumnDescription, describe_table

LANE_TAG = "stormdesk/lane"
BACKFILL_TAG = "dagster/backfill"
ORIGINS_NAMED = 3
NO_ASSETS = ("feeds.batch.", "people.", "engine.", "alerting.escalation_policy")
"""Tables that no asset of the graph fills."""

if TYPE_CHECKING:
    Materialized = dg.MaterializeResult[None]
else:
    Materialized = dg.MaterializeResult  # Dagster recognises only the bare class beside checks


class Lane(StrEnum):
    """Which runs share slots: limits in dagster.yaml keep one free for ops."""

    LIVE = "live"
    OPS = "ops"
    TRAIN = "train"
    BACKFILL = "backfill"
    UPKEEP = "upkeep"


class Group(StrEnum):
    """Where in the asset graph an asset stands."""

    SOURCES = "sources"
    INGEST = "ingest"
    FEATURES = "features"
    TRAINING = "training"
    PREDICTIONS = "predictions"
    ALERTS = "alerts"
    OPS = "ops"
    DASHBOARD = "dashboard"


class Owner(StrEnum):
    """Which team answers for an asset."""

    DATA = "team:data-engineering"
    SCIENCE = "team:data-science"
    DESK = "team:desk"


def lane_tags(lane: Lane) -> dict[str, str]:
    """Give the tags that put a run into a lane."""
    return {LANE_TAG: lane.value}


def is_live(tags: Mapping[str, str]) -> bool:
    """Tell whether a run is about the present: in the live lane, and no part of a backfill."""
    return tags.get(LANE_TAG) == Lane.LIVE and BACKFILL_TAG not in tags


def key_of(name: str) -> dg.AssetKey:
    """Give the asset key of `schema.table` or `schema/table`."""
    return dg.AssetKey(name.replace("/", ".").split("."))


def table_asset(
    table: str,
    *,
    group: Group,
    owner: Owner,
    key: str | None = None,
    kinds: frozenset[str] = frozenset({"postgres"}),
    deps: Sequence[str | dg.AssetDep] = (),
    partitions_def: dg.PartitionsDefinition[Any] | None = None,
    automation_condition: dg.AutomationCondition[Any] | None = None,
    freshness: dg.FreshnessPolicy | None = None,
    checks: Sequence[dg.AssetCheckSpec] = (),
    lineage: Mapping[str, Sequence[dg.TableColumnDep]] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the asset that writes one table of the warehouse; its docstring describes it.

    Parameters
    ----------
    table:
        Schema and table, as in `travel.flight`; the asset is called after it.
    group:
        Where in the graph it stands.
    owner:
        Team that answers for it.
    key:
        Another name, for an asset that adds to a table a second asset writes.
    kinds:
        Icons in Dagster's graph.
    deps:
        Assets it reads, by `schema.table`.
    partitions_def:
        Hours or days; a range of them is always one run.
    automation_condition:
        When it runs by itself.
    freshness:
        How old what it last did may be.
    checks:
        What it judges itself and hands back in its result.
    lineage:
        Columns of other assets that a column is made from, beyond those it refers to by key.
    tags:
        More tags.

    Returns
    -------
    :
        A decorator that turns a function into the asset.
    """
    return dg.asset(
        key=key_of(key or table),
        group_name=group.value,
        owners=[owner.value],
        kinds=set(kinds),
        deps=[key_of(dep) if isinstance(dep, str) else dep for dep in deps],
        partitions_def=partitions_def,
        backfill_policy=None if partitions_def is None else SINGLE_RUN,
        automation_condition=automation_condition,
        freshness_policy=freshness,
        check_specs=list(checks) or None,
        metadata=table_metadata(table, lineage),
        tags=tags,
    )


def table_metadata(
    table: str, lineage: Mapping[str, Sequence[dg.TableColumnDep]] | None = None
) -> dict[str, Any]:
    """Give what Dagster's catalogue shows of a table: name, storage, columns and their origin."""
    origins = _references(table) | dict(lineage or {})
    metadata: dict[str, Any] = {
        "dagster/table_name": table,
        "dagster/storage_kind": "postgres",
        "dagster/column_schema": column_schema(table, origins),
    }
    if origins:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(origins)
    return metadata


def _references(table: str) -> dict[str, Sequence[dg.TableColumnDep]]:
    """Trace the columns that name a row of another asset to that asset."""
    return {
        column.name: column_deps(column.references)
        for column in describe_table(table).columns
        if column.references and not column.references.startswith(NO_ASSETS)
    }


def column_schema(table: str, origins: Mapping[str, Sequence[dg.TableColumnDep]]) -> dg.TableSchema:
    """Give the columns of a table as the warehouse's models declare them, with their origins."""
    columns = describe_table(table).columns
    keys = [column.name for column in columns if column.is_key]
    return dg.TableSchema([
        _column(column, origins.get(column.name, ()), keys) for column in columns
    ])


def column_deps(*columns: str) -> list[dg.TableColumnDep]:
    """Name columns as `schema.table.column`, for lineage."""
    parts = [column.rsplit(".", 1) for column in columns]
    return [dg.TableColumnDep(asset_key=key_of(table), column_name=name) for table, name in parts]


def same_columns(table: str, *names: str) -> dict[str, Sequence[dg.TableColumnDep]]:
    """Say that columns are taken from the columns of that name in another asset."""
    return {name: column_deps(f"{table}.{name}") for name in names}


def _column(
    column: ColumnDescription, origins: Sequence[dg.TableColumnDep], keys: Sequence[str]
) -> dg.TableColumn:
    is_shared_key = column.is_key and len(keys) > 1
    return dg.TableColumn(
        name=column.name,
        type=column.type,
        description=f"{column.description}{_origin_words(origins)}",
        constraints=dg.TableColumnConstraints(
            nullable=column.is_nullable,
            unique=keys == [column.name],
            other=[f"key: {', '.join(keys)}"] if is_shared_key else [],
        ),
    )


def _origin_words(origins: Sequence[dg.TableColumnDep]) -> str:
    # Dagster's own pages leave column lineage out, so the words of a column say it too.
    if not origins:
        return ""
    named = [f"{each.asset_key.to_user_string()}.{each.column_name}" for each in origins]
    others = len(named) - ORIGINS_NAMED
    more = f" and {others} more" if others > 0 else ""
    return f" (from {', '.join(named[:ORIGINS_NAMED])}{more})"
