"""Connections to the record: engines from settings, and the only place that commits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from warehouse.errors import ConfigurationRefused
from warehouse.vocabulary import Actor, Role


class Access(StrEnum):
    """As whom to connect; each value is the environment variable that holds its URL."""

    OWNER = "STORMDESK_DATABASE_URL"
    PIPELINE = "STORMDESK_PIPELINE_DATABASE_URL"
    DASHBOARD = "STORMDESK_DASHBOARD_DATABASE_URL"


_OPENED: WeakSet[psycopg.Connection[Any]] = WeakSet()


@cache
def engine(access: Access = Access.PIPELINE) -> Engine:
    """Give the pooled engine of one database role.

    Returns
    -------
    :
        The same engine for the same role, until `forget_engines`.

    Raises
    ------
    ConfigurationRefused
        The environment variable that should hold the role's URL is not set.
    """
    url = os.environ.get(access.value)
    if not url:
        raise ConfigurationRefused(
            f"{access.value} is not set: start through `stormdesk up`, "
            "or set it to a postgresql+psycopg:// URL."
        )
    created = create_engine(
        url,
        pool_pre_ping=True,
        connect_args={
            "application_name": f"stormdesk-{access.name.lower()}",
            "options": "-c timezone=UTC -c lock_timeout=5s "
            "-c idle_in_transaction_session_timeout=600s",
        },
    )
    event.listen(created, "connect", _remember)
    return created


def forget_engines() -> None:
    """Dispose of every pooled connection, so that the next call reads the environment anew."""
    for access in Access:
        if os.environ.get(access.value):
            engine(access).dispose()
    engine.cache_clear()
    # What another thread was just handing back has no pool any more to close it.
    for connection in list(_OPENED):
        if connection.info.transaction_status == TransactionStatus.IDLE:
            connection.close()


def _remember(connection: psycopg.Connection[Any], _record: object) -> None:
    _OPENED.add(connection)


@contextmanager
def transaction(
    access: Access = Access.PIPELINE, *, on_behalf_of: Actor | None = None
) -> Iterator[Session]:
    """Open one transaction; it commits when the block ends and rolls back if it raises.

    Parameters
    ----------
    access:
        As whom to connect.
    on_behalf_of:
        The person whose rows may be seen. Row-level security shows the dashboard role nothing
        without one, a customer only their own trips, and staff everything.

    Yields
    ------
    :
        An open session; it must not be committed or rolled back by hand.
    """
    with Session(engine(access), expire_on_commit=False) as session, session.begin():
        if on_behalf_of is not None:
            session.execute(_SET_SCOPE, _scope_of(on_behalf_of))
        yield session


_SET_SCOPE = text(
    "SELECT set_config('stormdesk.scope', :scope, true),"
    " set_config('stormdesk.user_id', :user_id, true),"
    " set_config('stormdesk.traveller_id', :traveller_id, true)"
)


def _scope_of(actor: Actor) -> dict[str, str]:
    return {
        "scope": _scope_name(actor),
        "user_id": str(actor.user_id or ""),
        "traveller_id": str(actor.traveller_id or ""),
    }


def _scope_name(actor: Actor) -> str:
    if actor.is_system or actor.roles & {Role.AGENT, Role.MANAGER, Role.ADMIN}:
        return "staff"
    return "analyst" if Role.ANALYST in actor.roles else "customer"
