"""Shifts: drawn in local time, moved with everybody in them, cancelled; never changed once over."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import TransitionRefused
from warehouse.operations import audit
from warehouse.operations.shift_rows import (
    bounds_of,
    lock_shift,
    one_place_at_a_time,
    refuse_if_over,
    shift_facts,
)
from warehouse.rules import permissions
from warehouse.rules.wall_time import Window, checked
from warehouse.schema.shifts import Shift
from warehouse.vocabulary import Actor, Permission


def draw_shift(session: Session, actor: Actor, *, name: str, window: Window, at: datetime) -> int:
    """Draw a shift, to which people can then be assigned; repeating it gives the one there is.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        A manager, an administrator or the system.
    name:
        What the desk calls it, such as "Agent from 22:00".
    window:
        When it is, from `rules.wall_time.window_of`.
    at:
        Instant of the act, UTC.

    Returns
    -------
    :
        The shift's id.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        It has no name, or would be over before it is drawn.
    """
    permissions.require(actor, Permission.ADMINISTER_SHIFTS, "draw a", "shift")
    checked(window)
    if not name.strip():
        raise TransitionRefused("shift", "without a name", "drawn", why="say what to call it")
    during = Range(window.starts_at, window.ends_at, bounds="[)")
    refuse_if_over(during, "drawn", at=at)
    return _shift_of(session, actor, name.strip(), window, at=at)


def move_shift(
    session: Session,
    actor: Actor,
    shift_id: int,
    *,
    window: Window,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Move a shift with everybody in it: assignments, swaps and stand-ins of the whole follow.

    A stand-in for certain hours keeps those hours, as far as the shift still covers them.

    Parameters
    ----------
    session:
        Open transaction; the shift stays locked until it ends.
    actor:
        A manager, an administrator or the system.
    shift_id:
        The shift.
    window:
        When it is to be.
    at:
        Instant of the act, UTC.
    reason:
        Why, in the actor's words.

    Raises
    ------
    NotFound
        No shift has this id.
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        It is over or cancelled; it is under way and something other than its end would change, or
        its end would lie in the past; or somebody in it is in another shift then.
    """
    permissions.require(actor, Permission.ADMINISTER_SHIFTS, "move", "shift", shift_id)
    checked(window)
    shift = lock_shift(session, shift_id)
    refuse_if_over(shift.during, "moved", at=at)
    _refuse_to_rewrite(shift, window, at=at)
    before = shift_facts(shift)
    with one_place_at_a_time(session):
        shift.during = Range(window.starts_at, window.ends_at, bounds="[)")
        shift.starts_local, shift.ends_local = window.starts_local, window.ends_local
        shift.time_zone = window.time_zone
    # Postgres moved the assignments; what this session had read of them is out of date.
    session.expire_all()
    after = shift_facts(shift)
    tag = AuditTag.SHIFT_MOVED
    audit.record(
        session, actor, tag, "shift", shift_id, at=at, before=before, after=after, reason=reason
    )


def cancel_shift(
    session: Session, actor: Actor, shift_id: int, *, at: datetime, reason: str | None = None
) -> None:
    """Cancel a shift: nobody in it is on shift any more, from now on if it is under way.

    Parameters
    ----------
    session:
        Open transaction; the shift stays locked until it ends.
    actor:
        A manager, an administrator or the system.
    shift_id:
        The shift.
    at:
        Instant of the act, UTC.
    reason:
        Why, in the actor's words.

    Raises
    ------
    NotFound
        No shift has this id.
    PermissionRefused
        The actor's roles may not change shifts.
    TransitionRefused
        It is cancelled already, or over.
    """
    permissions.require(actor, Permission.ADMINISTER_SHIFTS, "cancel", "shift", shift_id)
    shift = lock_shift(session, shift_id)
    refuse_if_over(shift.during, "cancelled", at=at)
    shift.cancelled_at = at
    session.flush()
    facts = shift_facts(shift)
    tag = AuditTag.SHIFT_CANCELLED
    audit.record(session, actor, tag, "shift", shift_id, at=at, before=facts, reason=reason)


def _refuse_to_rewrite(shift: Shift, window: Window, *, at: datetime) -> None:
    """Let only the part of a shift that is still ahead be changed."""
    starts_at, _ = bounds_of(shift.during)
    if window.ends_at <= at:
        raise TransitionRefused("shift", "planned", "moved", why="it would be over already")
    if starts_at <= at and window.starts_at != starts_at:
        why = "its start has been; move its end, or draw another shift"
        raise TransitionRefused("shift", "under way", "moved", why=why)
    if window.starts_at < at < starts_at:
        why = "it would have begun before anybody was told; let it start from now on"
        raise TransitionRefused("shift", "planned", "moved", why=why)


def _shift_of(session: Session, actor: Actor, name: str, window: Window, *, at: datetime) -> int:
    during = Range(window.starts_at, window.ends_at, bounds="[)")
    statement = (
        insert(Shift)
        .values(
            name=name,
            during=during,
            time_zone=window.time_zone,
            starts_local=window.starts_local,
            ends_local=window.ends_local,
        )
        .on_conflict_do_nothing()
        .returning(Shift)
    )
    shift = session.scalars(statement).one_or_none()
    if shift is None:
        standing = (Shift.name == name, Shift.during == during, Shift.cancelled_at.is_(None))
        return session.scalars(select(Shift.shift_id).where(*standing)).one()
    number = shift.shift_id
    facts = shift_facts(shift)
    audit.record(session, actor, AuditTag.SHIFT_DRAWN, "shift", number, at=at, after=facts)
    return number
