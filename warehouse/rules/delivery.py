"""When a notification that did not go through is tried again."""

from datetime import timedelta

MOST_ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 900.0
SPREAD = 0.25


def retry_after(
    attempt: int, asked_seconds: float | None = None, *, spread_by: int = 0
) -> timedelta:
    """Say how long to wait after an attempt failed: doubling, at most a quarter of an hour.

    Parameters
    ----------
    attempt:
        Which attempt failed, from 1.
    asked_seconds:
        What the provider asked for (Retry-After); kept when it is longer.
    spread_by:
        Any number of the letter's own, such as its id: letters refused together then do not
        all return together. The same number gives the same pause.

    Returns
    -------
    :
        The pause, lengthened by up to a quarter.
    """
    doubled = min(FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
    pause = max(doubled, asked_seconds or 0.0)
    return timedelta(seconds=pause * (1 + SPREAD * (spread_by % 97) / 97))
