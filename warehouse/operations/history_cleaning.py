"""Remove history that is older than the retention policy keeps, a bounded batch at a time.

What may go is decided in Postgres: these roles may delete nothing by themselves, and the functions
they may call compare with the policy and the database's own clock, whatever instant they are told.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.queries.retention import get_retention
from warehouse.rules.retention import Retained
from warehouse.vocabulary import SYSTEM

AUDIT_ENTRIES = "audit.entry"
CLEANERS: Mapping[str, Retained] = {
    "notifications": Retained.NOTIFICATION,
    "alerts": Retained.ALERT,
    "sessions": Retained.SESSION,
    "sign_in_attempts": Retained.SIGN_IN_ATTEMPT,
    "quarantine": Retained.QUARANTINE,
    "predictions": Retained.PREDICTION,
    "feature_rows": Retained.PREDICTION,
}
"""Functions of schema `engine`, in the order in which one makes room for the next."""

_ONE_DROPPER = text("SELECT pg_try_advisory_xact_lock(hashtext('audit.drop'))")
# The seals left, as far as each is older than the policy keeps by the server's clock.
_DROP = text(
    """
    WITH left_over AS (
      SELECT seal.seal_number, coalesce(seal.recorded_at, (SELECT max(entry.recorded_at)
        FROM audit.entry WHERE entry.xid >= seal.from_xid AND entry.xid < seal.until_xid))
        < clock_timestamp() - make_interval(days => :days) AS is_due
      FROM audit.seal
      WHERE seal.seal_number > (SELECT coalesce(max(seal_number), 0) FROM audit.dropped_window)
      ORDER BY seal.seal_number LIMIT :limit
    ), due AS (
      SELECT seal_number, bool_and(is_due) OVER (ORDER BY seal_number) AS is_due FROM left_over
    )
    INSERT INTO audit.dropped_window (seal_number)
    SELECT seal_number FROM due WHERE is_due ORDER BY seal_number
    RETURNING seal_number, entry_count, retention_version_id
    """
)


def clean_history(session: Session, *, at: datetime, limit: int) -> dict[str, int]:
    """Remove one batch of each kind of history, the oldest first; the audit is dropped apart.

    Safe from any number of callers: each takes rows that no other holds. Nothing live is removed,
    nor what a live row refers to; a closed alert lets go of the one before it. Alerts that a
    hand-over note names or whose rooms were booked stay.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    at:
        The desk's instant, UTC; one its clock has not reached is refused by Postgres.
    limit:
        Rows of each kind at most; what hangs on an alert comes on top.

    Returns
    -------
    :
        Rows removed, by table; tables without any are left out.
    """
    total: Counter[str] = Counter()
    for cleaner, kind in CLEANERS.items():
        total.update(_clean(session, cleaner, kind, at=at, limit=limit))
    return dict(total)


def _clean(
    session: Session, cleaner: str, kind: Retained, *, at: datetime, limit: int
) -> dict[str, int]:
    rows = session.execute(
        text(f"SELECT what, gone FROM engine.clean_{cleaner}(:at, :limit) WHERE gone > 0"),  # noqa: S608 - names of ours
        {"at": at, "limit": limit},
    )
    gone = {row.what: int(row.gone) for row in rows}
    if gone:
        version_id = get_retention(session, at=at).retention_version_id
        after = {"kind": kind.value, "removed": gone}
        _record(session, "retention_version", version_id, after, at=at)
    return gone


def drop_sealed_windows(session: Session, *, at: datetime, limit: int) -> int:
    """Drop the entries of the oldest sealed windows the policy keeps no longer; seals stay.

    One caller drops at a time, another meanwhile does nothing. Postgres refuses a window that is
    too young, that is not the oldest left, or that does not hold: it is evidence.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    at:
        The desk's instant, UTC, at which this is told. Age goes by the server's clock.
    limit:
        Windows at most.

    Returns
    -------
    :
        How many windows were dropped.
    """
    if not session.scalar(_ONE_DROPPER):
        return 0
    days = get_retention(session, at=at).policy.days[Retained.AUDIT]
    rows = session.execute(_DROP, {"days": days, "limit": limit}).all()
    if rows:
        numbers = [row.seal_number for row in rows]
        after = {
            "kind": Retained.AUDIT.value,
            "first_seal": min(numbers),
            "last_seal": max(numbers),
            "removed": {AUDIT_ENTRIES: sum(row.entry_count for row in rows)},
        }
        _record(session, "retention_version", rows[0].retention_version_id, after, at=at)
    return len(rows)


def _record(
    session: Session, noun: str, noun_id: int, after: Mapping[str, object], *, at: datetime
) -> None:
    audit.record(session, SYSTEM, AuditTag.HISTORY_CLEANED, noun, noun_id, at=at, after=after)
