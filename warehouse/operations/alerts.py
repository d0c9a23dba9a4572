"""What people do with an alert: acknowledge, release, resolve."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import AlreadyHandled
from warehouse.operations import audit
from warehouse.operations.alert_rows import (
    cancel_pages,
    change_status,
    close,
    locked_alert,
    reopen,
    standing_acknowledgement,
)
from warehouse.rules.alert_lifecycle import Step
from warehouse.rules.permissions import require
from warehouse.schema.acknowledgements import Acknowledgement
from warehouse.schema.alerting import Alert
from warehouse.schema.people import User
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.vocabulary import (
    AcknowledgementEnd,
    Actor,
    AlertId,
    AlertStatus,
    CloseReason,
    Permission,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one alert in one request, in words for whoever asked."""

    alert_id: AlertId
    result: Literal["applied", "no_op", "refused"]
    message: str


def acknowledge_alert(
    session: Session,
    actor: Actor,
    alert_id: AlertId,
    *,
    at: datetime,
    note: str | None = None,
    expected_generation: int | None = None,
    idempotency_key: str | None = None,
) -> Outcome:
    """Take an alert on, which stops its escalation and cancels the pages still waiting.

    Taking an alert a colleague holds changes nothing but leaves an `also_seen` row; repeating
    one's own, or the same `idempotency_key`, changes nothing at all.

    Parameters
    ----------
    session:
        Open transaction; the alert's row stays locked until it ends.
    actor:
        Who takes it. Needs `Permission.RESPOND`.
    alert_id:
        Alert to take on.
    at:
        Instant of acknowledging, UTC.
    note:
        What the actor means to do, for colleagues and the history.
    expected_generation:
        The generation a link or page was sent for; an older one is refused.
    idempotency_key:
        Names this one act of the actor's, so that a repeated click is the same act.

    Returns
    -------
    :
        Applied, or no_op where somebody already had it.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    NotFound
        No alert has this id.
    AlreadyHandled
        `expected_generation` is not the alert's any more.
    TransitionRefused
        The alert is closed.
    """
    require(actor, Permission.RESPOND, "acknowledge", "alert", alert_id)
    alert = locked_alert(session, alert_id)
    if idempotency_key is not None and _was_done(session, idempotency_key):
        return Outcome(alert_id, "no_op", "Already done.")
    _refuse_old_generation(session, alert, expected_generation)
    change_from = alert.status
    change_status(alert, Step.ACKNOWLEDGE)
    if change_from == AlertStatus.ACKNOWLEDGED:
        return _also_seen(session, actor, alert, at=at, note=note, key=idempotency_key)
    return _take(session, actor, alert, at=at, note=note, key=idempotency_key)


def _was_done(session: Session, idempotency_key: str) -> bool:
    statement = select(Acknowledgement.acknowledgement_id).where(
        Acknowledgement.idempotency_key == idempotency_key
    )
    return session.scalar(statement) is not None


def _refuse_old_generation(session: Session, alert: Alert, expected: int | None) -> None:
    if expected is None or expected == alert.generation:
        return
    standing = standing_acknowledgement(session, alert)
    if standing is None:
        raise AlreadyHandled(None, alert.closed_at)
    raise AlreadyHandled(_name_of(session, standing.user_id), standing.acknowledged_at)


def _name_of(session: Session, user_id: int) -> str:
    name = session.scalar(select(User.display_name).where(User.user_id == user_id))
    return name or "a former colleague"


def _take(
    session: Session, actor: Actor, alert: Alert, *, at: datetime, note: str | None, key: str | None
) -> Outcome:
    alert.next_escalation_at = None
    alert.suppressed_until_at = alert.suppressed_reason = None
    alert.ack_deadline_at = _ack_deadline(session, alert, at=at)
    session.flush()
    _write_acknowledgement(session, actor, alert, at=at, note=note, key=key, is_effective=True)
    cancel_pages(session, alert)
    audit.record(
        session,
        actor,
        AuditTag.ALERT_ACKNOWLEDGED,
        "alert",
        alert.alert_id,
        at=at,
        before={"status": AlertStatus.OPEN.value, "generation": alert.generation - 1},
        after={"status": alert.status, "generation": alert.generation},
        reason=note,
    )
    return Outcome(AlertId(alert.alert_id), "applied", "Acknowledged: it is yours.")


