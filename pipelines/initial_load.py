"""The first load: everything up to an instant through the real ingest assets, a range at a time.

Each asset's own function is called once with the whole range of its partitions, and what it did
is then reported to Dagster for every partition at once. A run over the same range would announce
each of its eight thousand hours in a transaction of its own, which takes minutes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg

from pipelines.assets.ingest import (
    booking,
    flight,
    flight_report,
    room_night,
    weather_forecast,
    weather_observation,
)
from pipelines.assets.reference import airport, carrier, hotel, traveller
from pipelines.conventions import Materialized
from pipelines.history_events import report_checks, report_materialized
from pipelines.partitions import DAILY, HOURLY, last_complete_hour_key
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse

Progress = Callable[[str, int, int], None]
"""Told what was loaded, how many assets are done, and of how many."""

_UNPARTITIONED = (airport, carrier, hotel, traveller)
_KNOWN_BY_THE_HOUR = (
    flight_report,
    weather_observation,
    weather_forecast,
    booking,
    room_night,
)


class HistoryRefused(Exception):
    """A blocking check failed, so what stands on the facts must not be built."""

    def __init__(self, asset: str, checks: Sequence[str]) -> None:
        self.asset, self.checks = asset, tuple(checks)
        super().__init__(f"{asset} was loaded but failed {', '.join(checks)}.")


@dataclass(frozen=True)
class _Step:
    """One asset and the partitions of it to load; None where it has none."""

    asset: dg.AssetsDefinition
    keys: Sequence[str] | None


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
    steps = _list_steps(until)
    for done, step in enumerate(steps, start=1):
        name = step.asset.key.to_user_string()
        result = _materialize(step, provider or EmbeddedProvider())
        if instance is not None:
            report_checks(instance, step.asset, result)
        _refuse_failed(step.asset, name, result)
        if instance is not None:
            report_materialized(instance, step.asset, step.keys, result)
        if progress is not None:
            progress(name, done, len(steps))


def _list_steps(until: datetime) -> list[_Step]:
    hours = HOURLY.get_partition_keys()
    hours = hours[: hours.index(last_complete_hour_key(until)) + 1]
    return [
        *[_Step(asset, None) for asset in _UNPARTITIONED],
        _Step(flight, DAILY.get_partition_keys()),
        *[_Step(asset, hours) for asset in _KNOWN_BY_THE_HOUR],
    ]


def _materialize(step: _Step, provider: EmbeddedProvider) -> Materialized:
    resources: dict[str, Any] = {"warehouse": Warehouse(), "provider": provider}
    keys = dg.PartitionKeyRange(step.keys[0], step.keys[-1]) if step.keys else None
    with dg.build_asset_context(partition_key_range=keys) as context:
        result = step.asset(context, **resources)
    if not isinstance(result, dg.MaterializeResult):
        raise TypeError(f"{step.asset.key.to_user_string()} gave no MaterializeResult")
    return result


def _refuse_failed(asset: dg.AssetsDefinition, name: str, result: Materialized) -> None:
    blocking = {spec.name for spec in asset.check_specs if spec.blocking}
    failed = [
        str(check.check_name)
        for check in result.check_results or []
        if not check.passed and check.check_name in blocking
    ]
    if failed:
        raise HistoryRefused(name, failed)
