"""Gaps near enough that somebody has to be paged for them: what they are, and how they are told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from warehouse.rules.coverage import Gap
from warehouse.rules.stretches import Stretch, clipped, common, joined, minus
from warehouse.rules.wall_time import LONGEST_SHIFT, range_words
from warehouse.rules.wording import local_time

PRESSES_WITHIN = timedelta(hours=24)
"""In a day everybody of the desk has a shift, so whoever can mend the gap is there once before it
begins. Earlier a plan is still being made: of that the daily look 14 days ahead tells."""
SEEN_AHEAD = PRESSES_WITHIN + LONGEST_SHIFT
"""So far is looked, so that a shift that begins within a day is seen to its end."""
FIRST_TOLD = 2
"""Stretches that a headline tells one by one; of the others it tells how many they are."""


@dataclass(frozen=True, slots=True)
class HeldShift:
    """A shift of the plan, and the stretches in which somebody active holds a place in it."""

    shift_id: int
    name: str
    during: Stretch
    held: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class PressingGap:
    """A gap that begins within a day or has begun: who or which shift, when, and what to do."""

    matter: str
    """What makes it the same gap when it is seen again: neither its words nor its hours."""
    what: str
    remedy: str
    stretches: tuple[Stretch, ...]

    def headline(self, time_zone: str, *, at: datetime) -> str:
        """Tell the gap in one line: its stretches by the desk's clocks and in UTC."""
        told = [_stretch_words(each, time_zone, at) for each in self.stretches[:FIRST_TOLD]]
        more = len(self.stretches) - len(told)
        rest = [f"{more} more"] if more else []
        return f"{self.what}, {', and '.join(told + rest)}: {self.remedy}"


def pressing_gaps(
    gaps: Sequence[Gap], shifts: Iterable[HeldShift], role_levels: Iterable[int], *, at: datetime
) -> tuple[PressingGap, ...]:
    """Choose the gaps of the next day that no plan means to have.

    A role nobody is planned for, such as a manager at night, is no such gap: its step is passed
    over. But a shift that was drawn and has nobody in it is, and so is whoever cannot be reached
    by a step's channels, and a stretch in which nobody at all is on shift.

    Parameters
    ----------
    gaps:
        What the ladder lacks from `at` until `SEEN_AHEAD` later, from `coverage.gaps_of`.
    shifts:
        The shifts of that span.
    role_levels:
        The levels of the ladder whose step reaches a role on shift.
    at:
        Instant from which was looked, UTC.

    Returns
    -------
    :
        One for each matter, the soonest first.
    """
    empty = [each for shift in shifts if (each := _empty_shift(shift, at)) is not None]
    nobody = _nobody_at_all(gaps, role_levels, empty)
    found = [*empty, *_out_of_reach(gaps), *([nobody] if nobody else [])]
    near = [each for each in found if each.stretches[0][0] < at + PRESSES_WITHIN]
    return tuple(sorted(near, key=lambda each: (each.stretches, each.matter)))


def _empty_shift(shift: HeldShift, at: datetime) -> PressingGap | None:
    span = clipped(shift.during, (at, at + SEEN_AHEAD))
    empty = minus([span], shift.held) if span else ()
    if not empty:
        return None
    what = f"{shift.name} has nobody in it"
    remedy = "assign somebody on the Shifts page, or cancel the shift"
    return PressingGap(f"shift_{shift.shift_id}_is_empty", what, remedy, empty)


def _out_of_reach(gaps: Sequence[Gap]) -> list[PressingGap]:
    """Put together what the same people lack, whichever steps ask for it."""
    together: dict[str, list[Gap]] = {}
    for gap in gaps:
        if gap.user_ids:
            together.setdefault(_matter(gap), []).append(gap)
    return [
        PressingGap(matter, same[0].missing, _remedy(same), joined(map(_stretch, same)))
        for matter, same in together.items()
    ]


def _matter(gap: Gap) -> str:
    people = "_".join(map(str, gap.user_ids))
    lacks = f"lacks_{'_'.join(gap.channels)}" if gap.channels else "is_disabled"
    return f"user_{people}_{lacks}"


def _remedy(same: Sequence[Gap]) -> str:
    steps = dict.fromkeys(gap.step.lower() for gap in same)
    asks = "asks" if len(steps) == 1 else "ask"
    remedy = f"{same[0].remedy[:1].lower()}{same[0].remedy[1:].removesuffix('.')}"
    return f"{remedy}, for {' and '.join(steps)} {asks} for it" if same[0].channels else remedy


def _nobody_at_all(
    gaps: Sequence[Gap], role_levels: Iterable[int], empty: Sequence[PressingGap]
) -> PressingGap | None:
    """Find where every step for a role finds nobody, and no empty shift says so already."""
    absent = [
        joined(_stretch(gap) for gap in gaps if gap.level == level and not gap.user_ids)
        for level in role_levels
    ]
    if not absent:
        return None
    everywhere, *others = absent
    for each in others:
        everywhere = common(everywhere, each)
    told = [stretch for gap in empty for stretch in gap.stretches]
    stretches = minus(everywhere, told)
    remedy = "draw a shift on the Shifts page, and put somebody in it"
    return PressingGap("nobody", "Nobody is on shift", remedy, stretches) if stretches else None


def _stretch(gap: Gap) -> Stretch:
    return gap.starts_at, gap.ends_at


def _stretch_words(stretch: Stretch, time_zone: str, at: datetime) -> str:
    starts_at, ends_at = stretch
    if ends_at >= at + SEEN_AHEAD:
        since = "now" if starts_at <= at else _both(starts_at, time_zone)
        return f"from {since} on"
    if starts_at <= at:
        return f"until {_both(ends_at, time_zone)}"
    here = range_words(starts_at, ends_at, time_zone)
    return f"{here} ({range_words(starts_at, ends_at, 'UTC')})"


def _both(instant: datetime, time_zone: str) -> str:
    return f"{local_time(instant, time_zone)} ({local_time(instant, 'UTC')})"
