"""Steps that every change of an alert shares: lock it, end what hangs on it, close it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound
from warehouse.operations import audit, fallbacks
from warehouse.rules.alert_lifecycle import Step, next_status
from warehouse.schema.acknowledgements import Acknowledgement
from warehouse.schema.alerting import Alert, Notification
from warehouse.vocabulary import (
    SYSTEM,
    AcknowledgementEnd,
    Actor,
    AlertId,
    AlertKind,
    AlertStatus,
    CloseReason,
    NotificationKind,
    NotificationStatus,
)


def locked_alert(session: Session, alert_id: AlertId) -> Alert:
    """Lock one alert and read it as it is after the wait.

    The lock is a statement of its own: what follows sees the pages that a sweep committed while
    this waited, which one combined statement would miss.

    Returns
    -------
    :
        The alert, locked until the transaction ends.

    Raises
    ------
    NotFound
        No alert has this id, or the actor may not see it.
    """
    statement = (
        select(Alert)
        .where(Alert.alert_id == alert_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    alert = session.scalar(statement)
    if alert is None:
        raise NotFound("alert", alert_id)
    return alert


def locked_alerts(
    session: Session, alert_ids: Sequence[int | None], *, skip_locked: bool = False
) -> list[Alert]:
    """Lock several alerts in the order of their ids, so that two callers never deadlock."""
    statement = (
        select(Alert)
        .where(Alert.alert_id.in_(alert_ids))
        .order_by(Alert.alert_id)
        .with_for_update(key_share=True, skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(statement))


def standing_acknowledgement(session: Session, alert: Alert) -> Acknowledgement | None:
    """Find the acknowledgement in force, if anybody holds the alert."""
    return session.scalar(
        select(Acknowledgement).where(
            Acknowledgement.alert_id == alert.alert_id,
            Acknowledgement.is_effective,
            Acknowledgement.ended_at.is_(None),
        )
    )


def end_acknowledgement(
    session: Session, alert: Alert, reason: AcknowledgementEnd, *, at: datetime
) -> None:
    """End the acknowledgement in force; nothing happens where there is none."""
    session.execute(
        update(Acknowledgement)
        .where(
            Acknowledgement.alert_id == alert.alert_id,
            Acknowledgement.is_effective,
            Acknowledgement.ended_at.is_(None),
        )
        .values(ended_at=at, end_reason=reason.value)
    )


def cancel_pages(session: Session, alert: Alert) -> None:
    """Cancel the pages that have not left yet; one that is being sent can no longer be stopped."""
    session.execute(
        update(Notification)
        .where(
            Notification.alert_id == alert.alert_id,
            Notification.kind == NotificationKind.PAGE.value,
            Notification.status == NotificationStatus.PENDING.value,
        )
        .values(status=NotificationStatus.CANCELLED.value)
    )


def latest_by_key(session: Session, dedup_keys: Sequence[str]) -> dict[str, int]:
    """Give the newest alert of each matter that has had one, live or closed."""
    statement = (
        select(Alert.dedup_key, Alert.alert_id)
        .where(Alert.dedup_key.in_(dedup_keys))
        .order_by(Alert.dedup_key, Alert.alert_id)
    )
    return dict(session.execute(statement).all())


def change_status(alert: Alert, step: Step) -> None:
    """Move the alert along its lifecycle; a change of status raises the generation."""
    status = next_status(AlertStatus(alert.status), step)
    if status is not AlertStatus(alert.status):
        alert.status = status.value
        alert.generation += 1


def reopen(
    session: Session, alert: Alert, reason: AcknowledgementEnd, step: Step, *, at: datetime
) -> None:
    """Give an acknowledged alert back to the desk: its own ladder starts again at once."""
    change_status(alert, step)
    alert.ack_deadline_at = None
    alert.escalation_level, alert.escalation_loop = 0, 0
    alert.next_escalation_at = at
    alert.parent_alert_id = None
    session.flush()
    end_acknowledgement(session, alert, reason, at=at)


def close(
    session: Session,
    actor: Actor,
    alert: Alert,
    reason: CloseReason,
    *,
    at: datetime,
    note: str | None = None,
) -> None:
    """Close a locked alert: pages are cancelled, its key released, un-accepted holds let go."""
    before = {"status": alert.status, "generation": alert.generation}
    change_status(alert, Step.CLOSE)
    alert.next_escalation_at = alert.ack_deadline_at = None
    alert.suppressed_until_at = alert.suppressed_reason = None
    alert.closed_at, alert.close_reason = at, reason.value
    session.flush()
    end_acknowledgement(session, alert, AcknowledgementEnd.ALERT_CLOSED, at=at)
    cancel_pages(session, alert)
    fallbacks.release_holds_of_alert(session, actor, AlertId(alert.alert_id), at=at)
    if alert.kind == AlertKind.STORM:
        _let_joined_go(session, alert, at=at)
    audit.record(
        session,
        actor,
        AuditTag.ALERT_CLOSED,
        "alert",
        alert.alert_id,
        at=at,
        before=before,
        after={"status": alert.status, "close_reason": reason.value},
        reason=note,
    )


def _let_joined_go(session: Session, storm: Alert, *, at: datetime) -> None:
    """Let what joined a storm that ends page for itself: nobody is forgotten."""
    is_open = Alert.status == AlertStatus.OPEN.value
    statement = (
        update(Alert)
        .where(Alert.parent_alert_id == storm.alert_id, Alert.status != AlertStatus.CLOSED.value)
        .values(parent_alert_id=None, next_escalation_at=case((is_open, at)))
        .returning(Alert.alert_id)
    )
    gone = [(each, {"storm": storm.alert_id}, None) for each in session.scalars(statement)]
    audit.record_many(session, SYSTEM, AuditTag.ALERT_LEFT_STORM, "alert", gone, at=at)
