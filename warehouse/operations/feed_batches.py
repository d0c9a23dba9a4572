"""What every load has in common: one feed at a time, one batch, its refusals, its audit entry."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.bulk.contract import NOTHING_REFUSED, REFUSED_COLUMNS, ROW_KEY
from warehouse.bulk.merging import Tally
from warehouse.operations import audit
from warehouse.operations.deliveries import Delivery
from warehouse.operations.quarantine import (
    AcceptedKeys,
    clear_waiting,
    keep_refused,
)
from warehouse.rules.permissions import require
from warehouse.schema.feeds import Batch
from warehouse.vocabulary import Actor, Permission


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
    require(actor, Permission.ADMINISTER, "load a", "feed")
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
    accepted_keys: AcceptedKeys = frozenset,
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
    accepted_keys:
        Names the rows that were not refused; asked only if some of the feed wait in quarantine.
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
    batch_id = _write_batch(session, delivery, _payload_digest(digests, refused), numbers)
    clear_waiting(session, delivery, refused, accepted_keys)
    keep_refused(session, delivery, refused)
    keep_refused(session, delivery, corrected)
    after = {"feed": delivery.feed, "partition_key": delivery.partition_key} | numbers
    audit.record(session, actor, tag, "batch", batch_id, at=delivery.at, after=after)
    return BatchResult(batch_id, delivery.feed, **numbers)


def all_refused(*parts: pd.DataFrame | None) -> pd.DataFrame:
    """Put refusals of a source and of our contracts under one another."""
    columns = [*REFUSED_COLUMNS, ROW_KEY]
    filled = [part.reindex(columns=columns) for part in parts if part is not None and len(part)]
    return pd.concat(filled).astype({ROW_KEY: object}) if filled else NOTHING_REFUSED


def _write_batch(
    session: Session, delivery: Delivery, digest: str, numbers: Mapping[str, int]
) -> int:
    return session.execute(
        insert(Batch)
        .values(
            feed=delivery.feed,
            source=delivery.source,
            file=delivery.file,
            partition_key=delivery.partition_key,
            payload_sha256=delivery.file_sha256 or digest,
            received_at=delivery.at,
            **numbers,
        )
        .returning(Batch.batch_id)
    ).scalar_one()


def _payload_digest(digests: Iterable[str], refused: pd.DataFrame) -> str:
    parts = [*digests, json.dumps(list(refused["raw"].astype(str)))]
    return sha256("\n".join(parts).encode()).hexdigest()
