"""What every load has in common: one feed at a time, one batch, its refusals, its audit entry."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import pandas as pd
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from warehouse.bulk.contract import NOTHING_REFUSED, REFUSED_COLUMNS
from warehouse.bulk.merging import Tally
from warehouse.operations import audit
from warehouse.rules.permissions import require
from warehouse.schema.feeds import Batch, Quarantine
from warehouse.vocabulary import Actor, AuditTag, Permission


@dataclass(frozen=True, slots=True)
class Delivery:
    """Who sends what, for which partition, and when it arrived."""

    feed: str
    source: str
    partition_key: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one delivery; the counts after the first sum up to it."""

    batch_id: int
    feed: str
    received_count: int
    accepted_count: int
    unchanged_count: int
    superseded_count: int
    quarantined_count: int

    @property
    def is_balanced(self) -> bool:
        """Whether every row received is accounted for."""
        return self.received_count == (
            self.accepted_count
            + self.unchanged_count
            + self.superseded_count
            + self.quarantined_count
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of a delivery went which way."""

    received: int
    changed: int
    unchanged: int
    superseded: int

    def and_of(self, tally: Tally) -> "Counts":
        """Add what a merge does."""
        return Counts(
            self.received,
            self.changed + tally.changed,
            self.unchanged + tally.unchanged,
            self.superseded + tally.superseded,
        )


def open_delivery(session: Session, actor: Actor, feed: str) -> None:
    """Ask whether the actor may load, and wait until no other delivery of the feed is open."""
    require(actor, Permission.ADMINISTER)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"feed:{feed}", 0))))


def close_delivery(
    session: Session,
    actor: Actor,
    delivery: Delivery,
    counts: Counts,
    *,
    digests: Iterable[str],
    refused: pd.DataFrame,
    corrected: pd.DataFrame | None = None,
    tag: AuditTag = AuditTag.FEED_LOADED,
) -> BatchResult:
    """Write the batch, what was refused and the audit entry; the facts follow and name the batch.

    Parameters
    ----------
    session:
        Transaction of the load.
    actor:
        Who loads.
    delivery:
        What was sent.
    counts:
        What the merge is about to do; Postgres refuses a batch that does not balance.
    digests:
        SHA-256 of each staged part.
    refused:
        Rows with line, raw text, column and reason, one per refused row.
    corrected:
        The same for single values that were blanked in rows that are kept.
    tag:
        What the audit entry says.

    Returns
    -------
    :
        The batch as written.
    """
    numbers = {
        "received_count": counts.received,
        "accepted_count": counts.changed,
        "unchanged_count": counts.unchanged,
        "superseded_count": counts.superseded,
        "quarantined_count": len(refused),
    }
    batch_id = session.execute(
        insert(Batch)
        .values(
            feed=delivery.feed,
            source=delivery.source,
            partition_key=delivery.partition_key,
            payload_sha256=_payload_digest(digests, refused),
            received_at=delivery.at,
            **numbers,
        )
        .returning(Batch.batch_id)
    ).scalar_one()
    _quarantine(session, delivery, refused)
    _quarantine(session, delivery, corrected)
    after = {"feed": delivery.feed, "partition_key": delivery.partition_key} | numbers
    audit.record(session, actor, tag, "batch", batch_id, at=delivery.at, after=after)
    return BatchResult(batch_id, delivery.feed, **numbers)


def all_refused(*parts: pd.DataFrame | None) -> pd.DataFrame:
    """Put refusals of a source and of our contracts under one another."""
    filled = [part[REFUSED_COLUMNS] for part in parts if part is not None and len(part)]
    return pd.concat(filled) if filled else NOTHING_REFUSED


def _quarantine(session: Session, delivery: Delivery, refused: pd.DataFrame | None) -> None:
    if refused is None or refused.empty:
        return
    rows = [
        {
            "feed": delivery.feed,
            "source": delivery.source,
            "line": line,
            "raw_text": raw,
            "column_name": column_name,
            "reason": reason,
            "first_seen_at": delivery.at,
        }
        for line, raw, column_name, reason in refused[REFUSED_COLUMNS].to_numpy().tolist()
    ]
    session.execute(upsert(Quarantine).on_conflict_do_nothing(), rows)


def _payload_digest(digests: Iterable[str], refused: pd.DataFrame) -> str:
    parts = [*digests, json.dumps(list(refused["raw"].astype(str)))]
    return sha256("\n".join(parts).encode()).hexdigest()
