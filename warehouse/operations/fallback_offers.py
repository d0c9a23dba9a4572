"""Offer a held hotel to a stranded traveller, and take their answer."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.operations.fallback_holds import (
    adopt_price,
    find_risen_price,
    hold_end,
    hold_locked,
)
from warehouse.operations.fallback_steps import (
    FallbackOutcome,
    locked_action,
    locked_with_rivals,
    outcome,
    take_step,
)
from warehouse.rules.currencies import price_words
from warehouse.rules.permissions import may, require
from warehouse.schema.alerting import Notification
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.travel import BookingTraveller, Traveller
from warehouse.vocabulary import (
    Actor,
    Channel,
    FallbackActionId,
    FallbackStatus,
    NotificationKind,
    Permission,
)

ANSWERED = {
    FallbackStatus.ACCEPTED: frozenset({
        FallbackStatus.ACCEPTED,
        FallbackStatus.BOOKING,
        FallbackStatus.BOOKED,
    }),
    FallbackStatus.DECLINED: frozenset({FallbackStatus.DECLINED}),
}
"""Where an action stands when the same answer was given before."""


def offer_fallback(
    session: Session, actor: Actor, fallback_action_id: FallbackActionId, *, at: datetime
) -> FallbackOutcome:
    """Offer a hotel to the lead traveller of its booking, who is written to.

    A proposal is held first, in place of what is held or offered for the same leg. The hold
    begins anew, so that the traveller has all of it to answer. A price that rose beyond tolerance
    since it was proposed is adopted and the offer refused: offering again is agreeing to it.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who offers. Needs `Permission.RESPOND`, and `Permission.APPROVE` above the price cap.
    fallback_action_id:
        A held hotel, or a proposed one.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Applied; no_op where it is offered already; refused where it cannot be held, its hold has
        run out or its price rose.

    Raises
    ------
    PermissionRefused
        The actor may not respond to alerts, or not approve what is above the price cap.
    NotFound
        No action has this id, or the actor may not see it.
    """
    require(actor, Permission.RESPOND, "offer", "fallback_action", fallback_action_id)
    action, rivals = locked_with_rivals(session, fallback_action_id)
    if action.requires_approval:
        require(actor, Permission.APPROVE, "offer", "fallback_action", fallback_action_id)
    if action.status == FallbackStatus.OFFERED:
        return outcome(action, "no_op", "It is offered already.")
    if refused := _make_ready(session, actor, action, rivals, at):
        return refused
    if risen := find_risen_price(session, action):
        before = action.price_minor_units or 0
        adopt_price(session, action, risen, at=at)
        return outcome(action, "refused", _rise_words(before, risen, action.currency))
    action.offered_at, action.hold_expires_at = at, hold_end(session, at=at)
    action.approved_by = actor.user_id if action.requires_approval else None
    take_step(session, actor, action, FallbackStatus.OFFERED, at=at)
    _write_to_lead(session, action, at=at)
    return outcome(action, "applied", f"Offered until {action.hold_expires_at:%H:%M} UTC.")


def accept_fallback(
    session: Session,
    actor: Actor,
    fallback_action_id: FallbackActionId,
    *,
    at: datetime,
    reason: str | None = None,
) -> FallbackOutcome:
    """Accept an offer; its rooms stay held without end until the supplier has booked them.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        A traveller of the booking with `Permission.SEE_OWN_TRIPS`, or for them, with a reason,
        somebody with `Permission.RESPOND`.
    fallback_action_id:
        An offer.
    at:
        Instant of the answer, UTC; at the very end of the hold it is too late.
    reason:
        Why somebody else answers for the traveller, such as "by telephone".

    Returns
    -------
    :
        Applied; no_op where it was accepted before; refused where it is no longer offered.

    Raises
    ------
    PermissionRefused
        The actor is neither on the booking nor allowed to respond to alerts.
    NotFound
        No action has this id, or the actor may not see it.
    """
    action = locked_action(session, fallback_action_id)
    refused = _refuse_answer(session, actor, action, FallbackStatus.ACCEPTED, at, reason)
    if refused:
        return refused
    action.accepted_at = at
    take_step(session, actor, action, FallbackStatus.ACCEPTED, at=at, reason=reason)
    return outcome(action, "applied", "Accepted: we are booking it for you.")


def decline_fallback(
    session: Session,
    actor: Actor,
    fallback_action_id: FallbackActionId,
    *,
    at: datetime,
    reason: str | None = None,
) -> FallbackOutcome:
    """Decline an offer, which frees its rooms for others.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        As for `accept_fallback`.
    fallback_action_id:
        An offer.
    at:
        Instant of the answer, UTC.
    reason:
        Why, in the traveller's words; needed of whoever answers for them.

    Returns
    -------
    :
        Applied; no_op where it was declined before; refused where it is no longer offered.

    Raises
    ------
    PermissionRefused
        The actor is neither on the booking nor allowed to respond to alerts.
    NotFound
        No action has this id, or the actor may not see it.
    """
    action = locked_action(session, fallback_action_id)
    refused = _refuse_answer(session, actor, action, FallbackStatus.DECLINED, at, reason)
    if refused:
        return refused
    take_step(session, actor, action, FallbackStatus.DECLINED, at=at, reason=reason)
    return outcome(action, "applied", "Declined: the room is free again.")


def _make_ready(
    session: Session,
    actor: Actor,
    action: FallbackAction,
    rivals: Sequence[FallbackAction],
    at: datetime,
) -> FallbackOutcome | None:
    """Have the action held at this instant; give the refusal if it cannot be."""
    if action.status == FallbackStatus.PROPOSED:
        held = hold_locked(session, actor, action, rivals, at=at)
        return held if held.result == "refused" else None
    if action.status != FallbackStatus.HELD:
        return outcome(action, "refused", f"It is {action.status}: choose another.")
    if _has_run_out(action, at):
        return outcome(action, "refused", "Its hold has run out: choose another.")
    return None


def _refuse_answer(
    session: Session,
    actor: Actor,
    action: FallbackAction,
    answer: FallbackStatus,
    at: datetime,
    reason: str | None,
) -> FallbackOutcome | None:
    """Check who answers and whether the offer stands; give the outcome if it ends here."""
    if not _is_own(session, actor, action):
        require(actor, Permission.RESPOND, "answer", "fallback_action", action.fallback_action_id)
        if not (reason or actor.is_system):
            return outcome(action, "refused", "Say why you answer for the traveller.")
    if FallbackStatus(action.status) in ANSWERED[answer]:
        return outcome(action, "no_op", f"It was {answer.value} before.")
    if action.status != FallbackStatus.OFFERED:
        return outcome(action, "refused", f"This offer is {action.status} and cannot be answered.")
    if _has_run_out(action, at):
        return outcome(action, "refused", "This offer has run out: ask the desk for another.")
    return None


def _is_own(session: Session, actor: Actor, action: FallbackAction) -> bool:
    if actor.traveller_id is None or not may(actor, Permission.SEE_OWN_TRIPS):
        return False
    on_booking = select(BookingTraveller.traveller_id).where(
        BookingTraveller.booking_id == action.booking_id,
        BookingTraveller.traveller_id == actor.traveller_id,
    )
    return session.scalar(on_booking) is not None


def _has_run_out(action: FallbackAction, at: datetime) -> bool:
    return action.hold_expires_at is not None and action.hold_expires_at <= at


def _write_to_lead(session: Session, action: FallbackAction, *, at: datetime) -> None:
    """Queue the offer to the lead traveller; one that was queued before is not repeated."""
    lead = session.execute(
        select(Traveller.traveller_id, Traveller.email)
        .join(BookingTraveller, BookingTraveller.traveller_id == Traveller.traveller_id)
        .where(BookingTraveller.booking_id == action.booking_id, BookingTraveller.position == 1)
    ).one()
    if lead.email is None:  # The agent who offers sees that, and tells them by telephone.
        return
    message = {
        "kind": NotificationKind.OFFER.value,
        "alert_id": action.alert_id,
        "generation": action.generation,
        "fallback_action_id": action.fallback_action_id,
        "recipient_traveller_id": lead.traveller_id,
        "channel": Channel.EMAIL.value,
        "address": lead.email,
        "priority": 1,
        "created_at": at,
        "not_before_at": at,
    }
    session.execute(insert(Notification).values(message).on_conflict_do_nothing())


def _rise_words(before: int, now: int, currency: str | None) -> str:
    prices = [price_words(minor_units, currency) for minor_units in (before, now)]
    return f"The price rose from {' to '.join(prices)}: offer it again to agree to that."
