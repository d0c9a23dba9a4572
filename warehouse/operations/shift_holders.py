"""Who holds a shift assignment instead: stood in for, or changed hands with another."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, TransitionRefused
from warehouse.operations import audit
from warehouse.operations.shift_rows import (
    assignment_facts,
    bounds_of,
    lock_assignment,
    one_place_at_a_time,
    refuse_if_begun,
    refuse_if_over,
    refuse_unless_holds,
)
from warehouse.rules import permissions
from warehouse.schema.shifts import Shift, ShiftAssignment, ShiftOverride, ShiftSwap
from warehouse.vocabulary import Actor, AssignmentId, Permission, Role, UserId


def override_assignment(
    session: Session,
    actor: Actor,
    assignment_id: AssignmentId,
    *,
    user_id: UserId,
    during: tuple[datetime, datetime] | None,
    at: datetime,
    reason: str | None = None,
) -> int:
    """Let another user stand in for an assignment: whoever stands in is the one who is paged.

    Parameters
    ----------
    session:
        Open transaction; the shift and the assignment stay locked until it ends.
    actor:
        A manager, an administrator or the system.
    assignment_id:
        Whom they stand in for, and when.
    user_id:
        Who stands in; must hold the assignment's role.
    during:
        Start and exclusive end, UTC; None for the whole assignment, also after it is moved.
    at:
        Instant of the act, UTC; nobody stands in before it.
    reason:
        Why, in the actor's words.

    Returns
    -------
    :
        The override's id.

    Raises
    ------
    NotFound
        No assignment has this id.
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        The hours are none of the shift's or are over, the user holds the assignment already, is
        disabled, lacks the role or is in another shift then, or somebody else stands in then.
    """
    permissions.require(
        actor,
        Permission.ADMINISTER_SHIFTS,
        "let somebody stand in for",
        "shift_assignment",
        assignment_id,
    )
    shift, assignment = lock_assignment(session, assignment_id)
    refuse_if_over(shift.during, "overridden", at=at)
    if assignment.user_id == user_id:
        why = "choose somebody else to stand in"
        raise TransitionRefused("shift", "theirs already", "overridden by its holder", why=why)
    refuse_unless_holds(session, user_id, Role(assignment.role))
    override = ShiftOverride(
        assignment_id=assignment_id,
        user_id=user_id,
        during=_hours_of(shift, during, at=at),
        reason=reason,
        overridden_at=at,
        overridden_by=actor.user_id,
    )
    with one_place_at_a_time(session):
        session.add(override)
    number = override.override_id
    _record_override(session, actor, shift, assignment, override, at=at)
    return number


def cancel_override(session: Session, actor: Actor, override_id: int, *, at: datetime) -> None:
    """End an override: the assignment is its holder's again, from now on.

    Parameters
    ----------
    session:
        Open transaction; the shift and the assignment stay locked until it ends.
    actor:
        A manager, an administrator or the system.
    override_id:
        The override.
    at:
        Instant of the act, UTC.

    Raises
    ------
    NotFound
        No override has this id.
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        It is cancelled or over already, or its holder is in another shift by now.
    """
    permissions.require(
        actor, Permission.ADMINISTER_SHIFTS, "cancel", "shift_override", override_id
    )
    found = session.get(ShiftOverride, override_id)
    if found is None:
        raise NotFound("override", override_id)
    shift, _ = lock_assignment(session, AssignmentId(found.assignment_id))
    override = session.get_one(ShiftOverride, override_id, populate_existing=True)
    if override.cancelled_at is not None:
        raise TransitionRefused("override", "cancelled", "cancelled again")
    refuse_if_over(override.during or shift.during, "given back", at=at)
    with one_place_at_a_time(session):
        override.cancelled_at = at
    facts = {"shift": shift.name, "user_id": override.user_id}
    tag = AuditTag.OVERRIDE_ENDED
    audit.record(session, actor, tag, "shift_override", override_id, at=at, before=facts)


def swap_assignments(
    session: Session,
    actor: Actor,
    first: AssignmentId,
    second: AssignmentId,
    *,
    at: datetime,
    reason: str | None = None,
) -> int:
    """Let two assignments change hands; what was swapped stays so when a shift is moved.

    Parameters
    ----------
    session:
        Open transaction; both shifts and assignments stay locked until it ends.
    actor:
        A manager, an administrator or the system.
    first:
        One assignment.
    second:
        The other; its holder takes the first one, and the first one's holder takes it.
    at:
        Instant of the act, UTC.
    reason:
        Why, in the actor's words.

    Returns
    -------
    :
        The swap's id. Swapping again undoes it, as a swap of its own.

    Raises
    ------
    NotFound
        One of the assignments is not there.
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        A shift has begun, both are one person's or of one shift, or somebody lacks the role they
        would work in or would be in two shifts at once.
    """
    permissions.require(actor, Permission.ADMINISTER_SHIFTS, "swap", "shift_assignment", first)
    (one_shift, one), (other_shift, other) = _lock_two(session, first, second)
    if one.user_id == other.user_id or one_shift.shift_id == other_shift.shift_id:
        why = "choose two shifts of two people"
        raise TransitionRefused(
            "pair of assignments", "one person's or shift's", "swapped", why=why
        )
    for shift in (one_shift, other_shift):
        refuse_if_begun(shift.during, "swapped", "let somebody stand in for the rest of it", at=at)
    refuse_unless_holds(session, UserId(other.user_id), Role(one.role))
    refuse_unless_holds(session, UserId(one.user_id), Role(other.role))
    before = {
        "first": assignment_facts(one_shift, one),
        "second": assignment_facts(other_shift, other),
    }
    with one_place_at_a_time(session):
        one.user_id, other.user_id = other.user_id, one.user_id
    swap = ShiftSwap(
        first_assignment_id=first,
        second_assignment_id=second,
        reason=reason,
        swapped_at=at,
        swapped_by=actor.user_id,
    )
    session.add(swap)
    session.flush()
    after = {
        "first": assignment_facts(one_shift, one),
        "second": assignment_facts(other_shift, other),
    }
    tag, noun, number = AuditTag.SHIFTS_SWAPPED, "shift_swap", swap.swap_id
    audit.record(
        session, actor, tag, noun, number, at=at, before=before, after=after, reason=reason
    )
    return number


def _lock_two(
    session: Session, first: AssignmentId, second: AssignmentId
) -> tuple[tuple[Shift, ShiftAssignment], tuple[Shift, ShiftAssignment]]:
    """Lock both in the order of their shifts, so that two swaps never wait for each other."""
    rows = session.execute(
        select(ShiftAssignment.assignment_id, ShiftAssignment.shift_id).where(
            ShiftAssignment.assignment_id.in_((first, second))
        )
    )
    shift_of = {row[0]: row[1] for row in rows}
    for missing in {first, second} - shift_of.keys():
        raise NotFound("shift assignment", missing)
    ordered = sorted({first, second}, key=lambda each: (shift_of[each], each))
    locked = {each: lock_assignment(session, each) for each in ordered}
    return locked[first], locked[second]


def _hours_of(
    shift: Shift, during: tuple[datetime, datetime] | None, *, at: datetime
) -> Range[datetime] | None:
    """Take the hours asked for as far as they are the shift's; None stays the whole of it."""
    if during is None:
        return None
    starts_at, ends_at = during
    shift_starts_at, shift_ends_at = bounds_of(shift.during)
    starts_at, ends_at = max(starts_at, shift_starts_at, at), min(ends_at, shift_ends_at)
    if starts_at >= ends_at:
        why = f"{shift.name} is from {shift.starts_local} to {shift.ends_local}, {shift.time_zone}"
        raise TransitionRefused("shift", "not in these hours", "overridden", why=why)
    return Range(starts_at, ends_at, bounds="[)")


def _record_override(
    session: Session,
    actor: Actor,
    shift: Shift,
    assignment: ShiftAssignment,
    override: ShiftOverride,
    *,
    at: datetime,
) -> None:
    starts_at, ends_at = bounds_of(override.during or shift.during)
    audit.record(
        session,
        actor,
        AuditTag.SHIFT_OVERRIDDEN,
        "shift_override",
        override.override_id,
        at=at,
        before={"user_id": assignment.user_id},
        after={
            "shift": shift.name,
            "user_id": override.user_id,
            "assignment_id": override.assignment_id,
            "starts_at": starts_at.isoformat(),
            "ends_at": ends_at.isoformat(),
        },
        reason=override.reason,
    )
