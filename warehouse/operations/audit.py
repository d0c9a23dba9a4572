"""Append to the audit history; called by the other operations, in their transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.schema.audit import Entry
from warehouse.vocabulary import Actor

Facts = Mapping[str, Any]

# Straight to the table, which spares every entry the work of mapping it to an object. Inline:
# without RETURNING, row-level security need not show the new entry to its author.
_APPEND = insert(cast("Table", Entry.__table__)).inline()


def record(
    session: Session,
    actor: Actor,
    tag: AuditTag,
    noun: str,
    noun_id: int | None,
    *,
    at: datetime,
    before: Facts | None = None,
    after: Facts | None = None,
    reason: str | None = None,
) -> None:
    """Append one entry: who did what to what, from what to what, and why.

    Parameters
    ----------
    session:
        Transaction of the change itself, so that both stand or neither does.
    actor:
        Who acts, with the roles held at that moment.
    tag:
        What happened.
    noun:
        What it happened to: "alert", "user", "fallback_action"…
    noun_id:
        Its identifier; None when the act has no single row.
    at:
        Instant of the act, UTC (the replayed one in a replay).
    before:
        What the changed columns held.
    after:
        What they hold now.
    reason:
        Why, in the words of whoever acted.
    """
    record_many(session, actor, tag, noun, [(noun_id, before, after)], at=at, reason=reason)


def record_many(
    session: Session,
    actor: Actor,
    tag: AuditTag,
    noun: str,
    changes: Sequence[tuple[int | None, Facts | None, Facts | None]],
    *,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Append one entry per change of `(identifier, before, after)`; nothing for none.

    Parameters
    ----------
    session:
        Transaction of the changes themselves.
    actor:
        Who acts.
    tag:
        What happened to each.
    noun:
        What each of them is.
    changes:
        Identifier, state before and state after, in order.
    at:
        Instant of the act, UTC.
    reason:
        Why, for all of them.
    """
    rows = [
        {
            "at": at,
            "actor_user_id": actor.user_id,
            "actor_username": actor.username,
            "actor_roles": ",".join(sorted(actor.roles)),
            "tag": tag.value,
            "noun": noun,
            "noun_id": noun_id,
            "before": None if before is None else dict(before),
            "after": None if after is None else dict(after),
            "reason": reason,
            "source": actor.source.value,
        }
        for noun_id, before, after in changes
    ]
    if rows:
        # One row goes as one plain statement: a list would open a pipeline for it.
        session.execute(_APPEND, rows[0] if len(rows) == 1 else rows)
