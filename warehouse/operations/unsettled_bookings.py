"""Bookings no supplier answered for: attempts are noted, and a person settles what stays open."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.alert_rows import close, locked_alert
from warehouse.operations.desk_alerts import insert_desk_alert
from warehouse.operations.fallback_holds import hold_next_ranked
from warehouse.operations.fallback_steps import (
    NOUN,
    FallbackOutcome,
    facts_of,
    locked_with_rivals,
    outcome,
    take_step,
)
from warehouse.queries.booking_attempts import WAS_SENT, find_attempts, left_to_people
from warehouse.queries.policies import get_policy
from warehouse.rules.alert_lifecycle import desk_dedup_key
from warehouse.rules.booking_attempts import needs_person
from warehouse.rules.permissions import require
from warehouse.schema.alerting import Alert
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Hotel
from warehouse.schema.travel import Booking, BookingTraveller
from warehouse.vocabulary import (
    SYSTEM,
    Actor,
    AlertId,
    AlertStatus,
    CloseReason,
    FallbackActionId,
    FallbackStatus,
    Permission,
    Severity,
)


def note_attempt(
    session: Session, action: FallbackAction, *, was_sent: bool, at: datetime, reason: str
) -> None:
    """Write down that an action's order is sent again, or that it was surely not sent."""
    after = facts_of(action) | {WAS_SENT: was_sent}
    audit.record(
        session,
        SYSTEM,
        AuditTag.FALLBACK_BOOKING,
        NOUN,
        action.fallback_action_id,
        at=at,
        after=after,
        reason=reason,
    )


def ask_people_about_bookings(session: Session, *, at: datetime) -> int:
    """Raise an alert about every booking that no supplier has answered for in time.

    It climbs the ladder like any other until somebody settles the booking. Safe from any number
    of callers: an alert that is live is not raised again.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    at:
        Instant of the sweep, UTC.

    Returns
    -------
    :
        How many alerts were raised.
    """
    begun = {
        action.fallback_action_id: action
        for action in session.scalars(
            select(FallbackAction).where(FallbackAction.status == FallbackStatus.BOOKING.value)
        )
    }
    overdue = sorted(left_to_people(session, list(begun), at=at))
    return sum(_ask(session, begun[each], at) is not None for each in overdue)


def settle_booking(
    session: Session,
    actor: Actor,
    fallback_action_id: FallbackActionId,
    *,
    supplier_ref: str | None,
    reason: str,
    at: datetime,
) -> FallbackOutcome:
    """Take a person's word for whether a hotel is booked, after its supplier gave none.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asked the hotel or the supplier. Needs `Permission.RESPOND`.
    fallback_action_id:
        An action in `booking`.
    supplier_ref:
        Under which reference it is booked; None if it is surely not.
    reason:
        How they know, for the history.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Applied; no_op where it was settled before; refused while the supplier may still answer,
        or without a reason. What is not booked frees its rooms for the next ranked proposal.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    NotFound
        No action has this id, or the actor may not see it.
    """
    require(actor, Permission.RESPOND, "settle", "fallback_action", fallback_action_id)
    action, rivals = locked_with_rivals(session, fallback_action_id)
    if action.status != FallbackStatus.BOOKING:
        return outcome(action, "no_op", f"It is {action.status} already.")
    if not reason.strip():
        return outcome(action, "refused", "Say how you know, such as whom you called.")
    if not needs_person(find_attempts(session, fallback_action_id), at):
        return outcome(action, "refused", "It is still being booked: wait for the supplier.")
    if supplier_ref and supplier_ref.strip():
        action.supplier_ref = supplier_ref.strip()
        take_step(session, actor, action, FallbackStatus.BOOKED, at=at, reason=reason)
        message = f"Booked as {action.supplier_ref}."
    else:
        take_step(session, actor, action, FallbackStatus.FAILED, at=at, reason=reason)
        hold_next_ranked(session, actor, rivals, at=at)
        message = "Not booked: its rooms are free again."
    _close_alert(session, actor, action, reason, at)
    return outcome(action, "applied", message)


def _ask(session: Session, action: FallbackAction, at: datetime) -> int | None:
    hotel, booking_ref, travellers = session.execute(
        select(
            Hotel.name,
            Booking.booking_ref,
            select(func.count())
            .where(BookingTraveller.booking_id == action.booking_id)
            .scalar_subquery(),
        )
        .select_from(Hotel)
        .join(Booking, Booking.booking_id == action.booking_id)
        .where(Hotel.hotel_id == action.hotel_id)
    ).one()
    headline = (
        f"Nobody knows whether {hotel} is booked for {booking_ref}: call the hotel, then settle it"
        f" on alert {action.alert_id}"
    )
    return insert_desk_alert(
        session,
        _dedup_key(action),
        headline,
        get_policy(session, at=at).policy_version_id,
        at=at,
        severity=Severity.HIGH.value,
        next_escalation_at=at,
        travellers_affected=travellers,
        money_at_risk_minor_units=action.price_minor_units or 0,
        currency=action.currency or "USD",
    )


def _dedup_key(action: FallbackAction) -> str:
    accepted_at = action.accepted_at or action.proposed_at
    return desk_dedup_key(f"unsettled_booking_{action.fallback_action_id}", accepted_at.date())


def _close_alert(
    session: Session, actor: Actor, action: FallbackAction, reason: str, at: datetime
) -> None:
    alert_id = session.scalar(
        select(Alert.alert_id).where(
            Alert.dedup_key == _dedup_key(action), Alert.status != AlertStatus.CLOSED.value
        )
    )
    if alert_id is None:
        return
    alert = locked_alert(session, AlertId(alert_id))
    if alert.status != AlertStatus.CLOSED:
        close(session, actor, alert, CloseReason.RESOLVED, at=at, note=reason)
