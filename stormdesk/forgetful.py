"""A Dagster instance that keeps no events, for a run of the graph that nobody looks at afterwards.

Dagster writes some hundred events for an hour of facts and reads others back to link them. The
demo's report comes from the record alone, so keeping them would cost a fifth of its time for
nothing. Runs, steps and blocking checks work as everywhere: they follow the events as they pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg
from dagster._core.event_api import EventRecordsResult
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage


class ForgetfulEventLog(InMemoryEventLogStorage):
    """Takes every event and keeps none, so there is never one to read back."""

    def store_event(self, event: Any) -> None:
        """Let an event pass."""

    def store_event_batch(self, events: Sequence[Any]) -> None:
        """Let events pass."""

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> list[Any]:  # noqa: ARG002 (the interface)
        """Know of no asset."""
        return []

    def fetch_materializations(self, *_asked: Any, **_limits: Any) -> EventRecordsResult:
        """Know of no materialization."""
        return EventRecordsResult([], "", has_more=False)

    def fetch_observations(self, *_asked: Any, **_limits: Any) -> EventRecordsResult:
        """Know of no observation."""
        return EventRecordsResult([], "", has_more=False)


def forgetful_instance() -> dg.DagsterInstance:
    """Make an ephemeral instance, as Dagster's own but for the event log.

    Returns
    -------
    :
        A context manager, as every instance.
    """
    return dg.DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),  # type: ignore[no-untyped-call] # Dagster's own
        run_storage=InMemoryRunStorage(),
        event_storage=ForgetfulEventLog(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )
