"""When the desk raises an alert of its own, and what those of a day say about the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Final

EVERY: Final = timedelta(minutes=10)
"""Often enough that an hour without a delivery shows, seldom enough to be no load."""

DELIVERED_WITHIN_SECONDS: Final = 15.0
"""What 95 of 100 should keep: two looks of the engine, and a mail server that answers."""

_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Trip:
    """How one synthetic alert went, in seconds of the server since it was due."""

    raised_at: datetime
    escalated_seconds: float | None
    """None while it has not gone up its ladder."""
    delivered_seconds: float | None
    """None while nothing took it."""


@dataclass(frozen=True, slots=True)
class TripSummary:
    """What several trips come to; the percentiles are None where nothing arrived."""

    raised: int
    delivered: int
    escalated_p95_seconds: float | None
    delivered_p50_seconds: float | None
    delivered_p95_seconds: float | None

    @property
    def is_in_time(self) -> bool:
        """Whether 95 of 100 were delivered as soon as they should be."""
        p95 = self.delivered_p95_seconds
        return p95 is not None and p95 <= DELIVERED_WITHIN_SECONDS


def is_next_due(last_raised_at: datetime | None, *, at: datetime, speed: float) -> bool:
    """Tell whether it is time for the next synthetic alert.

    Parameters
    ----------
    last_raised_at:
        The desk's instant of the one before; None before the first.
    at:
        The desk's instant.
    speed:
        How fast the desk's clock runs. While it stands still nothing comes due, so there is
        nothing to measure.

    Returns
    -------
    :
        True every ten minutes of the server's time.
    """
    if speed <= 0:
        return False
    return last_raised_at is None or (at - last_raised_at) / speed >= EVERY


def summarise(trips: Sequence[Trip]) -> TripSummary:
    """Count trips, and say how long 50 and 95 of 100 took; one that is under way counts as raised.

    Parameters
    ----------
    trips:
        In any order.

    Returns
    -------
    :
        Percentiles in seconds, between the two nearest trips in proportion.
    """
    escalated = [each.escalated_seconds for each in trips if each.escalated_seconds is not None]
    delivered = [each.delivered_seconds for each in trips if each.delivered_seconds is not None]
    return TripSummary(
        raised=len(trips),
        delivered=len(delivered),
        escalated_p95_seconds=_percentile(escalated, 95),
        delivered_p50_seconds=_percentile(delivered, 50),
        delivered_p95_seconds=_percentile(delivered, 95),
    )


def _percentile(seconds: Sequence[float], percent: int) -> float | None:
    if len(seconds) < 2:
        return seconds[0] if seconds else None
    return quantiles(seconds, n=_PERCENT, method="inclusive")[percent - 1]
