"""Load again what waits in quarantine: what refused it may have become true meanwhile."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import pandas as pd
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from warehouse.bulk.contract import NOTHING_REFUSED
from warehouse.errors import FeedRefused
from warehouse.operations.deliveries import Delivery
from warehouse.operations.feed_batches import BatchResult
from warehouse.operations.feeds import load_flights, load_forecasts, load_observations
from warehouse.operations.flight_reports import load_flight_reports
from warehouse.operations.inventory_feed import load_hotels, load_room_inventory
from warehouse.operations.segments_feed import load_segments
from warehouse.schema.feeds import Quarantine
from warehouse.vocabulary import Actor

Waiting = Row[int, str, str, str, int, str]
Load = Callable[[Session, Actor, pd.DataFrame, Delivery], BatchResult]


@dataclass(frozen=True, slots=True)
class RetryResult:
    """What loading quarantine again came to."""

    cleared: int
    refused_again: int
    left: int
    """Rows as their source wrote them: only the corrected file can replace those."""


def retry_quarantine(
    session: Session, actor: Actor, *, at: datetime, feed: str | None = None
) -> RetryResult:
    """Load the rows again that wait in quarantine in our own columns.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    at:
        The desk's instant.
    feed:
        Of this feed only; None for all.

    Returns
    -------
    :
        How many came in, were refused again, and cannot be loaded from what is kept of them.
    """
    waiting = _list_waiting(session, feed)
    rows = {row.quarantine_id: _row_of(row) for row in waiting}
    ours = [row for row in waiting if rows[row.quarantine_id] is not None]
    refused = 0
    for (name, source, file), group in groupby(ours, key=lambda row: (row[1], row[2], row[3])):
        members = list(group)
        lines = tuple(row.line for row in members)
        delivery = Delivery(name, source, None, at, file or None, lines=lines)
        frame = pd.DataFrame([rows[row.quarantine_id] for row in members])
        refused += _load_again(session, actor, frame, delivery)
    left = len(_list_waiting(session, feed))
    return RetryResult(len(waiting) - left, refused, left - refused)


def _load_again(session: Session, actor: Actor, frame: pd.DataFrame, delivery: Delivery) -> int:
    """Load rows of one delivery; those of an older contract are left as they are.

    Returns
    -------
    :
        How many were refused again.
    """
    try:
        with session.begin_nested():
            return _LOADS[delivery.feed](session, actor, frame, delivery).quarantined_count
    except FeedRefused:  # They lack a column that is asked for today, so they count as left.
        return 0


def _list_waiting(session: Session, feed: str | None) -> list[Waiting]:
    columns = (Quarantine.quarantine_id, Quarantine.feed, Quarantine.source, Quarantine.file)
    query = select(*columns, Quarantine.line, Quarantine.raw_text)
    query = query.where(Quarantine.cleared_at.is_(None)).order_by(*columns[1:], Quarantine.line)
    if feed is not None:
        query = query.where(Quarantine.feed == feed)
    return list(session.execute(query))


def _row_of(waiting: Waiting) -> Mapping[str, object] | None:
    """Read a row back that our own contract refused; None if its source refused it."""
    if waiting.feed not in _LOADS:
        return None
    try:
        row = json.loads(waiting.raw_text)
    except ValueError:
        return None
    return row if isinstance(row, dict) and _COLUMN_OF[waiting.feed] in row else None


def _load_segments(
    session: Session, actor: Actor, frame: pd.DataFrame, delivery: Delivery
) -> BatchResult:
    numbered = frame.assign(line=range(1, len(frame) + 1))
    parts: Iterable[tuple[pd.DataFrame, pd.DataFrame]] = [(numbered, NOTHING_REFUSED)]
    return load_segments(session, actor, parts, delivery)


_LOADS: Mapping[str, Load] = {
    "flight": load_flights,
    "flight_report": load_flight_reports,
    "weather_observation": load_observations,
    "weather_forecast": load_forecasts,
    "hotel": load_hotels,
    "room_night": load_room_inventory,
    "booking_segment": _load_segments,
}
_COLUMN_OF = {
    "flight": "scheduled_departure_at",
    "flight_report": "reported_at",
    "weather_observation": "known_at",
    "weather_forecast": "issued_at",
    "hotel": "hotel_ref",
    "room_night": "reported_total",
    "booking_segment": "segment_key",
}
"""A column by which a row that our contract refused is told from what its source wrote."""
