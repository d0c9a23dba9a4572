"""Speaks as an agency's own interface: bookings page by page, the earliest change first.

A page may end in the middle of a booking. Bookings that were withdrawn come once more, as of then,
as a row that says no more than that. Faults: a page that comes twice, one whose rows are out of
order, and a withdrawal of the booking made last.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import merge
from threading import Lock
from typing import Any, Final, NamedTuple

from pipelines.simulator.booking_facts import ROW_COLUMNS, BookingFacts
from pipelines.simulator.exchange import Answer, Asked, Endpoint, Refusal, Voice
from pipelines.simulator.faults import Kind

PROVIDER: Final = "bookings"
MOST_ROWS: Final = 500
_USUAL_ROWS: Final = 200
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_FAILURES: Final = {
    Kind.MINUTELY: (429, "More than 60 requests a minute", 60),
    Kind.HOURLY: (429, "More than 1000 requests an hour", 3_600),
    Kind.DAILY: (429, "More than 10000 requests a day", 86_400),
    Kind.CONCURRENT: (429, "One request at a time", 1),
    Kind.UNAVAILABLE: (503, "Closed for maintenance", 5),
    Kind.REFUSED: (403, "This account may not read bookings", None),
}


def _failing(kind: Kind) -> Answer:
    status, error, seconds = _FAILURES[kind]
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return Answer({"error": error}, status, headers)


VOICE: Final = Voice(_failing)


class _Change(NamedTuple):
    """A booking made, or withdrawn; changes are told in this order."""

    updated_at: datetime
    booking_ref: str
    place: int
    is_withdrawal: bool


@dataclass(frozen=True)
class _Cursor:
    """Up to where a reader was told: all before a change, and so many rows of it."""

    updated_at: datetime
    booking_ref: str = ""
    rows: int = 0
    times: int = 0
    """How often a page was told again; it makes the cursor another one."""

    def word(self) -> str:
        parts = (_written(self.updated_at), self.booking_ref, str(self.rows), str(self.times))
        return urlsafe_b64encode("|".join(parts).encode()).decode().rstrip("=")


@dataclass
class BookingsFeed:
    """Tells the bookings made by the instant; safe to use from any thread."""

    facts: Callable[[], BookingFacts]
    _withdrawn: dict[int, datetime] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def endpoints(self) -> list[Endpoint]:
        """List what can be asked."""
        return [Endpoint(PROVIDER, "list", ("GET",), "/bookings", self._page, VOICE)]

    def _page(self, asked: Asked) -> Answer:
        limit, cursor = _limit(asked), _cursor(asked)
        if asked.has_fault(Kind.TOMBSTONE):
            self._withdraw(asked.at)
        rows, after = self._rows(cursor, limit, asked.at)
        if asked.has_fault(Kind.DUPLICATE_PAGE):
            after = replace(cursor, times=cursor.times + 1)
        if asked.has_fault(Kind.OUT_OF_ORDER):
            rows.reverse()
        return Answer({
            "data": rows,
            "next_cursor": after.word() if after else None,
            "high_watermark": _written(asked.at),
        })

    def _withdraw(self, at: datetime) -> None:
        """Withdraw the booking that was made last and stands."""
        booked_at = self.facts().booked_at
        with self._lock:
            made = range(bisect_right(booked_at, at) - 1, -1, -1)
            standing = next((place for place in made if place not in self._withdrawn), None)
            if standing is not None:
                self._withdrawn[standing] = at

    def _rows(
        self, cursor: _Cursor, limit: int, at: datetime
    ) -> tuple[list[dict[str, Any]], _Cursor | None]:
        """Give the rows after a cursor, and the cursor after them if there are more."""
        facts = self.facts()
        changes: list[_Change] = []
        skipped = count = 0
        for change in self._changes(cursor, at):
            if change[:2] == (cursor.updated_at, cursor.booking_ref):
                skipped, count = cursor.rows, -cursor.rows
            changes.append(change)
            count += 1 if change.is_withdrawal else int(facts.row_counts[change.place])
            if count > limit:
                break
        told = facts.rows([change.place for change in changes if not change.is_withdrawal])
        made = iter(told)
        by_change = [
            [self._tombstone(change)] if change.is_withdrawal else next(made) for change in changes
        ]
        rows = [row for own in by_change for row in own][skipped : skipped + limit]
        if count <= limit:
            return rows, None
        last = changes[-1]
        told_of_last = len(by_change[-1]) - (count - limit)
        return rows, _Cursor(last.updated_at, last.booking_ref, told_of_last)

    def _changes(self, cursor: _Cursor, at: datetime) -> Iterator[_Change]:
        """Give the changes from a cursor on, the earliest first."""
        facts, start = self.facts(), cursor.updated_at
        with self._lock:
            withdrawn = dict(self._withdrawn)
        first, end = bisect_left(facts.booked_at, start), bisect_right(facts.booked_at, at)
        made = (
            _Change(facts.booked_at[place], facts.refs[place], place, is_withdrawal=False)
            for place in range(first, end)
            if place not in withdrawn
        )
        gone = sorted(
            _Change(gone_at, facts.refs[place], place, is_withdrawal=True)
            for place, gone_at in withdrawn.items()
            if start <= gone_at <= at
        )
        for change in merge(made, gone):
            if (change.updated_at, change.booking_ref) >= (start, cursor.booking_ref):
                yield change

    def _tombstone(self, change: _Change) -> dict[str, Any]:
        said = {
            "booking_ref": change.booking_ref,
            "status": "cancelled",
            "kind": "booking",
            "source_updated_at": _written(change.updated_at),
        }
        return dict.fromkeys(ROW_COLUMNS) | said | {"deleted": True}


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _refuse(error: str) -> Refusal:
    return Refusal(Answer({"error": error}, 400))


def _limit(asked: Asked) -> int:
    said = asked.one("limit") or str(_USUAL_ROWS)
    if not said.isdecimal() or len(said) > 6 or int(said) < 1:
        raise _refuse(f"limit is no number from 1 to {MOST_ROWS}: {said[:20]}")
    return min(int(said), MOST_ROWS)


def _cursor(asked: Asked) -> _Cursor:
    if word := asked.one("cursor"):
        return _read_cursor(word)
    said = asked.one("updated_since")
    # An unescaped plus in an address arrives as a space.
    return _Cursor(_instant("updated_since", said.replace(" ", "+")) if said else _EARLIEST)


def _read_cursor(word: str) -> _Cursor:
    try:
        parts = urlsafe_b64decode(word.encode() + b"=" * (-len(word) % 4)).decode().split("|")
    except ValueError:
        parts = []
    if len(parts) != 4 or not all(part.isdecimal() and len(part) < 10 for part in parts[2:]):
        raise _refuse("cursor is none of ours: begin without one")
    updated_at, booking_ref, rows, times = parts
    return _Cursor(_instant("cursor", updated_at), booking_ref, int(rows), int(times))


def _instant(name: str, text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refuse(f"{name} is no instant: {text[:40]}") from None
