"""Transactions of the dashboard: always on behalf of somebody, at the desk's instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from warehouse.queries.clock import Clock, current_instant, read_clock
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@contextmanager
def reading(actor: Actor) -> Iterator[Session]:
    """Open a transaction that sees only what this person may see."""
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        yield session


@contextmanager
def acting(actor: Actor) -> Iterator[tuple[Session, datetime]]:
    """Open a transaction for one operation, with the desk's instant to pass in as `at`."""
    with reading(actor) as session:
        yield session, current_instant(session)


def desk_clock() -> Clock:
    """Read what time it is for the desk, and whether it is replayed."""
    with transaction(Access.DASHBOARD) as session:
        return read_clock(session)
