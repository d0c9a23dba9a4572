"""Half-open stretches of time, put together and taken from one another."""

from collections.abc import Iterable, Sequence
from datetime import datetime

Stretch = tuple[datetime, datetime]
"""Start and exclusive end, UTC."""


def clipped(stretch: Stretch, span: Stretch) -> Stretch | None:
    """Give what of a stretch lies in a span; None where nothing does."""
    starts_at, ends_at = max(stretch[0], span[0]), min(stretch[1], span[1])
    return (starts_at, ends_at) if starts_at < ends_at else None


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Put together what touches or overlaps, in order of time."""
    found: list[Stretch] = []
    for starts_at, ends_at in sorted(stretches):
        if found and starts_at <= found[-1][1]:
            starts_at, before = found.pop()
            ends_at = max(ends_at, before)
        found.append((starts_at, ends_at))
    return tuple(found)


def minus(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Give what is in any of the stretches and in none of the others, in order of time."""
    left: list[Stretch] = []
    covered = joined(others)
    for starts_at, ends_at in joined(stretches):
        for one, other in covered:
            if starts_at < one < ends_at:
                left.append((starts_at, one))
            if one < ends_at:
                starts_at = max(starts_at, min(other, ends_at))
        if starts_at < ends_at:
            left.append((starts_at, ends_at))
    return tuple(left)


def common(ones: Sequence[Stretch], others: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Give what is in both, in order of time."""
    return minus(ones, minus(ones, others))
