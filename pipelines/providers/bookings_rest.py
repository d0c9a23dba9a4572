"""Bookings pulled from an agency's own interface: pages of rows changed since we last asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pipelines.providers.answers import read_answer
from pipelines.providers.errors import ProviderRefused
from pipelines.providers.http import ProviderClient
from pipelines.reading.booking_rows import BookingPage, read_booking_page
from pipelines.reading.segments import Understood

BOOKINGS_PATH: Final = "bookings"
ROWS_A_PAGE: Final = 200
MOST_PAGES: Final = 100_000
OVERLAP: Final = timedelta(minutes=5)
"""Asked for again each time: rows written while a page was made can carry an earlier time."""


@dataclass
class BookingsPull:
    """One pull, read page by page, once.

    Rows may come twice or out of order: whoever keeps them lets the newest win.
    """

    client: ProviderClient
    updated_since: datetime | None = None
    """The high watermark of the last pull that ended; None to ask for everything."""
    high_watermark: datetime | None = field(default=None, init=False)
    """Where the next pull goes on; stays None until the last page of this one has been taken."""
    told_until: datetime | None = field(default=None, init=False)
    """Where a pull may go on if the pages end with the one at hand, because a later one fails."""
    _is_ordered: bool = field(default=True, init=False)
    _stamps: list[datetime] = field(default_factory=list, init=False)

    def pages(self) -> Iterator[Understood]:
        """Ask for page after page.

        Yields
        ------
        :
            The rows of a page, and those of it that were rejected.

        Raises
        ------
        ProviderRefused
            The pages never end, or an answer is none.
        """
        cursor: str | None = None
        seen: set[str | None] = {None}
        while True:
            page = self._page(cursor)
            self._note(page.understood)
            yield page.understood
            cursor = page.next_cursor
            if cursor is None:
                # Only here: a page that failed or was not taken has to be asked for again.
                self.high_watermark = self._reached(page)
                return
            if cursor in seen or len(seen) > MOST_PAGES:
                raise ProviderRefused(
                    self.client.name,
                    f"sends pages without end: ask it to look at its cursor {cursor[:60]}",
                )
            seen.add(cursor)

    def _page(self, cursor: str | None) -> BookingPage:
        params: dict[str, Any] = {"limit": ROWS_A_PAGE}
        if self.updated_since is not None:
            since = (self.updated_since - OVERLAP).isoformat()
            params["updated_since"] = since.replace("+00:00", "Z")
        if cursor is not None:
            params["cursor"] = cursor
        answer = self.client.get(BOOKINGS_PATH, params)
        return read_answer(self.client.name, read_booking_page, answer)

    def _note(self, page: Understood) -> None:
        """See how far a page goes, for as long as the source tells the earliest change first."""
        stamps = list(page.segments["source_updated_at"].dropna())
        if not stamps or stamps == self._stamps:  # A page may come twice.
            return
        latest = self._stamps[-1:]
        self._is_ordered &= latest + stamps == sorted(latest + stamps)
        self._stamps = stamps
        # What comes out of order may have left out anything that is earlier.
        self.told_until = stamps[-1].to_pydatetime() if self._is_ordered else None

    def _reached(self, last: BookingPage) -> datetime | None:
        """Tell how far the source has told; a watermark never goes back."""
        known = [at for at in (self.updated_since, last.high_watermark) if at is not None]
        return max(known, default=None)
