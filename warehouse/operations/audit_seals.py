"""Seal the audit history so that tampering shows, without making its writers wait for each other.

A seal covers a window of finished transactions: ids from the last seal's end up to the oldest one
still running. Nothing can commit into such a window later, so its digest stands. Each seal is
chained to the one before; the newest one's hash belongs somewhere outside this database, since
whoever could rewrite every seal could also rewrite the history.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.queries.audit_verification import CHAIN, WINDOW_DIGEST
from warehouse.rules.sealed_history import SealHead

_ONE_SEALER = text("SELECT pg_advisory_xact_lock(hashtext('audit.seal'))")

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
        last.hash AS previous_hash, CAST(:at AS timestamptz) AS sealed_at,
        clock_timestamp() AS recorded_at
      FROM last, window_until, LATERAL (
        SELECT count(*) AS entry_count, {WINDOW_DIGEST} AS digest FROM audit.entry
        WHERE xid >= last.until_xid::text::xid8 AND xid < window_until.until_xid
      ) AS counted
      WHERE counted.entry_count > 0
    )
    INSERT INTO audit.seal (seal_number, from_xid, until_xid, entry_count, digest,
      previous_hash, hash, sealed_at, recorded_at)
    SELECT seal_number, from_xid, until_xid, entry_count, digest, previous_hash, {CHAIN},
      sealed_at, recorded_at
    FROM sealed AS seal
    RETURNING seal_number, encode(hash, 'hex') AS hash
    """  # noqa: S608 - the expressions are ours
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
