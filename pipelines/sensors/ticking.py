"""What every tick of ours does: one bounded transaction at the desk's instant, and a heartbeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pipelines.resources import Warehouse
from warehouse.operations.engine import beat, limit_statements
from warehouse.queries.clock import read_clock

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OPS_INTERVAL_SECONDS: Final = 4
"""The daemon sleeps 5 s between looks, so 5 would often mean 10."""

DAILY_INTERVAL_SECONDS: Final = 60
"""A replayed day takes six minutes at the highest speed."""

CALM_INTERVAL_SECONDS: Final = 10
"""For what may wait a little: each tick costs half a second of a core."""

LONGEST_STATEMENT_SECONDS: Final = 5.0
MOST_BATCHES: Final = 10
"""Bounds a tick, whose time ends after 60 s; what is left is the next one's."""


@dataclass(frozen=True)
class Tick:
    """One transaction of a tick, and the desk's instant."""

    session: Session
    at: datetime


@contextmanager
def ticking(
    warehouse: Warehouse, component: str, *, every_seconds: int = OPS_INTERVAL_SECONDS
) -> Iterator[Tick]:
    """Open a tick's transaction; a part of the engine that fails leaves no heartbeat.

    Parameters
    ----------
    warehouse:
        The record, whose clock is the desk's.
    component:
        Name of the part that ticks.
    every_seconds:
        How often it should, by the server's clock.

    Yields
    ------
    :
        The transaction, and the instant that everything in it happens at.
    """
    with warehouse.transaction() as session:
        limit_statements(session, seconds=LONGEST_STATEMENT_SECONDS)
        clock = read_clock(session)
        yield Tick(session, clock.at)
        beat(session, component, at=clock.server_at, every_seconds=every_seconds)
