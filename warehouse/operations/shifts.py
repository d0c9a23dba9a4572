"""Who works when: puts users in shifts."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from warehouse.errors import TransitionRefused
from warehouse.operations import audit
from warehouse.rules import permissions
from warehouse.schema.people import Shift, ShiftAssignment, User, UserRole
from warehouse.vocabulary import Actor, AuditTag, Permission, Role, UserId


def assign_shift(
    session: Session,
    actor: Actor,
    *,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    time_zone: str,
    user_id: UserId,
    role: Role,
    at: datetime,
) -> int:
    """Put a user in a shift, which is made if there is none of that name and time.

    Parameters
    ----------
    session:
        Open transaction of the dashboard or the owner.
    actor:
        A manager, an administrator or the system.
    name:
        What the desk calls the shift.
    starts_at:
        First instant of the shift, UTC.
    ends_at:
        First instant after it, UTC.
    time_zone:
        IANA zone the shift was drawn in.
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
    TransitionRefused
        The user is disabled or lacks the role, or is in another shift at that time.
    """
    permissions.require(actor, Permission.ADMINISTER_SHIFTS)
    during = Range(starts_at, ends_at, bounds="[)")
    _refuse_unless_holds(session, user_id, role)
    local = [_local(end, ZoneInfo(time_zone)) for end in (starts_at, ends_at)]
    shift_id = _shift_of(session, name, during, local, time_zone)
    standing = _assignment_of(session, shift_id, user_id)
    if standing is not None:
        return standing
    _refuse_if_overlapping(session, user_id, during)
    assignment = ShiftAssignment(
        shift_id=shift_id, user_id=user_id, role=role.value, during=during, assigned_at=at
    )
    session.add(assignment)
    session.flush()
    after = {
        "shift": name,
        "user_id": user_id,
        "role": role.value,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
    }
    tag, number = AuditTag.SHIFT_ASSIGNED, assignment.assignment_id
    audit.record(session, actor, tag, "shift_assignment", number, at=at, after=after)
    return number


def _refuse_unless_holds(session: Session, user_id: UserId, role: Role) -> None:
    held = session.scalar(
        select(UserRole.role)
        .join(User, User.user_id == UserRole.user_id)
        .where(User.user_id == user_id, User.is_active, UserRole.role == role.value)
    )
    if held is None:
        why = f"the user is disabled or not {role.value}"
        raise TransitionRefused("shift", f"for {role.value}s", "assigned", why=why)


def _refuse_if_overlapping(session: Session, user_id: UserId, during: Range[datetime]) -> None:
    other = session.scalar(
        select(Shift.name)
        .join(ShiftAssignment, ShiftAssignment.shift_id == Shift.shift_id)
        .where(ShiftAssignment.user_id == user_id, ShiftAssignment.during.overlaps(during))
        .limit(1)
    )
    if other is not None:
        raise TransitionRefused("user", f"in shift {other} then", "assigned to another")


def _shift_of(
    session: Session, name: str, during: Range[datetime], local: list[str], time_zone: str
) -> int:
    values = {"name": name, "during": during, "time_zone": time_zone}
    values |= {"starts_local": local[0], "ends_local": local[1]}
    session.execute(insert(Shift).values(values).on_conflict_do_nothing())
    found = select(Shift.shift_id).where(Shift.name == name, Shift.during == during)
    return session.scalars(found).one()


def _assignment_of(session: Session, shift_id: int, user_id: UserId) -> int | None:
    return session.scalar(
        select(ShiftAssignment.assignment_id).where(
            ShiftAssignment.shift_id == shift_id, ShiftAssignment.user_id == user_id
        )
    )


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
