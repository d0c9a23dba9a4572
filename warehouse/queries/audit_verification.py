"""Recompute every seal of the audit history, and name whatever was tampered with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.rules.retention import LEAST_DAYS, Retained
from warehouse.rules.sealed_history import (
    SealFault,
    SealHead,
    SealRecord,
    Window,
    list_backdated_windows,
    list_dropped,
    list_faults,
)

MOST_NAMED = 5
DATED_BY_THEIR_HOUR = (
    AuditTag.FEED_LOADED,
    AuditTag.INVENTORY_REPORTED,
    AuditTag.PREDICTIONS_STORED,
)
"""What a backfill writes long after the hours it is about."""
LEAST_AUDIT_DAYS = LEAST_DAYS[Retained.AUDIT]

# An entry's every column, as one JSON array: NULL differs from empty, and no setting of the
# session (time zone, date style) changes it.
_ENTRY_DIGEST = """
    sha256(convert_to(jsonb_build_array(entry_id, xid::text, extract(epoch FROM recorded_at),
      extract(epoch FROM at), actor_user_id, actor_username, actor_roles, tag, noun, noun_id,
      before, after, reason, source)::text, 'UTF8'))
"""
WINDOW_DIGEST = f"sha256(coalesce(string_agg({_ENTRY_DIGEST}, ''::bytea ORDER BY entry_id), ''))"
"""The digest over the entries of a window."""
CHAIN = """
    sha256(seal.previous_hash || convert_to((jsonb_build_array(seal.seal_number,
      seal.from_xid::text, seal.until_xid::text, seal.entry_count, encode(seal.digest, 'hex'),
      extract(epoch FROM seal.sealed_at)) || CASE WHEN seal.recorded_at IS NULL THEN '[]'::jsonb
      ELSE jsonb_build_array(extract(epoch FROM seal.recorded_at)) END)::text, 'UTF8'))
"""
"""The hash of a seal; those made before `recorded_at` was kept go without it."""
_LOADS = ", ".join(f"'{tag}'" for tag in DATED_BY_THEIR_HOUR)
_FIRST_AT = f"min(at) FILTER (WHERE tag NOT IN ({_LOADS}))"
# A marker alone, written past the triggers, does not excuse a window: it must have been due by the
# server's clock, never in under a year, and an entry must tell of it. What told of it may be gone
# only with a window that was dropped later.
_DROPPED_WHEN_DUE = f"""
    coalesce(dropped.dropped_at <= clock_timestamp() AND dropped.dropped_at >= seal.recorded_at
      + make_interval(days => greatest(version.audit_days, {LEAST_AUDIT_DAYS})::int), true)
"""
_TOLD = f"""
    (dropped.dropped_at IS NULL OR EXISTS (
      SELECT FROM audit.entry AS telling WHERE telling.tag = '{AuditTag.HISTORY_CLEANED}'
        AND jsonb_typeof(telling.after -> 'first_seal') = 'number'
        AND jsonb_typeof(telling.after -> 'last_seal') = 'number'
        AND to_jsonb(seal.seal_number) BETWEEN telling.after -> 'first_seal'
          AND telling.after -> 'last_seal'
    ) OR dropped.dropped_at < (
      SELECT last.recorded_at FROM audit.dropped_window JOIN audit.seal AS last USING (seal_number)
      ORDER BY seal_number DESC LIMIT 1))
