"""Steps that every change of a fallback action shares: lock it, move it on, free its rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from warehouse.errors import NotFound, TransitionRefused
from warehouse.operations import audit
from warehouse.operations.inventory import Taking, move_rooms
from warehouse.rules.fallback_lifecycle import (
    TAG_OF,
    TERMINAL,
    gives_rooms_back,
    require_step,
)
from warehouse.schema.alerting import Notification
from warehouse.schema.fallbacks import FallbackAction
from warehouse.vocabulary import (
    Actor,
    FallbackActionId,
    FallbackStatus,
    NotificationKind,
    NotificationStatus,
)

NOUN = "fallback_action"
HAS_DEADLINE = frozenset({FallbackStatus.HELD, FallbackStatus.OFFERED})


@dataclass(frozen=True, slots=True)
class FallbackOutcome:
    """What became of a wish to move a fallback action on, in words for whoever asked."""

    fallback_action_id: FallbackActionId
    result: Literal["applied", "no_op", "refused"]
    status: FallbackStatus
    message: str


def outcome(
    action: FallbackAction, result: Literal["applied", "no_op", "refused"], message: str
) -> FallbackOutcome:
    """Say what became of a wish, with the status the action now has."""
    return FallbackOutcome(
        FallbackActionId(action.fallback_action_id), result, FallbackStatus(action.status), message
    )


def locked_action(session: Session, fallback_action_id: FallbackActionId) -> FallbackAction:
    """Lock one fallback action and read it as it is after the wait.

    Returns
    -------
    :
        The action, locked until the transaction ends.

    Raises
    ------
    NotFound
        No action has this id, or row-level security hides it.
    """
    action = session.scalar(
        select(FallbackAction)
        .where(FallbackAction.fallback_action_id == fallback_action_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if action is None:
        raise NotFound("fallback action", fallback_action_id)
    return action


def locked_with_rivals(
    session: Session, fallback_action_id: FallbackActionId
) -> tuple[FallbackAction, list[FallbackAction]]:
    """Lock an action together with every other of the same alert and the same leg or stay.

    All are locked in the order of their ids, as everybody does who locks several.

    Returns
    -------
    :
        The action, and the others by rank.

    Raises
    ------
    NotFound
        No action has this id, or row-level security hides it.
    """
    wanted = aliased(FallbackAction)
    actions = session.scalars(
        select(FallbackAction)
        .join(
            wanted,
            (wanted.alert_id == FallbackAction.alert_id)
            & wanted.leg_id.is_not_distinct_from(FallbackAction.leg_id)
            & wanted.stay_id.is_not_distinct_from(FallbackAction.stay_id),
        )
        .where(wanted.fallback_action_id == fallback_action_id)
        .order_by(FallbackAction.fallback_action_id)
        .with_for_update(key_share=True, of=FallbackAction)
        .execution_options(populate_existing=True)
    ).all()
    found = [row for row in actions if row.fallback_action_id == fallback_action_id]
    if not found:
        raise NotFound("fallback action", fallback_action_id)
    rivals = sorted((row for row in actions if row is not found[0]), key=lambda row: row.rank)
    return found[0], rivals


def take_step(
    session: Session,
    actor: Actor,
    action: FallbackAction,
    to: FallbackStatus,
    *,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Move one locked action on; see `take_steps`."""
    take_steps(session, actor, [action], to, at=at, reason=reason)


def take_steps(
    session: Session,
    actor: Actor,
    actions: Sequence[FallbackAction],
    to: FallbackStatus,
    *,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Move locked actions to a status: rooms they no longer need are free, each step is audited.

    Raises
    ------
    TransitionRefused
        One of them never becomes that; none is moved.
    """
    if not actions:
        return
    statuses = [FallbackStatus(action.status) for action in actions]
    for status in statuses:
        require_step(status, to)
    for action in actions:
        _write_step(action, to, at, reason)
    session.flush()
    freed = [
        action.fallback_action_id
        for action, status in zip(actions, statuses, strict=True)
        if gives_rooms_back(status, to)
    ]
    move_rooms(session, at=at, released=freed)
    if to in TERMINAL:
        _cancel_offers(session, [action.fallback_action_id for action in actions])
    changes = [
        (action.fallback_action_id, {"status": status.value}, facts_of(action))
        for action, status in zip(actions, statuses, strict=True)
    ]
    audit.record_many(session, actor, TAG_OF[to], NOUN, changes, at=at, reason=reason)


def taking_of(action: FallbackAction, hotel_name: str) -> Taking:
    """Give the rooms a hotel's fallback action wants.

    Returns
    -------
    :
        What `move_rooms` takes.

    Raises
    ------
    TransitionRefused
        The action is not about a hotel, so it has no rooms to hold.
    """
    first, until = action.check_in_on, action.check_out_on
    if not (action.hotel_id and action.room_type and action.rooms and first and until):
        raise TransitionRefused("fallback action", action.status, "held", why="it has no rooms")
    return Taking(
        fallback_action_id=action.fallback_action_id,
        hotel_id=action.hotel_id,
        room_type=action.room_type,
        check_in_on=first,
        check_out_on=until,
        rooms=action.rooms,
        hotel_name=hotel_name,
    )


def facts_of(action: FallbackAction) -> dict[str, Any]:
    """Give what an audit entry keeps of an action: where it stands and what it is about."""
    return {
        "status": action.status,
        "alert_id": action.alert_id,
        "booking_id": action.booking_id,
        "hotel_id": action.hotel_id,
        "rooms": action.rooms,
        "price_minor_units": action.price_minor_units,
        "currency": action.currency,
    }


def _write_step(
    action: FallbackAction, to: FallbackStatus, at: datetime, reason: str | None
) -> None:
    action.status = to.value
    if to not in HAS_DEADLINE:
        action.hold_expires_at = None
    if to in TERMINAL:
        action.ended_at, action.end_reason = at, reason


def _cancel_offers(session: Session, action_ids: Sequence[int]) -> None:
    """Cancel offers that have not left yet; a customer's own answer does not see the outbox."""
    session.execute(
        update(Notification)
        .where(
            Notification.fallback_action_id.in_(action_ids),
            Notification.kind == NotificationKind.OFFER.value,
            Notification.status == NotificationStatus.PENDING.value,
        )
        .values(status=NotificationStatus.CANCELLED.value)
    )
