"""Seal the audit history so that tampering shows, without making its writers wait for each other.

A seal covers a window of finished transactions: ids from the last seal's end up to the oldest one
still running. Nothing can commit into such a window later, so its digest stands. Each seal is
chained to the one before; the newest one's hash belongs somewhere outside this database, since
whoever could rewrite every seal could also rewrite the history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_ONE_SEALER = text("SELECT pg_advisory_xact_lock(hashtext('audit.seal'))")

# An entry's every column, as one JSON array: NULL differs from empty, and no setting of the
# session (time zone, date style) changes it.
_ENTRY_DIGEST = """
    sha256(convert_to(jsonb_build_array(entry_id, xid::text, extract(epoch FROM recorded_at),
      extract(epoch FROM at), actor_user_id, actor_username, actor_roles, tag, noun, noun_id,
      before, after, reason, source)::text, 'UTF8'))
"""
_WINDOW_DIGEST = f"sha256(coalesce(string_agg({_ENTRY_DIGEST}, ''::bytea ORDER BY entry_id), ''))"
_CHAIN = """
    sha256(seal.previous_hash || convert_to(jsonb_build_array(seal.seal_number,
      seal.from_xid::text, seal.until_xid::text, seal.entry_count, encode(seal.digest, 'hex'),
      extract(epoch FROM seal.sealed_at))::text, 'UTF8'))
"""

_SEAL = text(
    f"""
    WITH last AS (
      SELECT coalesce(max(seal_number), 0) AS seal_number,
        coalesce(max(until_xid::text::bigint), 0) AS until_xid,
        coalesce((SELECT hash FROM audit.seal ORDER BY seal_number DESC LIMIT 1),
          decode(repeat('00', 32), 'hex')) AS hash
      FROM audit.seal
    ), window_until AS (
      SELECT pg_snapshot_xmin(pg_current_snapshot()) AS until_xid
    ), sealed AS (
      SELECT last.seal_number + 1 AS seal_number, last.until_xid::text::xid8 AS from_xid,
        window_until.until_xid, counted.entry_count, counted.digest,
        last.hash AS previous_hash, CAST(:at AS timestamptz) AS sealed_at
      FROM last, window_until, LATERAL (
        SELECT count(*) AS entry_count, {_WINDOW_DIGEST} AS digest FROM audit.entry
        WHERE xid >= last.until_xid::text::xid8 AND xid < window_until.until_xid
      ) AS counted
      WHERE counted.entry_count > 0
    )
    INSERT INTO audit.seal (seal_number, from_xid, until_xid, entry_count, digest,
      previous_hash, hash, sealed_at)
    SELECT seal_number, from_xid, until_xid, entry_count, digest, previous_hash, {_CHAIN},
      sealed_at
    FROM sealed AS seal
    RETURNING seal_number, encode(hash, 'hex') AS hash
    """  # noqa: S608 - the expressions are ours
)

_VERIFY = text(
    f"""
    SELECT seal.seal_number, seal.entry_count, encode(seal.hash, 'hex') AS hash,
      found.entry_count AS found_count,
      seal.digest = found.digest AS digest_holds,
      seal.hash = {_CHAIN} AS hash_holds,
      seal.seal_number = lag(seal.seal_number, 1, 0::bigint) OVER chain + 1
        AND seal.from_xid = lag(seal.until_xid, 1, '0'::xid8) OVER chain
        AND seal.previous_hash = lag(seal.hash, 1, decode(repeat('00', 32), 'hex')) OVER chain
        AS chain_holds
    FROM audit.seal AS seal, LATERAL (
      SELECT count(*) AS entry_count, {_WINDOW_DIGEST} AS digest FROM audit.entry
      WHERE xid >= seal.from_xid AND xid < seal.until_xid
    ) AS found
    WINDOW chain AS (ORDER BY seal.seal_number)
    ORDER BY seal.seal_number
    """  # noqa: S608 - the expressions are ours
)
_COUNT_UNSEALED = text(
    """
    SELECT count(*) FROM audit.entry
    WHERE xid >= coalesce((SELECT max(until_xid::text::bigint) FROM audit.seal), 0)::text::xid8
    """
)


@dataclass(frozen=True, slots=True)
class SealHead:
    """The newest seal: keep its hash outside the database."""

    seal_number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What recomputing the history found; `first_broken` is the number of the first bad seal."""

    is_intact: bool
    seal_count: int
    entry_count: int
    unsealed_count: int
    head: SealHead | None
    first_broken: int | None = None
    why: str | None = None

    @property
    def sentence(self) -> str:
        """The finding in one sentence."""
        if not self.is_intact:
            where = f"Seal {self.first_broken} is broken" if self.first_broken else "Not as sealed"
            return f"{where}: {self.why}."
        return (
            f"Every seal holds: {self.seal_count} over {self.entry_count} entries. "
            f"Not sealed yet: {self.unsealed_count}."
        )


def seal_history(session: Session, *, at: datetime) -> SealHead | None:
    """Seal every entry of the transactions that have finished since the last seal.

    Any number of callers may try at once: they queue, and the later ones find nothing left.

    Parameters
    ----------
    session:
        Open transaction of the pipeline or the owner, no older than the entries to seal.
    at:
        Instant of sealing, UTC.

    Returns
    -------
    :
        The new head, or None when no entry was waiting.
    """
    session.execute(_ONE_SEALER)
    row = session.execute(_SEAL, {"at": at}).one_or_none()
    return None if row is None else SealHead(row.seal_number, row.hash)


def verify_history(session: Session, *, known_head: SealHead | None = None) -> Verification:
    """Recompute every seal from the entries it covers.

    An edited, deleted or back-dated entry breaks the seal of its window; an edited or missing
    seal breaks the chain. Seals removed from the end show only against `known_head`.

    Parameters
    ----------
    session:
        Open transaction that may see the whole history: the owner's, the pipeline's, or the
        dashboard's on behalf of staff.
    known_head:
        A head kept outside the database, which must still be in the chain.

    Returns
    -------
    :
        The finding, with the first seal that does not hold.
    """
    seals = session.execute(_VERIFY).all()
    unsealed = session.scalars(_COUNT_UNSEALED).one()
    broken = next(((row.seal_number, why) for row in seals if (why := _fault_of(row))), None)
    if broken is None and known_head is not None:
        broken = _fault_of_head(seals, known_head)
    head = SealHead(seals[-1].seal_number, seals[-1].hash) if seals else None
    return Verification(
        is_intact=broken is None,
        seal_count=len(seals),
        entry_count=sum(row.entry_count for row in seals),
        unsealed_count=unsealed,
        head=head,
        first_broken=broken[0] if broken else None,
        why=broken[1] if broken else None,
    )


def _fault_of(seal: Row[*tuple[Any, ...]]) -> str | None:
    if not seal.chain_holds:
        return "it does not follow the seal before it"
    if not seal.hash_holds:
        return "the seal itself was changed"
    if seal.found_count != seal.entry_count:
        return f"it sealed {seal.entry_count} entries and {seal.found_count} are there"
    if not seal.digest_holds:
        return "an entry it covers was changed"
    return None


def _fault_of_head(
    seals: Sequence[Row[*tuple[Any, ...]]], known: SealHead
) -> tuple[int, str] | None:
    if any(row.seal_number == known.seal_number and row.hash == known.hash for row in seals):
        return None
    return known.seal_number, "it is not the one whose hash was kept outside"
