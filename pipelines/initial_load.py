"""The first load: everything up to an instant through the real ingest assets, a range at a time.

Each asset's own function is called once with the whole range of its partitions, and what it did
is then reported to Dagster for every partition at once. A run over the same range would announce
each of its eight thousand hours in a transaction of its own, which takes minutes.

What names nothing of each other is loaded side by side, on two connections.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

import dagster as dg

from pipelines.assets.bookings import booking
from pipelines.assets.ingest import flight, flight_report
from pipelines.assets.reference import airport, carrier, hotel, traveller
from pipelines.assets.rooms import room_night
from pipelines.assets.weather import weather_forecast, weather_observation
from pipelines.conventions import Materialized
from pipelines.history_events import report_checks, report_materialized
from pipelines.partitions import HOURLY, last_complete_hour_key
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse

Progress = Callable[[str, int, int], None]
"""Told what was loaded, how many assets are done, and of how many."""

_PHASES = (
    ((airport, carrier),),
    ((flight,), (weather_observation, weather_forecast, hotel, traveller, room_night)),
    ((flight_report,), (booking,)),
)
"""Each phase names rows of those before; its lanes name nothing of each other."""


class HistoryRefused(Exception):
    """A blocking check failed, so what stands on the facts must not be built."""

    def __init__(self, asset: str, checks: Sequence[str]) -> None:
        self.asset, self.checks = asset, tuple(checks)
        super().__init__(f"{asset} was loaded but failed {', '.join(checks)}.")


@dataclass
class _Load:
    """One load: from whom, until which hour, and whom to tell."""

    until: datetime
    provider: EmbeddedProvider
    instance: dg.DagsterInstance | None
    progress: Progress | None
    done: int = 0
    lock: Lock = field(default_factory=Lock)

    def run(self, assets: Sequence[dg.AssetsDefinition]) -> None:
        """Load assets one after the other."""
        for asset in assets:
            keys = _partitions_until(asset, self.until)
            result = _materialize(asset, keys, self.provider)
            self._report(asset, keys, result)
            with self.lock:
                self.done += 1
                if self.progress is not None:
                    self.progress(asset.key.to_user_string(), self.done, _ASSET_COUNT)

    def _report(
        self, asset: dg.AssetsDefinition, keys: Sequence[str] | None, result: Materialized
    ) -> None:
        if self.instance is not None:
            report_checks(self.instance, asset, result)
        _refuse_failed(asset, result)
        if self.instance is not None:
            report_materialized(self.instance, asset, keys, result)


_ASSET_COUNT = sum(len(lane) for phase in _PHASES for lane in phase)


def load_history(
    until: datetime,
    *,
    instance: dg.DagsterInstance | None = None,
    progress: Progress | None = None,
    provider: EmbeddedProvider | None = None,
) -> None:
    """Load everything known by an instant, and the year's schedule, which is public beforehand.

    Loading again changes no row, so an interrupted load is simply repeated.

    Parameters
    ----------
    until:
        Instant, UTC: hours that end by then are loaded.
    instance:
        Where Dagster keeps what was materialized; None reports to nobody.
    progress:
        Told after each asset.
    provider:
        Whoever hands over the facts; None for the embedded year.

    Raises
    ------
    HistoryRefused
        A blocking check failed.
    """
    load = _Load(until, provider or EmbeddedProvider(), instance, progress)
    for lanes in _PHASES:
        with ThreadPoolExecutor(len(lanes)) as side_by_side:
            for lane in [side_by_side.submit(load.run, assets) for assets in lanes]:
                lane.result()


def _partitions_until(asset: dg.AssetsDefinition, until: datetime) -> Sequence[str] | None:
    """List the hours that are over at an instant; the schedule is known for the whole year."""
    if asset.partitions_def is None:
        return None
    keys = asset.partitions_def.get_partition_keys()
    if asset.partitions_def != HOURLY:
        return keys
    return keys[: keys.index(last_complete_hour_key(until)) + 1]


def _materialize(
    asset: dg.AssetsDefinition, keys: Sequence[str] | None, provider: EmbeddedProvider
) -> Materialized:
    resources: dict[str, Any] = {"warehouse": Warehouse(), "provider": provider}
    key_range = dg.PartitionKeyRange(keys[0], keys[-1]) if keys else None
    with dg.build_asset_context(partition_key_range=key_range) as context:
        result = asset(context, **resources)
    if not isinstance(result, dg.MaterializeResult):
        raise TypeError(f"{asset.key.to_user_string()} gave no MaterializeResult")
    return result


def _refuse_failed(asset: dg.AssetsDefinition, result: Materialized) -> None:
    blocking = {spec.name for spec in asset.check_specs if spec.blocking}
    failed = [
        str(check.check_name)
        for check in result.check_results or []
        if not check.passed and check.check_name in blocking
    ]
    if failed:
        raise HistoryRefused(asset.key.to_user_string(), failed)
