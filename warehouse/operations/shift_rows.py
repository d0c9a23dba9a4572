"""What every change of shifts shares: rows locked, roles asked for, one place at a time."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

from psycopg import errors as postgres
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from warehouse.errors import NotFound, TransitionRefused
from warehouse.schema.people import User, UserRole
from warehouse.schema.shifts import ONE_HOLDER, ONE_PLACE, Shift, ShiftAssignment
from warehouse.vocabulary import AssignmentId, Role, UserId

_KEY = re.compile(r"=\(\[(\d+),\d+\), (\S+ \S+ \S+)\)")
_ELSEWHERE = text(
    """
    SELECT shift.name FROM people.stand
    JOIN people.shift_assignment USING (assignment_id) JOIN people.shift USING (shift_id)
    WHERE stand.user_id = :user_id AND stand.during = ANY (CAST(:during AS tstzrange[])) LIMIT 1
    """
)


def bounds_of(during: Range[datetime]) -> tuple[datetime, datetime]:
    """Give both ends of a half-open range."""
    if during.lower is None or during.upper is None:
        raise ValueError("a shift has two ends")
    return during.lower, during.upper


def lock_shift(session: Session, shift_id: int) -> Shift:
    """Lock a shift, so that two changes of it follow one another; refuse a cancelled one.

    Parameters
    ----------
    session:
        Open transaction; the row stays locked until it ends.
    shift_id:
        The shift.

    Returns
    -------
    :
        As it is once nobody else changes it.

    Raises
    ------
    NotFound
        No shift has this id.
    TransitionRefused
        It was cancelled.
    """
    shift = session.scalar(
        select(Shift)
        .where(Shift.shift_id == shift_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if shift is None:
        raise NotFound("shift", shift_id)
    if shift.cancelled_at is not None:
        raise TransitionRefused("shift", "cancelled", "changed", why="draw another one")
    return shift


def lock_assignment(session: Session, assignment_id: AssignmentId) -> tuple[Shift, ShiftAssignment]:
    """Lock an assignment after its shift, which is the order everywhere; refuse a cancelled one.

    Parameters
    ----------
    session:
        Open transaction; both rows stay locked until it ends.
    assignment_id:
        The assignment.

    Returns
    -------
    :
        Its shift, and itself.

    Raises
    ------
    NotFound
        No assignment has this id.
    TransitionRefused
        It or its shift was cancelled.
    """
    shift_id = session.scalar(
        select(ShiftAssignment.shift_id).where(ShiftAssignment.assignment_id == assignment_id)
    )
    if shift_id is None:
        raise NotFound("shift assignment", assignment_id)
    shift = lock_shift(session, shift_id)
    assignment = session.scalars(
        select(ShiftAssignment)
        .where(ShiftAssignment.assignment_id == assignment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if assignment.cancelled_at is not None:
        raise TransitionRefused("shift assignment", "cancelled", "changed", why="assign again")
    return shift, assignment


def refuse_unless_holds(session: Session, user_id: UserId, role: Role) -> None:
    """Refuse somebody who is disabled or does not have the role they would work in.

    Raises
    ------
    TransitionRefused
        With what is missing.
    """
    held = session.scalar(
        select(UserRole.role)
        .join(User, User.user_id == UserRole.user_id)
        .where(User.user_id == user_id, User.is_active, UserRole.role == role.value)
    )
    if held is None:
        why = f"the user is disabled or not {role.value}"
        raise TransitionRefused("shift", f"for {role.value}s", "assigned", why=why)


def refuse_if_over(during: Range[datetime], step: str, *, at: datetime) -> None:
    """Refuse to change what has been: who was on shift when is part of the record.

    Raises
    ------
    TransitionRefused
        The shift ended at or before this instant.
    """
    if bounds_of(during)[1] <= at:
        raise TransitionRefused("shift", "over", step)


def refuse_if_begun(during: Range[datetime], step: str, instead: str, *, at: datetime) -> None:
    """Refuse to change a shift that somebody is in.

    Raises
    ------
    TransitionRefused
        The shift began at or before this instant; the words say what can be done instead.
    """
    refuse_if_over(during, step, at=at)
    if bounds_of(during)[0] <= at:
        raise TransitionRefused("shift", "under way", step, why=instead)


@contextmanager
def one_place_at_a_time(session: Session) -> Iterator[None]:
    """Make a change of stands, and put into words what Postgres refuses of it.

    The exclusion constraints are checked when the block ends, so that two assignments may change
    hands in it; what a colleague saved at the same moment counts too.

    Yields
    ------
    :
        Nothing; the change is made inside.

    Raises
    ------
    TransitionRefused
        Somebody would be in two places at once, or two people would stand in for one.
    IntegrityError
        Postgres refused it for another reason.
    """
    try:
        with session.begin_nested():
            session.execute(
                text(f"SET CONSTRAINTS people.{ONE_PLACE}, people.{ONE_HOLDER} DEFERRED")
            )
            yield
            session.flush()
            session.execute(
                text(f"SET CONSTRAINTS people.{ONE_PLACE}, people.{ONE_HOLDER} IMMEDIATE")
            )
    except IntegrityError as failure:
        if isinstance(failure.orig, postgres.ExclusionViolation):
            _refuse_in_words(session, failure.orig)
        raise


def shift_facts(shift: Shift) -> dict[str, Any]:
    """Give what an audit entry tells of a shift."""
    starts_at, ends_at = bounds_of(shift.during)
    return {
        "shift": shift.name,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
        "starts_local": shift.starts_local,
        "ends_local": shift.ends_local,
        "time_zone": shift.time_zone,
    }


def assignment_facts(shift: Shift, assignment: ShiftAssignment) -> Mapping[str, Any]:
    """Give what an audit entry tells of an assignment."""
    starts_at, ends_at = bounds_of(assignment.during)
    return {
        "shift": shift.name,
        "user_id": assignment.user_id,
        "role": assignment.role,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
    }


def _refuse_in_words(session: Session, refusal: postgres.ExclusionViolation) -> NoReturn:
    if refusal.diag.constraint_name == ONE_HOLDER:
        why = "cancel the other one first, or choose hours it leaves free"
        raise TransitionRefused("shift", "covered by another stand-in then", "overridden", why=why)
    # Of the two stands that collide, the one that is still there is the other shift's.
    keys = _KEY.findall(refusal.diag.message_detail or "")
    user_id = int(keys[0][0]) if keys else 0
    name = session.scalar(select(User.display_name).where(User.user_id == user_id))
    values = {"user_id": user_id, "during": [during for _, during in keys]}
    other = session.scalar(_ELSEWHERE, values)
    where = f"in shift {other} then" if other else "in two places at once"
    raise TransitionRefused("user", where, "assigned to another", why=name or "")
