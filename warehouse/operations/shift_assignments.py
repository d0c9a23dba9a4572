"""Who is in a shift: put in it, and taken out again."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.shift_rows import (
    assignment_facts,
    lock_assignment,
    lock_shift,
    one_place_at_a_time,
    refuse_if_over,
    refuse_unless_holds,
)
from warehouse.operations.shifts import draw_shift
from warehouse.rules import permissions
from warehouse.rules.wall_time import Window
from warehouse.schema.shifts import ShiftAssignment
from warehouse.vocabulary import Actor, AssignmentId, Permission, Role, UserId


def assign_shift(
    session: Session,
    actor: Actor,
    *,
    name: str,
    window: Window,
    user_id: UserId,
    role: Role,
    at: datetime,
) -> AssignmentId:
    """Put a user in a shift, which is drawn if there is none of that name and time.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        A manager, an administrator or the system.
    name:
        What the desk calls the shift.
    window:
        When it is.
    user_id:
        Who works.
    role:
        As what; the user must hold this role.
    at:
        Instant of the act, UTC.

    Returns
    -------
    :
        Id of the assignment; repeating it gives the one there is.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        The user is disabled or lacks the role, or is in another shift at that time.
    """
    shift_id = draw_shift(session, actor, name=name, window=window, at=at)
    return assign_user(session, actor, shift_id, user_id=user_id, role=role, at=at)


def assign_user(
    session: Session, actor: Actor, shift_id: int, *, user_id: UserId, role: Role, at: datetime
) -> AssignmentId:
    """Put a user in a shift there is.

    Parameters
    ----------
    session:
        Open transaction; the shift stays locked until it ends.
    actor:
        A manager, an administrator or the system.
    shift_id:
        The shift.
    user_id:
        Who works.
    role:
        As what; the user must hold this role.
    at:
        Instant of the act, UTC. They count from then on if the shift is under way.

    Returns
    -------
    :
        Id of the assignment; repeating it gives the one there is.

    Raises
    ------
    NotFound
        No shift has this id.
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        The user is disabled or lacks the role, or is in another shift at that time; or the shift
        is over or cancelled.
    """
    permissions.require(
        actor, Permission.ADMINISTER_SHIFTS, "assign somebody to", "shift", shift_id
    )
    shift = lock_shift(session, shift_id)
    refuse_if_over(shift.during, "assigned", at=at)
    refuse_unless_holds(session, user_id, role)
    standing = _assignment_of(session, shift_id, user_id)
    if standing is not None:
        return standing
    assignment = ShiftAssignment(
        shift_id=shift_id, user_id=user_id, role=role.value, during=shift.during, assigned_at=at
    )
    with one_place_at_a_time(session):
        session.add(assignment)
    number = AssignmentId(assignment.assignment_id)
    audit.record(
        session,
        actor,
        AuditTag.SHIFT_ASSIGNED,
        "shift_assignment",
        number,
        at=at,
        after=assignment_facts(shift, assignment),
    )
    return number


def unassign_user(
    session: Session,
    actor: Actor,
    assignment_id: AssignmentId,
    *,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Take somebody out of a shift, from now on if it is under way.

    Parameters
    ----------
    session:
        Open transaction; the shift and the assignment stay locked until it ends.
    actor:
        A manager, an administrator or the system.
    assignment_id:
        The assignment.
    at:
        Instant of the act, UTC.
    reason:
        Why, in the actor's words.

    Raises
    ------
    NotFound
        No assignment has this id.
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        It is cancelled already, or the shift is over.
    """
    permissions.require(
        actor, Permission.ADMINISTER_SHIFTS, "cancel", "shift_assignment", assignment_id
    )
    shift, assignment = lock_assignment(session, assignment_id)
    refuse_if_over(shift.during, "left", at=at)
    assignment.cancelled_at = at
    session.flush()
    facts = assignment_facts(shift, assignment)
    tag, noun = AuditTag.SHIFT_UNASSIGNED, "shift_assignment"
    audit.record(session, actor, tag, noun, assignment_id, at=at, before=facts, reason=reason)


def _assignment_of(session: Session, shift_id: int, user_id: UserId) -> AssignmentId | None:
    found = session.scalar(
        select(func.min(ShiftAssignment.assignment_id)).where(
            ShiftAssignment.shift_id == shift_id,
            ShiftAssignment.user_id == user_id,
            ShiftAssignment.cancelled_at.is_(None),
        )
    )
    return None if found is None else AssignmentId(found)
