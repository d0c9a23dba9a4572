"""A week of shifts drawn again for the weeks after it, at the same local times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.errors import TransitionRefused
from warehouse.operations.shift_assignments import assign_user
from warehouse.operations.shifts import draw_shift
from warehouse.rules import permissions
from warehouse.rules.wall_time import WRITTEN, Window, checked, nearest_instant_of
from warehouse.schema.people import User
from warehouse.schema.shifts import Shift, ShiftAssignment
from warehouse.vocabulary import Actor, Permission, Role, UserId

WEEK = timedelta(days=7)
MOST_WEEKS = 26


@dataclass(frozen=True, slots=True)
class RepeatedWeek:
    """What drawing a week again came to: how many, and what somebody should look at."""

    shifts: int
    assignments: int
    remarks: tuple[str, ...]


def repeat_week(
    session: Session, actor: Actor, *, first_on: date, weeks: int, at: datetime
) -> RepeatedWeek:
    """Draw the shifts that start in a week again, for a number of weeks after it.

    Local times stay what they are, also when clocks change between. What is there already stays;
    somebody who cannot take an assignment is left out and told of.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        A manager, an administrator or the system.
    first_on:
        Local date of the week's first day.
    weeks:
        For how many weeks after it, 1 to 26.
    at:
        Instant of the act, UTC; shifts that would be over by then are left out.

    Returns
    -------
    :
        How many shifts and assignments the weeks now have, and remarks.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        The number of weeks is out of range, or no shift starts in the week.
    """
    permissions.require(actor, Permission.ADMINISTER_SHIFTS, "repeat a week of every", "shift")
    if not 1 <= weeks <= MOST_WEEKS:
        why = f"choose 1 to {MOST_WEEKS} weeks"
        raise TransitionRefused("week", "drawn", f"drawn again for {weeks} weeks", why=why)
    shifts = _shifts_of_week(session, first_on)
    if not shifts:
        why = f"no shift starts between {first_on} and {first_on + WEEK - timedelta(days=1)}"
        raise TransitionRefused("week", "empty", "drawn again", why=why)
    drawn, assigned, remarks = 0, 0, []
    for number in range(1, weeks + 1):
        for shift in shifts:
            window, words = _later(shift, number)
            remarks += [f"{shift.name}: {each}" for each in words]
            if window.ends_at <= at:
                continue
            drawn += 1
            count, left_out = _draw_again(session, actor, shift, window, at=at)
            assigned += count
            remarks += left_out
    return RepeatedWeek(drawn, assigned, tuple(remarks))


def _shifts_of_week(session: Session, first_on: date) -> Sequence[Shift]:
    starts_on = (Shift.starts_local >= f"{first_on}", Shift.starts_local < f"{first_on + WEEK}")
    return session.scalars(
        select(Shift)
        .where(*starts_on, Shift.cancelled_at.is_(None))
        .order_by(Shift.during, Shift.shift_id)
    ).all()


def _later(shift: Shift, weeks: int) -> tuple[Window, list[str]]:
    """Move both local ends by whole weeks, and say what a change of clocks made of them."""
    ends = [
        nearest_instant_of(
            datetime.strptime(local, WRITTEN) + weeks * WEEK,  # noqa: DTZ007 - a wall time
            shift.time_zone,
        )
        for local in (shift.starts_local, shift.ends_local)
    ]
    window = Window(ends[0][0], ends[1][0], shift.time_zone)
    return checked(window), [words for _, words in ends if words]


def _draw_again(
    session: Session, actor: Actor, shift: Shift, window: Window, *, at: datetime
) -> tuple[int, list[str]]:
    shift_id = draw_shift(session, actor, name=shift.name, window=window, at=at)
    rows = session.execute(
        select(ShiftAssignment.user_id, ShiftAssignment.role, User.display_name)
        .join(User, User.user_id == ShiftAssignment.user_id)
        .where(ShiftAssignment.shift_id == shift.shift_id, ShiftAssignment.cancelled_at.is_(None))
        .order_by(ShiftAssignment.assignment_id)
    ).all()
    count, left_out = 0, []
    for user_id, role, name in rows:
        try:
            assign_user(session, actor, shift_id, user_id=UserId(user_id), role=Role(role), at=at)
            count += 1
        except TransitionRefused as refusal:
            left_out.append(f"{name} is left out of {shift.name}, {window.words}: {refusal}")
    return count, left_out
