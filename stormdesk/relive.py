"""Relive a stretch of the past: facts by the hour, the engine's ticks and the people between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.partitions import day_key, hour_key
from pipelines.resources import Warehouse
from stormdesk.acts import act
from warehouse.operations.clock import set_replay_clock
from warehouse.operations.engine import finish_chapter
from warehouse.operations.notification_leases import return_leases
from warehouse.queries.engine import list_chapters
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    import dagster as dg

    from pipelines.delivery import Channels

STEP = timedelta(minutes=15)
HOUR = timedelta(hours=1)
WORKER = "relive"


@dataclass(frozen=True)
class Stage:
    """What a stretch is relived on: the graph's definitions, where runs are kept, the mail."""

    definitions: dg.Definitions
    instance: dg.DagsterInstance
    channels: Channels
    dashboard_url: str


def instants(start: datetime, until: datetime) -> Iterator[datetime]:
    """Give every quarter of an hour after `start` up to and including `until`."""
    at = start + STEP
    while at <= until:
        yield at
        at += STEP


def relive(
    stage: Stage,
    *,
    job: str,
    start: datetime,
    until: datetime,
    advance: Callable[[float], None],
) -> None:
    """Relive from `start` to `until`, a quarter of an hour at a time.

    Each instant has its chapters: at the full hour the facts of the hour that is over, at midnight
    (UTC) a look at the model, then what the engine does, and what people do. A chapter that is done
    is never done again, and one that was cut short is done again with the same end, so a killed run
    goes on where it stopped.

    Parameters
    ----------
    stage:
        What to relive it on.
    job:
        Names the stretch, for its chapters.
    start:
        The replay stands here before the first step, UTC.
    until:
        The last instant, UTC.
    advance:
        Told 1 for each instant.
    """
    done = _resume(job, start)
    for at in instants(start, until):
        _relive_instant(stage, job, at, done)
        advance(1)


def _resume(job: str, at: datetime) -> frozenset[str]:
    """Name what is done, and give back what a killed run had claimed under the same name."""
    with transaction(Access.PIPELINE) as session:
        return_leases(session, worker=WORKER, at=at)
        return list_chapters(session, job)


def _relive_instant(stage: Stage, job: str, at: datetime, done: frozenset[str]) -> None:
    if _chapter(at, "people") in done:
        return
    with transaction(Access.PIPELINE) as session:
        set_replay_clock(session, SYSTEM, replayed_at=at, speed=0)
    for name, do in _chapters(stage, at):
        chapter = _chapter(at, name)
        if chapter not in done:
            do()
            with transaction(Access.PIPELINE) as session:
                finish_chapter(session, job, chapter, at=at)


def _chapters(stage: Stage, at: datetime) -> Iterator[tuple[str, Callable[[], None]]]:
    if not at.minute:
        yield "facts", lambda: _refresh_hour(stage, at)
    if at.hour == at.minute == 0:
        yield "day", lambda: _watch_day(stage, at)
    yield "engine", lambda: _tick(stage)
    yield "people", lambda: act(at)


def _chapter(at: datetime, name: str) -> str:
    return f"{at:%Y-%m-%dT%H:%M} {name}"


def _refresh_hour(stage: Stage, at: datetime) -> None:
    """Bring in, predict and raise for the hour that has just ended, through the asset graph."""
    stage.definitions.resolve_job_def("refresh_hour").execute_in_process(
        partition_key=hour_key(at - HOUR), instance=stage.instance, raise_on_error=True
    )


def _watch_day(stage: Stage, at: datetime) -> None:
    """Watch the release in force as of the day that begins, as a sensor does from then on."""
    stage.definitions.resolve_job_def("watch_day").execute_in_process(
        partition_key=day_key(at), instance=stage.instance, raise_on_error=True
    )


def _tick(stage: Stage) -> None:
    """Do what the sensors do in a tick, in the order of what hangs on what."""
    from pipelines.delivery import deliver_due
    from pipelines.sensors.escalation import escalate_due
    from pipelines.sensors.fallbacks import fall_back_due
    from pipelines.sensors.sweeps import sweep_due

    warehouse = Warehouse()
    sweep_due(warehouse)
    escalate_due(warehouse)
    fall_back_due(warehouse)
    deliver_due(warehouse, stage.channels, worker=WORKER, dashboard_url=stage.dashboard_url)