"""  # noqa: S608 - the word is ours
_SEALS = text(
    f"""
    SELECT seal.seal_number, encode(seal.hash, 'hex') AS hash, seal.sealed_at, seal.recorded_at,
      seal.entry_count, found.entry_count AS found_count,
      seal.digest = found.digest AS digest_holds,
      seal.hash = {CHAIN} AS hash_holds,
      seal.from_xid = lag(seal.until_xid, 1, '0'::xid8) OVER chain
        AND seal.previous_hash = lag(seal.hash, 1, decode(repeat('00', 32), 'hex')) OVER chain
        OR seal.seal_number <> lag(seal.seal_number, 1, 0::bigint) OVER chain + 1
        AS follows,
      found.first_at, found.first_recorded_at,
      dropped.dropped_at, {_DROPPED_WHEN_DUE} AS is_dropped_when_due, {_TOLD} AS is_drop_told
    FROM audit.seal AS seal
    LEFT JOIN audit.dropped_window AS dropped USING (seal_number)
    LEFT JOIN engine.retention_version AS version USING (retention_version_id)
    CROSS JOIN LATERAL (
      SELECT count(*) AS entry_count, {WINDOW_DIGEST} AS digest, {_FIRST_AT} AS first_at,
        min(recorded_at) AS first_recorded_at
      FROM audit.entry WHERE xid >= seal.from_xid AND xid < seal.until_xid
    ) AS found
    WINDOW chain AS (ORDER BY seal.seal_number)
    ORDER BY seal.seal_number
    """  # noqa: S608 - the expressions are ours
)
_UNSEALED = text(
    f"""
    SELECT count(*) AS entry_count, {_FIRST_AT} AS first_at, min(recorded_at) AS first_recorded_at
    FROM audit.entry
    WHERE xid >= coalesce((SELECT max(until_xid::text::bigint) FROM audit.seal), 0)::text::xid8
    """  # noqa: S608 - the expressions are ours
)
_BACKDATED = text(
    """
    SELECT entry_id, at, recorded_at, tag, actor_username
    FROM audit.entry
    WHERE xid >= (SELECT until_xid FROM audit.seal WHERE seal_number < :seal_number
        ORDER BY seal_number DESC LIMIT 1)
      AND (CAST(:is_open AS boolean)
        OR xid < (SELECT until_xid FROM audit.seal WHERE seal_number = :seal_number))
      AND (recorded_at < CAST(:earliest_recorded_at AS timestamptz)
        OR at < CAST(:earliest_at AS timestamptz) AND NOT tag = ANY (:dated_by_their_hour))
    ORDER BY entry_id LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class BackdatedEntry:
    """An entry that says it is older than a seal which was there before it."""

    entry_id: int
    seal_number: int
    at: datetime
    recorded_at: datetime
    tag: str
    actor_username: str

    @property
    def words(self) -> str:
        """Name the entry, what it says and what contradicts it."""
        return (
            f"Entry {self.entry_id} ({self.tag} by {self.actor_username}) is back-dated: it says "
            f"{self.at:%Y-%m-%d %H:%M} UTC, recorded {self.recorded_at:%Y-%m-%d %H:%M} UTC, and "
            f"came in after seal {self.seal_number - 1} was made"
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """What recomputing the history found, every fault by the number of its seal."""

    seal_count: int
    entry_count: int
    unsealed_count: int
    head: SealHead | None
    faults: tuple[SealFault, ...] = ()
    backdated: tuple[BackdatedEntry, ...] = ()
    dropped: str = ""
    """What was dropped by policy, in words."""

    @property
    def is_intact(self) -> bool:
        """Whether everything is as it was sealed, and nothing came in back-dated."""
        return not (self.faults or self.backdated)

    @property
    def first_broken(self) -> int | None:
        """The number of the first seal that does not hold."""
        return self.faults[0].seal_number if self.faults else None

    @property
    def why(self) -> str | None:
        """What is wrong with the first seal that does not hold."""
        return self.faults[0].why if self.faults else None

    @property
    def sentence(self) -> str:
        """The finding in words: every fault, or how many as are worth reading."""
        if self.is_intact:
            return (
                f"Every seal holds: {self.seal_count} over {self.entry_count} entries. "
                f"Not sealed yet: {self.unsealed_count}. {self.dropped}"
            ).rstrip()
        words = [
            f"Seal {each.seal_number} is broken ({each.tampering}): {each.why}"
            for each in self.faults
        ]
        words += [each.words for each in self.backdated]
        more = len(words) - MOST_NAMED
        return ". ".join(words[:MOST_NAMED]) + (f". {more} more." if more > 0 else ".")


def verify_history(session: Session, *, known_heads: Sequence[SealHead] = ()) -> Verification:
    """Recompute every seal from the entries it covers.

    An edited, deleted or inserted entry breaks the seal of its window; an edited or missing seal
    breaks the chain. An entry that came in by the front door but says it is older than seals made
    before it is named too. Entries dropped by the retention policy are said to be so. Seals
    removed from the end, and a history made anew as a whole, show only against heads kept outside.

    Parameters
    ----------
    session:
        Open transaction that may see the whole history: the owner's, the pipeline's, or the
        dashboard's on behalf of staff.
    known_heads:
        Heads kept outside the database, which must still be in the chain.

    Returns
    -------
    :
        The finding, with every seal that does not hold.
    """
    seals = [SealRecord(**row._mapping) for row in session.execute(_SEALS)]
    unsealed = session.execute(_UNSEALED).one()
    windows = list_backdated_windows(
        seals,
        unsealed_first_at=unsealed.first_at,
        unsealed_first_recorded_at=unsealed.first_recorded_at,
    )
    last = seals[-1] if seals else None
    return Verification(
        seal_count=len(seals),
        entry_count=sum(seal.entry_count for seal in seals),
        unsealed_count=unsealed.entry_count,
        head=SealHead(last.seal_number, last.hash) if last else None,
        faults=tuple(list_faults(seals, known_heads)),
        dropped=list_dropped(seals),
        backdated=tuple(
            entry for window in windows for entry in _backdated(session, window, seals[-1])
        ),
    )


def _backdated(session: Session, window: Window, last: SealRecord) -> list[BackdatedEntry]:
    values = {
        "seal_number": window.seal_number,
        "is_open": window.seal_number > last.seal_number,
        "earliest_at": window.earliest_at,
        "earliest_recorded_at": window.earliest_recorded_at,
        "dated_by_their_hour": [tag.value for tag in DATED_BY_THEIR_HOUR],
        "limit": MOST_NAMED,
    }
    rows = session.execute(_BACKDATED, values)
    return [BackdatedEntry(seal_number=window.seal_number, **row._mapping) for row in rows]
