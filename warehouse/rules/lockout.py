"""How long a name waits after wrong passwords: longer each time, never for ever."""

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=30)
FREE_FAILURES = 4
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)


def waits_until(failed_at: Sequence[datetime], *, at: datetime) -> datetime | None:
    """Tell until when a name must wait before its password is looked at again.

    The first `FREE_FAILURES` cost nothing; the next waits 30 s and each further one twice as
    long, up to 15 min, so that guessing is slow and nobody can lock a colleague out for good.

    Parameters
    ----------
    failed_at:
        Instants of the wrong passwords since the last right one, in any order.
    at:
        Instant of the new try.

    Returns
    -------
    :
        None when the try may go on.
    """
    recent = [failure for failure in failed_at if failure > at - WINDOW]
    excess = len(recent) - FREE_FAILURES
    if excess <= 0:
        return None
    until = max(recent) + min(FIRST_DELAY * 2 ** min(excess - 1, 10), LONGEST_DELAY)
    return until if until > at else None
