"""Fallback actions of an alert as a whole: propose when asked for, expire, let go at its close.

Who is offered one and how they answer is in `fallback_offers`, the booking in `fallback_bookings`.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from warehouse.errors import NotFound, TransitionRefused
from warehouse.operations.fallback_proposals import FallbackSweep, propose_for_alerts
from warehouse.operations.fallback_steps import take_steps
from warehouse.rules import permissions
from warehouse.rules.fallback_lifecycle import UNANSWERED
from warehouse.schema.alerting import Alert
from warehouse.schema.escalations import Escalation
from warehouse.schema.fallbacks import FallbackAction
from warehouse.vocabulary import (
    SYSTEM,
    Actor,
    AlertId,
    AlertStatus,
    FallbackKind,
    FallbackStatus,
    Permission,
)

HOLD_RAN_OUT = "The hold ran out before anybody answered."


def propose_fallbacks_due(session: Session, *, at: datetime, limit: int = 20) -> FallbackSweep:
    """Propose and hold hotels wherever an escalation step asked for it.

    Safe from any number of callers: each due escalation is locked, those another caller has are
    skipped, and one that is done is never done again. An escalation whose alert was closed, taken
    or reopened since is done without proposing anything: its generation is an old one.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    at:
        Instant of the sweep, UTC.
    limit:
        Most escalations to look at.

    Returns
    -------
    :
        What was found and held, in numbers.
    """
    due = session.execute(
        select(Escalation.escalation_id, Alert.alert_id, Escalation.generation == Alert.generation)
        .join(Alert, Alert.alert_id == Escalation.alert_id)
        .where(
            Escalation.fallback_kind == FallbackKind.ALTERNATIVE_HOTEL.value,
            Escalation.fallback_done_at.is_(None),
        )
        .order_by(Escalation.escalation_id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True, of=[Escalation, Alert])
    ).all()
    session.execute(
        update(Escalation)
        .where(Escalation.escalation_id.in_([escalation_id for escalation_id, _, _ in due]))
        .values(fallback_done_at=at)
    )
    current = sorted({alert_id for _, alert_id, is_current in due if is_current})
    return propose_for_alerts(session, SYSTEM, current, at=at)


def propose_fallbacks(
    session: Session, actor: Actor, alert_id: AlertId, *, at: datetime
) -> FallbackSweep:
    """Propose and hold hotels for an alert's stranded travellers because a person asks.

    Legs that something is held or booked for already are left alone; earlier proposals that
    nobody took up are superseded by the new ones.

    Parameters
    ----------
    session:
        Open transaction; the alert stays locked until it ends.
    actor:
        Who asks. Needs `Permission.RESPOND`.
    alert_id:
        A live alert about a flight.
    at:
        Instant of asking, UTC.

    Returns
    -------
    :
        What was found and held, in numbers.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    NotFound
        No alert has this id, or the actor may not see it.
    TransitionRefused
        The alert is closed.
    """
    permissions.require(actor, Permission.RESPOND, "propose hotels for", "alert", alert_id)
    status = session.scalar(
        select(Alert.status).where(Alert.alert_id == alert_id).with_for_update(key_share=True)
    )
    if status is None:
        raise NotFound("alert", alert_id)
    if status == AlertStatus.CLOSED:
        raise TransitionRefused("alert", status, "given fallbacks")
    return propose_for_alerts(session, actor, [alert_id], at=at)


def release_holds_of_alert(
    session: Session, actor: Actor, alert_id: AlertId, *, at: datetime
) -> int:
    """Let go of everything an alert's travellers have not accepted; called by its closing.

    Accepted and booked fallback actions stay: a traveller counts on them.

    Parameters
    ----------
    session:
        Transaction that closes the alert and holds its lock.
    actor:
        Who closes it.
    alert_id:
        The alert.
    at:
        Instant of closing, UTC.

    Returns
    -------
    :
        How many fallback actions were superseded.
    """
    actions = session.scalars(
        select(FallbackAction)
        .where(
            FallbackAction.alert_id == alert_id,
            FallbackAction.status.in_([status.value for status in UNANSWERED]),
        )
        .order_by(FallbackAction.fallback_action_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    reason = "The alert was closed."
    take_steps(session, actor, actions, FallbackStatus.SUPERSEDED, at=at, reason=reason)
    return len(actions)


def expire_holds(session: Session, *, at: datetime, limit: int = 200) -> int:
    """Free the rooms of holds and offers that nobody answered in time.

    Safe from any number of callers: rows another caller has are skipped.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    at:
        Instant of the sweep, UTC; a hold that expires at this very instant is over.
    limit:
        Most holds to end.

    Returns
    -------
    :
        How many fallback actions expired.
    """
    actions = session.scalars(
        select(FallbackAction)
        .where(FallbackAction.hold_expires_at <= at)
        .order_by(FallbackAction.hold_expires_at, FallbackAction.fallback_action_id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    take_steps(session, SYSTEM, actions, FallbackStatus.EXPIRED, at=at, reason=HOLD_RAN_OUT)
    return len(actions)
