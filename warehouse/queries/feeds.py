"""How fresh each feed is, what its last deliveries held, and what waits in quarantine."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.schema import Base
from warehouse.schema.feeds import Batch, Quarantine, Watermark


def _in_words(column_name: str, reason: str) -> str:
    """Say which column is wrong and how; what is a sentence already names it where that helps."""
    is_sentence = reason.startswith(f"{column_name} ") or reason.endswith(".")
    return reason if is_sentence else f"{column_name} {reason}".strip()


@dataclass(frozen=True, slots=True)
class FeedFreshness:
    """The newest delivery of one feed, and what it has brought in all."""

    feed: str
    last_received_at: datetime
    last_partition_key: str | None
    batch_count: int
    accepted_count: int
    quarantined_count: int


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One delivery; the counts after the first sum up to it."""

    batch_id: int
    feed: str
    source: str
    partition_key: str | None
    received_at: datetime
    received_count: int
    accepted_count: int
    unchanged_count: int
    superseded_count: int
    quarantined_count: int


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A refused row, with its text and a reason to act on."""

    quarantine_id: int
    feed: str
    source: str
    file: str
    line: int
    raw_text: str
    column_name: str
    reason: str
    first_seen_at: datetime

    @property
    def words(self) -> str:
        """Say which column is wrong and how, as in "origin names no airport"."""
        return _in_words(self.column_name, self.reason)


_FRESHNESS = text(
    """
    SELECT total.feed, newest.received_at AS last_received_at,
      newest.partition_key AS last_partition_key,
      total.batch_count, total.accepted_count, total.quarantined_count
    FROM (
      SELECT feed, count(*) AS batch_count, sum(accepted_count)::bigint AS accepted_count,
        sum(quarantined_count)::bigint AS quarantined_count
      FROM feeds.batch GROUP BY feed
    ) AS total, LATERAL (
      SELECT received_at, partition_key FROM feeds.batch WHERE feed = total.feed
      ORDER BY received_at DESC, batch_id DESC LIMIT 1
    ) AS newest
    ORDER BY total.feed
    """
)


def list_feed_freshness(session: Session) -> list[FeedFreshness]:
    """List every feed with its newest delivery, by name.

    Parameters
    ----------
    session:
        Open transaction.

    Returns
    -------
    :
        One row per feed that ever delivered.
    """
    return [FeedFreshness(**row) for row in session.execute(_FRESHNESS).mappings()]


def list_batches(session: Session, *, feed: str | None = None, limit: int = 50) -> list[BatchRow]:
    """List the newest deliveries.

    Parameters
    ----------
    session:
        Open transaction.
    feed:
        Of this feed only; None for all.
    limit:
        At most so many.

    Returns
    -------
    :
        Newest first.
    """
    query = select(*[getattr(Batch, name) for name in BatchRow.__dataclass_fields__])
    query = query.order_by(Batch.batch_id.desc()).limit(limit)
    if feed is not None:
        query = query.where(Batch.feed == feed)
    return [BatchRow(**row) for row in session.execute(query).mappings()]


def find_watermark(session: Session, feed: str, source: str) -> datetime | None:
    """Find how far a source that is asked for changes has told; None if it was never asked.

    Parameters
    ----------
    session:
        Open transaction.
    feed:
        What it was asked for.
    source:
        Who was asked.

    Returns
    -------
    :
        Where the next pull goes on.
    """
    found = session.get(Watermark, (feed, source))
    return found.read_until if found is not None else None


def list_quarantine(
    session: Session,
    *,
    feed: str | None = None,
    column_name: str | None = None,
    reason: str | None = None,
    limit: int = 100,
    older_than: int | None = None,
) -> list[QuarantineRow]:
    """List refused rows that nobody has cleared.

    Parameters
    ----------
    session:
        Open transaction.
    feed:
        Of this feed only; None for all.
    column_name:
        Of this column only; None for any.
    reason:
        For this reason only; None for any.
    limit:
        At most so many.
    older_than:
        Id of the last row of the page before.

    Returns
    -------
    :
        Newest first.
    """
    query = select(*[getattr(Quarantine, name) for name in QuarantineRow.__dataclass_fields__])
    query = query.where(Quarantine.cleared_at.is_(None))
    query = query.order_by(Quarantine.quarantine_id.desc()).limit(limit)
    if feed is not None:
        query = query.where(Quarantine.feed == feed)
    if column_name is not None:
        query = query.where(Quarantine.column_name == column_name)
    if reason is not None:
        query = query.where(Quarantine.reason == reason)
    if older_than is not None:
        query = query.where(Quarantine.quarantine_id < older_than)
    return [QuarantineRow(**row) for row in session.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class QuarantineReason:
    """How many rows of a feed wait for one reason."""

    feed: str
    column_name: str
    reason: str
    row_count: int

    @property
    def words(self) -> str:
        """Say it as the rows it counts do."""
        return _in_words(self.column_name, self.reason)


def count_quarantine(session: Session, *, feed: str | None = None) -> list[QuarantineReason]:
    """Count the refused rows that wait, by feed, column and reason.

    Parameters
    ----------
    session:
        Open transaction.
    feed:
        Of this feed only; None for all.

    Returns
    -------
    :
        The commonest first.
    """
    columns = (Quarantine.feed, Quarantine.column_name, Quarantine.reason)
    count = func.count().label("row_count")
    query = select(*columns, count).where(Quarantine.cleared_at.is_(None)).group_by(*columns)
    if feed is not None:
        query = query.where(Quarantine.feed == feed)
    rows = session.execute(query.order_by(count.desc(), *columns)).mappings()
    return [QuarantineReason(**row) for row in rows]


def count_rows(session: Session, table: str) -> int:
    """Count the rows of a table: exactly while it is small, else as the planner estimates.

    Parameters
    ----------
    session:
        Open transaction.
    table:
        Schema and table, as in `travel.flight`.

    Returns
    -------
    :
        Rows; from 50,000 on an estimate as old as the table's last analysis.

    Raises
    ------
    NotFound
        No model has this name.
    """
    found = Base.metadata.tables.get(table)
    if found is None:
        raise NotFound("table", table)
    estimate = session.scalar(_ESTIMATE, {"table": table}) or 0
    if estimate >= _EXACT_BELOW_ROWS:
        return int(estimate)
    return session.scalar(select(func.count()).select_from(found)) or 0


_EXACT_BELOW_ROWS = 50_000
_ESTIMATE = text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:table)")