def _ack_deadline(session: Session, alert: Alert, *, at: datetime) -> datetime | None:
    timeouts = session.scalar(
        select(EscalationPolicyVersion.ack_timeout_minutes).where(
            EscalationPolicyVersion.policy_version_id == alert.policy_version_id
        )
    )
    minutes = (timeouts or {}).get(alert.severity)
    return None if minutes is None else at + timedelta(minutes=minutes)


def _also_seen(
    session: Session, actor: Actor, alert: Alert, *, at: datetime, note: str | None, key: str | None
) -> Outcome:
    standing = standing_acknowledgement(session, alert)
    if standing is not None and standing.user_id == actor.user_id:
        return Outcome(AlertId(alert.alert_id), "no_op", "You already have it.")
    _write_acknowledgement(session, actor, alert, at=at, note=note, key=key, is_effective=False)
    audit.record(session, actor, AuditTag.ALERT_SEEN, "alert", alert.alert_id, at=at, reason=note)
    holder = _name_of(session, standing.user_id) if standing else "a colleague"
    return Outcome(AlertId(alert.alert_id), "no_op", f"{holder} already has it.")


def _write_acknowledgement(
    session: Session,
    actor: Actor,
    alert: Alert,
    *,
    at: datetime,
    note: str | None,
    key: str | None,
    is_effective: bool,
) -> None:
    session.execute(
        insert(Acknowledgement).values(
            alert_id=alert.alert_id,
            generation=alert.generation,
            user_id=actor.user_id,
            note=note,
            source=actor.source.value,
            acknowledged_at=at,
            is_effective=is_effective,
            idempotency_key=key,
        )
    )


def release_alert(
    session: Session, actor: Actor, alert_id: AlertId, *, at: datetime, reason: str | None = None
) -> Outcome:
    """Give an acknowledged alert back: its escalation starts again from the first step.

    Parameters
    ----------
    session:
        Open transaction; the alert's row stays locked until it ends.
    actor:
        Who gives it back; anyone who may respond, since the holder may be gone.
    alert_id:
        Alert to give back.
    at:
        Instant, UTC.
    reason:
        Why, for the history.

    Returns
    -------
    :
        Applied, or no_op where nobody had it.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    NotFound
        No alert has this id.
    TransitionRefused
        The alert is closed.
    """
    require(actor, Permission.RESPOND, "release", "alert", alert_id)
    alert = locked_alert(session, alert_id)
    if alert.status == AlertStatus.OPEN:
        return Outcome(alert_id, "no_op", "Nobody had it.")
    reopen(session, alert, AcknowledgementEnd.RELEASED, Step.RELEASE, at=at)
    audit.record(
        session,
        actor,
        AuditTag.ALERT_RELEASED,
        "alert",
        alert_id,
        at=at,
        before={"status": AlertStatus.ACKNOWLEDGED.value},
        after={"status": alert.status, "generation": alert.generation},
        reason=reason,
    )
    return Outcome(alert_id, "applied", "Released: it pages again from the first step.")


def resolve_alert(
    session: Session, actor: Actor, alert_id: AlertId, *, at: datetime, reason: str | None = None
) -> Outcome:
    """Close an alert because its travellers are taken care of; closing again changes nothing.

    Parameters
    ----------
    session:
        Open transaction; the alert's row stays locked until it ends.
    actor:
        Who resolves it. Needs `Permission.RESPOND`.
    alert_id:
        Alert to close.
    at:
        Instant, UTC.
    reason:
        How it was resolved, for the history.

    Returns
    -------
    :
        Applied, or no_op where it was closed before.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    NotFound
        No alert has this id.
    """
    require(actor, Permission.RESPOND, "resolve", "alert", alert_id)
    alert = locked_alert(session, alert_id)
    if alert.status == AlertStatus.CLOSED:
        return Outcome(alert_id, "no_op", "It was closed before.")
    close(session, actor, alert, CloseReason.RESOLVED, at=at, note=reason)
    return Outcome(alert_id, "applied", "Resolved.")
