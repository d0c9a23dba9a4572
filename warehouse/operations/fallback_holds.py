"""Hold the rooms of a fallback action: in place of another of the same leg, at today's price."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.errors import NoRoomLeft, TransitionRefused
from warehouse.operations.fallback_steps import (
    FallbackOutcome,
    locked_with_rivals,
    outcome,
    take_step,
    take_steps,
    taking_of,
)
from warehouse.operations.inventory import move_rooms
from warehouse.queries.inventory import find_stay_price
from warehouse.queries.policies import get_policy
from warehouse.rules.fallback_lifecycle import CONSUMING
from warehouse.rules.fallback_ranking import PolicyFlag, policy_flag, rose_too_far
from warehouse.rules.permissions import require
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Hotel
from warehouse.vocabulary import Actor, FallbackActionId, FallbackStatus, Permission

REPLACEABLE = frozenset({FallbackStatus.HELD, FallbackStatus.OFFERED})


def hold_fallback(
    session: Session, actor: Actor, fallback_action_id: FallbackActionId, *, at: datetime
) -> FallbackOutcome:
    """Hold the rooms of a proposal, in place of whatever is held or offered for the same leg.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who chooses. Needs `Permission.RESPOND`.
    fallback_action_id:
        A proposal.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Applied; no_op where it is held already; refused, with nothing changed, where a room is
        missing on some night, the leg's traveller has accepted another, or it is too late.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    NotFound
        No action has this id, or the actor may not see it.
    """
    require(actor, Permission.RESPOND, "hold", "fallback_action", fallback_action_id)
    action, rivals = locked_with_rivals(session, fallback_action_id)
    if action.status == FallbackStatus.HELD:
        return outcome(action, "no_op", "Its rooms are held already.")
    if action.status != FallbackStatus.PROPOSED:
        return outcome(action, "refused", f"It is {action.status}: propose anew.")
    return hold_locked(session, actor, action, rivals, at=at)


def hold_locked(
    session: Session,
    actor: Actor,
    action: FallbackAction,
    rivals: Sequence[FallbackAction],
    *,
    at: datetime,
) -> FallbackOutcome:
    """Hold the rooms of a locked proposal; the outcome says why if it cannot be."""
    standing = [other for other in rivals if FallbackStatus(other.status) in CONSUMING]
    if any(FallbackStatus(other.status) not in REPLACEABLE for other in standing):
        return outcome(action, "refused", "The traveller has accepted another hotel.")
    released = [other.fallback_action_id for other in standing]
    try:
        move_rooms(
            session, at=at, released=released, taken=[taking_of(action, _hotel(session, action))]
        )
    except NoRoomLeft as refusal:
        return outcome(action, "refused", str(refusal))
    reason = "Another hotel was held in its place."
    take_steps(session, actor, standing, FallbackStatus.SUPERSEDED, at=at, reason=reason)
    action.held_at, action.hold_expires_at = at, hold_end(session, at=at)
    take_step(session, actor, action, FallbackStatus.HELD, at=at)
    return outcome(action, "applied", f"Held until {action.hold_expires_at:%H:%M} UTC.")


def hold_next_ranked(
    session: Session, actor: Actor, rivals: Sequence[FallbackAction], *, at: datetime
) -> FallbackOutcome | None:
    """Hold the best remaining proposal of a leg whose fallback failed; None if none has rooms."""
    for proposal in rivals:
        if proposal.status == FallbackStatus.PROPOSED:
            held = hold_locked(session, actor, proposal, rivals, at=at)
            if held.result == "applied":
                return held
    return None


def hold_end(session: Session, *, at: datetime) -> datetime:
    """Say when a hold that begins or is offered now runs out, by the policy in force."""
    return at + timedelta(minutes=get_policy(session, at=at).hold_minutes)


def find_risen_price(session: Session, action: FallbackAction) -> int | None:
    """Find today's price of an action where it rose beyond tolerance; None where it did not.

    Returns
    -------
    :
        For all rooms and nights together, in minor units.

    Raises
    ------
    TransitionRefused
        The action has no rooms whose price could be asked.
    """
    taking = taking_of(action, "")
    price = find_stay_price(
        session,
        taking.hotel_id,
        taking.room_type,
        check_in_on=taking.check_in_on,
        check_out_on=taking.check_out_on,
    )
    if price is None or action.price_minor_units is None:
        raise TransitionRefused("fallback action", action.status, "priced", why="a night is gone")
    current = price * taking.rooms
    return current if rose_too_far(action.price_minor_units, current) else None


def adopt_price(
    session: Session, action: FallbackAction, price_minor_units: int, *, at: datetime
) -> None:
    """Put a new price on an action; whether a manager must approve is decided anew."""
    taking = taking_of(action, "")
    nights = (taking.check_out_on - taking.check_in_on).days
    cap = get_policy(session, at=at).fallback_price_cap_minor_units
    nightly = price_minor_units / (taking.rooms * nights)
    action.price_minor_units = price_minor_units
    action.requires_approval = policy_flag(nightly, cap) is PolicyFlag.NEEDS_APPROVAL
    action.approved_by = None
    session.flush()


def _hotel(session: Session, action: FallbackAction) -> str:
    name = session.scalar(select(Hotel.name).where(Hotel.hotel_id == action.hotel_id))
    return name or "The hotel"
