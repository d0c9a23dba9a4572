"""Transactions of the dashboard: always on behalf of somebody, at the desk's instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from warehouse.errors import PermissionRefused
from warehouse.operations import refused_attempts
from warehouse.queries.clock import Clock, current_instant, read_clock
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@contextmanager
def reading(actor: Actor) -> Iterator[Session]:
    """Open a transaction that sees only what this person may see; what it refuses them is kept."""
    opened = partial(transaction, Access.DASHBOARD, on_behalf_of=actor)
    with refused_attempts.keeping_refusals(opened), opened() as session:
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


def keep_refusal(actor: Actor, refusal: PermissionRefused) -> None:
    """Put what the gate refused somebody into the audit history."""
    refused_attempts.keep_refusal(
        partial(transaction, Access.DASHBOARD, on_behalf_of=actor), refusal
    )
