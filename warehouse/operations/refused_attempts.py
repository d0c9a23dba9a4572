"""Keep in the audit history what somebody tried and no role of theirs allows.

A refusal undoes the transaction it is raised in. So its entry is written in another one, by whoever
owns both: the dashboard's and the command line's transactions are opened inside `keeping_refusals`.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import PermissionRefused
from warehouse.operations import audit
from warehouse.queries.clock import Clock, read_clock
from warehouse.schema.audit import Entry

Opened = Callable[[], AbstractContextManager[Session]]

MOST_IN_WINDOW = 20
"""Entries of one person within the window, whatever they try: nobody is refused so often by
mistake, and whoever hammers a button adds no more than these to the history."""
WINDOW = timedelta(minutes=1)
LAST_WORDS = "What else they try within a minute is not written."

_LOG = logging.getLogger("stormdesk.audit")


@contextmanager
def keeping_refusals(opened: Opened) -> Iterator[None]:
    """Keep that what is done inside was refused for want of a permission; the refusal goes on.

    Parameters
    ----------
    opened:
        Opens a transaction for the entry, as the one that is undone was opened.

    Yields
    ------
    :
        Nothing; the transaction whose refusals are kept is opened inside.

    Raises
    ------
    PermissionRefused
        As it was raised inside, whether or not its entry could be written.
    """
    try:
        yield
    except PermissionRefused as refusal:
        keep_refusal(opened, refusal)
        raise


def keep_refusal(opened: Opened, refusal: PermissionRefused) -> None:
    """Write the entry of a refused attempt in a transaction of its own, or say in the log why not.

    Parameters
    ----------
    opened:
        Opens the transaction.
    refusal:
        Who tried what, on what, and why it was refused.
    """
    try:
        with opened() as session:
            record_refused_attempt(session, refusal, clock=read_clock(session))
    except Exception:  # noqa: BLE001 - whatever keeps the entry from being written, the refusal stands
        _LOG.exception(
            "a refused attempt is not in the audit history: %s tried to %s %s %s",
            refusal.actor.username,
            refusal.act,
            refusal.noun,
            refusal.noun_id,
        )


def record_refused_attempt(session: Session, refusal: PermissionRefused, *, clock: Clock) -> bool:
    """Append the entry of a refused attempt, unless its actor has enough of them by now.

    Parameters
    ----------
    session:
        A transaction of its own; other attempts of the same person wait until it ends.
    refusal:
        Who tried what, on what, and why it was refused.
    clock:
        The desk's instant for the entry, and the server's for how often.

    Returns
    -------
    :
        False where `MOST_IN_WINDOW` entries of theirs are within the last minute already; the
        last of those says that no more are written.
    """
    actor = refusal.actor
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"refused {actor.username}"))))
    written = _count_written(session, actor.username, clock)
    if written >= MOST_IN_WINDOW:
        return False
    reason = f"{refusal} {LAST_WORDS}" if written == MOST_IN_WINDOW - 1 else str(refusal)
    audit.record(
        session,
        actor,
        AuditTag.PERMISSION_REFUSED,
        refusal.noun,
        refusal.noun_id,
        at=clock.at,
        after={"permission": refusal.permission.value, "act": refusal.act},
        reason=reason,
    )
    return True


def _count_written(session: Session, username: str, clock: Clock) -> int:
    newest = (
        select(Entry.entry_id)
        .where(Entry.tag == AuditTag.PERMISSION_REFUSED.value, Entry.actor_username == username)
        .where(Entry.recorded_at > clock.server_at - WINDOW)
        .limit(MOST_IN_WINDOW)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(newest)) or 0
