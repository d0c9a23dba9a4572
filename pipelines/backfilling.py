"""Backfills: a range of partitions in one run an asset, and no good partition redone for a bad one.

A run over a range succeeds or fails as a whole. One that failed is cut in halves until what fails
is single partitions: those stay failed, where Dagster shows them, and the rest is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

import dagster as dg
from dagster import AssetPartitionStatus

from pipelines.abandoned import process_tags
from pipelines.conventions import BACKFILL_TAG, Lane, lane_tags
from pipelines.partitions import Window

FIRST_TAG: Final = "dagster/asset_partition_range_start"
LAST_TAG: Final = "dagster/asset_partition_range_end"
ONE_TAG: Final = "dagster/partition"

Progress = Callable[[str, int, int], None]
"""Told which asset, how many of its partitions are done, and of how many."""


class Which(StrEnum):
    """Which partitions of a range a backfill is about."""

    ALL = "all"
    MISSING = "missing"
    FAILED = "failed"


class BackfillRefused(Exception):
    """A backfill was asked for that makes no sense; the message says what would."""


@dataclass(frozen=True, slots=True)
class FailedPartition:
    """One partition that could not be loaded, and why."""

    asset: str
    partition: str
    reason: str


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What became of one asset: partitions loaded, in how many runs, and those that failed."""

    asset: str
    loaded: int
    runs: int
    failed: tuple[FailedPartition, ...]


def choose_assets(
    assets: Sequence[dg.AssetsDefinition], names: Iterable[str]
) -> list[dg.AssetsDefinition]:
    """Find assets by name, in the order in which they stand on one another.

    Parameters
    ----------
    assets:
        Every partitioned asset, inputs before what is made of them.
    names:
        As in the graph, `travel/flight`, or as their tables, `travel.flight`.

    Returns
    -------
    :
        The chosen ones.

    Raises
    ------
    BackfillRefused
        No asset is called so.
    """
    known = {asset.key.to_user_string(): asset for asset in assets}
    wanted = {name.strip().replace(".", "/") for name in names}
    if unknown := sorted(wanted - known.keys()):
        raise BackfillRefused(
            f"There is no partitioned asset {', '.join(unknown)}; there are {', '.join(known)}."
        )
    return [asset for name, asset in known.items() if name in wanted]


def backfill(
    assets: Sequence[dg.AssetsDefinition],
    window: Window,
    *,
    instance: dg.DagsterInstance,
    resources: Mapping[str, Any],
    backfill_id: str,
    which: Which = Which.ALL,
    progress: Progress | None = None,
) -> Iterator[Backfilled]:
    """Load the partitions of a window, asset by asset; loading one again changes no row.

    Parameters
    ----------
    assets:
        Inputs before what is made of them.
    window:
        Partitions that begin within it.
    instance:
        Where Dagster keeps what happened.
    resources:
        What the assets are handed.
    backfill_id:
        By which Dagster shows the runs together.
    which:
        All partitions, those never loaded, or those whose newest run failed.
    progress:
        Told after each run.

    Yields
    ------
    :
        What became of each asset.
    """
    for asset in assets:
        keys = _chosen(asset, window, instance, which)
        run = _Run(asset, instance, resources, backfill_id, len(keys), progress)
        run.load([list(piece) for piece in _neighbours(asset, keys)])
        name = asset.key.to_user_string()
        yield Backfilled(name, run.done - len(run.failed), run.count, tuple(run.failed))


class _Run:
    """The runs of one asset."""

    def __init__(
        self,
        asset: dg.AssetsDefinition,
        instance: dg.DagsterInstance,
        resources: Mapping[str, Any],
        backfill_id: str,
        total: int,
        progress: Progress | None,
    ) -> None:
        self.asset, self.instance, self.resources = asset, instance, resources
        self.backfill_id, self.total, self.progress = backfill_id, total, progress
        self.done, self.count = 0, 0
        self.failed: list[FailedPartition] = []

    def load(self, pieces: list[list[str]]) -> None:
        """Load stretches of partitions; a stretch that fails is tried again as its two halves."""
        while pieces:
            keys = pieces.pop(0)
            reason = self._once(keys)
            if reason is not None and len(keys) > 1:
                middle = len(keys) // 2
                pieces[:0] = [keys[:middle], keys[middle:]]
                continue
            if reason is not None:
                name = self.asset.key.to_user_string()
                self.failed.append(FailedPartition(name, keys[0], reason))
            self.done += len(keys)
            if self.progress is not None:
                self.progress(self.asset.key.to_user_string(), self.done, self.total)

    def _once(self, keys: Sequence[str]) -> str | None:
        """Run one stretch; give why it failed, None if it did not."""
        self.count += 1
        result = dg.materialize(
            [self.asset],
            instance=self.instance,
            resources=self.resources,
            raise_on_error=False,
            tags=lane_tags(Lane.BACKFILL)
            | process_tags()
            | {BACKFILL_TAG: self.backfill_id}
            | _span(keys),
        )
        return None if result.success else _reason(result)


def _chosen(
    asset: dg.AssetsDefinition, window: Window, instance: dg.DagsterInstance, which: Which
) -> list[str]:
    partitions = _partitions_of(asset)
    keys = [
        key
        for key in partitions.get_partition_keys()
        if window.start <= partitions.time_window_for_partition_key(key).start < window.end
    ]
    if which is Which.ALL or not keys:
        return keys
    statuses = instance.get_status_by_partition(asset.key, keys, partitions) or {}
    wanted = None if which is Which.MISSING else AssetPartitionStatus.FAILED
    return [key for key in keys if statuses.get(key) == wanted]


def _neighbours(asset: dg.AssetsDefinition, keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut keys where others lie between them: a range is all that lies in it."""
    if not keys:
        return
    all_keys = _partitions_of(asset).get_partition_keys()
    place = {key: number for number, key in enumerate(all_keys)}
    first = 0
    for number, (before, after) in enumerate(pairwise(keys), start=1):
        if place[after] != place[before] + 1:
            yield keys[first:number]
            first = number
    yield keys[first:]


def _partitions_of(asset: dg.AssetsDefinition) -> dg.TimeWindowPartitionsDefinition:
    partitions = asset.partitions_def
    if not isinstance(partitions, dg.TimeWindowPartitionsDefinition):
        raise TypeError(f"{asset.key.to_user_string()} is not partitioned by time")
    return partitions


def _span(keys: Sequence[str]) -> dict[str, str]:
    if len(keys) == 1:
        return {ONE_TAG: keys[0]}
    return {FIRST_TAG: keys[0], LAST_TAG: keys[-1]}


def _reason(result: dg.ExecuteInProcessResult) -> str:
    """Say in a line why a run failed: what was raised first, or the check that stopped it."""
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            cause = error.cause or error
            return " ".join(cause.message.split())
    failed = [
        check.check_name for check in result.get_asset_check_evaluations() if not check.passed
    ]
    return f"failed {', '.join(failed)}" if failed else "failed"
