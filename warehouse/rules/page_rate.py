"""How many pages reach a person by a channel one by one; what is over that goes in a digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LONGEST_HELD: Final = timedelta(minutes=3)
"""A page over the rate leaves by then, in a digest or by itself; Postgres keeps it too."""
MOST_IN_DIGEST: Final = 50
"""More than that nobody reads; the rest goes in the next digest."""


@dataclass(frozen=True, slots=True)
class PageRate:
    """How many messages with pages a person gets by a channel within a window."""

    messages: int = 5
    minutes: int = 15

    @property
    def window(self) -> timedelta:
        """How far back messages count."""
        return timedelta(minutes=self.minutes)

    @property
    def words(self) -> str:
        """The rate as people read it."""
        return f"{self.messages} in {self.minutes} min"

    def complaint(self) -> str | None:
        """Say what is wrong with it, and what to do; None if it may be published."""
        if self.messages < 1:
            return "let at least one page of a window go by itself"
        if not 1 <= self.minutes <= 1_440:
            return "count pages over 1 to 1,440 minutes"
        return None


PRODUCTS_RATE: Final = PageRate()
"""What holds until somebody decides otherwise."""


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """A page that waits to be sent for the first time, and is not critical."""

    notification_id: int
    not_before_at: datetime
    held_since_at: datetime | None
    """When it was due, where it was over the rate then; until `not_before_at` it is held."""

    @property
    def leaves_by(self) -> datetime:
        """By when it leaves, whatever the rate."""
        return (self.held_since_at or self.not_before_at) + LONGEST_HELD

    def is_released(self, at: datetime) -> bool:
        """Tell whether it has been held for long enough."""
        return (self.held_since_at is not None and self.not_before_at <= at) or self.leaves_by <= at


@dataclass(frozen=True, slots=True)
class Sharing:
    """What becomes of the pages that wait for one person by one channel."""

    alone: Sequence[WaitingPage] = ()
    together: Sequence[WaitingPage] = ()
    """Two at least, or none."""
    held: Sequence[tuple[WaitingPage, datetime]] = ()
    """Each with the instant until which."""


def share_out(
    waiting: Sequence[WaitingPage],
    *,
    rate: PageRate,
    sent_at: Sequence[datetime],
    sending: int,
    at: datetime,
) -> Sharing:
    """Say which pages leave by themselves, which in one message, and which wait for the next.

    While the rate has room for all, each leaves by itself. Where it has not, the last message it
    has room for is a digest of all that are left. Without any room they are held until it has some,
    three minutes at most, and then leave together.

    Parameters
    ----------
    waiting:
        All that wait for the person by the channel, the most urgent first.
    rate:
        What holds.
    sent_at:
        When each message of the window was sent, UTC.
    sending:
        How many are being sent.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Each page once, but for those held already, and for what is over a digest's most.
    """
    room = rate.messages - len(sent_at) - sending
    if room >= len(waiting):
        return Sharing(alone=waiting)
    if room > 0:
        return _digested(waiting[room - 1 :], alone=waiting[: room - 1])
    if any(page.is_released(at) for page in waiting):
        return _digested(waiting)
    until = _room_at(rate, sent_at, sending)
    return Sharing(
        held=[
            (page, min(page.leaves_by, until or page.leaves_by))
            for page in waiting
            if page.held_since_at is None
        ]
    )


def _digested(pages: Sequence[WaitingPage], alone: Sequence[WaitingPage] = ()) -> Sharing:
    if len(pages) == 1:
        return Sharing(alone=[*alone, *pages])
    return Sharing(alone=alone, together=pages[:MOST_IN_DIGEST])


def _room_at(rate: PageRate, sent_at: Sequence[datetime], sending: int) -> datetime | None:
    """Say when so many have left the window that one more has room; None while all are sent."""
    counting = rate.messages - sending
    return sorted(sent_at, reverse=True)[counting - 1] + rate.window if counting > 0 else None
