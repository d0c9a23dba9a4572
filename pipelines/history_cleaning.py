"""The daily cleaning: alerts that slipped through are closed, and history past its time removed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipelines.partitions import day_key
from pipelines.resources import Warehouse
from warehouse.operations.alert_sweeps import close_departed_alerts
from warehouse.operations.engine import finish_chapter, limit_statements
from warehouse.operations.history_cleaning import clean_history, drop_sealed_windows
from warehouse.queries.clock import read_clock

CLEANED_DAYS: Final = "clean_history"
"""The long job whose chapters are the days on which history was cleaned."""
LONGEST_STATEMENT_SECONDS: Final = 5.0
"""A batch holds locks on what it removes; one that takes longer than this is too large."""
ROWS_PER_BATCH: Final = 500
MOST_BATCHES: Final = 400
"""Two hundred thousand rows of each kind a day; what is left is the next day's."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What a day's cleaning came to."""

    expired: int
    """Alerts that had outlived their flight, and that no sweep had closed."""
    removed: Mapping[str, int]
    """Rows by table."""
    dropped_windows: int
    is_finished: bool
    """Whether nothing was left to do; else the next day goes on."""


def clean_day(warehouse: Warehouse, *, rows: int = ROWS_PER_BATCH) -> Cleaning:
    """Clean what is due, each batch in a transaction of its own; repeated, it finds less to do.

    Parameters
    ----------
    warehouse:
        The record, whose clock says what is due.
    rows:
        Rows of each kind in a batch.

    Returns
    -------
    :
        Counts over all batches.
    """
    expired = _close_expired(warehouse, rows)
    removed: Counter[str] = Counter()
    is_finished = False
    for _ in range(MOST_BATCHES):
        batch = _clean_batch(warehouse, rows)
        removed.update(batch)
        if is_finished := not batch:
            break
    dropped = _drop_windows(warehouse, rows)
    with warehouse.transaction() as session:
        at = read_clock(session).at
        finish_chapter(session, CLEANED_DAYS, day_key(at), at=at)
    return Cleaning(expired, removed, dropped, is_finished)


def _close_expired(warehouse: Warehouse, rows: int) -> int:
    total = 0
    for _ in range(MOST_BATCHES):
        with warehouse.transaction() as session:
            limit_statements(session, seconds=LONGEST_STATEMENT_SECONDS)
            closed = close_departed_alerts(session, at=read_clock(session).at, limit=rows)
        total += closed
        if closed < rows:
            break
    return total


def _clean_batch(warehouse: Warehouse, rows: int) -> dict[str, int]:
    with warehouse.transaction() as session:
        limit_statements(session, seconds=LONGEST_STATEMENT_SECONDS)
        return clean_history(session, at=read_clock(session).at, limit=rows)


def _drop_windows(warehouse: Warehouse, windows: int) -> int:
    total = 0
    for _ in range(MOST_BATCHES):
        with warehouse.transaction() as session:
            limit_statements(session, seconds=LONGEST_STATEMENT_SECONDS)
            dropped = drop_sealed_windows(session, at=read_clock(session).at, limit=windows)
        total += dropped
        if dropped < windows:
            break
    return total
