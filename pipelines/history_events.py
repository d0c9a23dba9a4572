"""Tells Dagster of many partitions at once: its public call takes a transaction for each.

This is the one place that builds Dagster's own event records; the lock file keeps the version.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID

from pipelines.conventions import Materialized

EVENTS_PER_WRITE = 2_000


def report_materialized(
    instance: dg.DagsterInstance,
    asset: dg.AssetsDefinition,
    partitions: Sequence[str] | None,
    result: Materialized,
) -> None:
    """Record that partitions were materialized together; the last carries the metadata.

    An ephemeral instance, which writes one by one and forgets, is told of the last only.
    """
    keys: Sequence[str | None] = partitions or [None]
    if instance.is_ephemeral:
        keys = keys[-1:]
    metadata = dict(result.metadata or {})
    events = [_entry(asset.key, key, metadata if key == keys[-1] else {}) for key in keys]
    for start in range(0, len(events), EVENTS_PER_WRITE):
        instance.event_log_storage.store_event_batch(events[start : start + EVENTS_PER_WRITE])


def report_checks(
    instance: dg.DagsterInstance, asset: dg.AssetsDefinition, result: Materialized
) -> None:
    """Record what the checks found."""
    severity = {spec.name: spec.blocking for spec in asset.check_specs}
    for check in result.check_results or []:
        name = str(check.check_name)
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=asset.key,
                check_name=name,
                passed=check.passed,
                metadata=dict(check.metadata or {}),
                severity=check.severity,
                blocking=severity.get(name, False),
            )
        )


def _entry(asset: dg.AssetKey, partition: str | None, metadata: Mapping[str, Any]) -> EventLogEntry:
    event = dg.AssetMaterialization(asset, partition=partition, metadata=metadata)
    return EventLogEntry(  # type: ignore[no-untyped-call] # Dagster's own record
        error_info=None,
        level=logging.INFO,
        user_message="",
        run_id=RUNLESS_RUN_ID,
        timestamp=time.time(),
        job_name=RUNLESS_JOB_NAME,
        dagster_event=DagsterEvent(
            event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=RUNLESS_JOB_NAME,
            event_specific_data=StepMaterializationData(event),
        ),
    )
