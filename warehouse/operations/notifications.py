"""The outbox: claim what is due, and record how each delivery ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.alert_rows import locked_alerts
from warehouse.operations.dead_letters import follow_deaths
from warehouse.operations.notification_leases import return_expired
from warehouse.operations.page_fence import still_to_be_sent
from warehouse.queries.contact_letters import list_contact_letters
from warehouse.queries.notifications import ClaimedNotification, list_claimed
from warehouse.rules.delivery import retry_after
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.deliveries import DeliveryAttempt
from warehouse.schema.fallbacks import FallbackAction
from warehouse.vocabulary import (
    SYSTEM,
    AlertStatus,
    FallbackStatus,
    NotificationId,
    NotificationKind,
    NotificationStatus,
)

LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it."""

    provider_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """It may go through later: a timeout, a 429, a 5xx, an SMTP 4xx."""

    reason: str
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """It will never go through: any other refusal."""

    reason: str


def claim_notifications(
    session: Session,
    *,
    worker: str,
    at: datetime,
    server_at: datetime,
    limit: int = 50,
    dashboard_url: str = "http://127.0.0.1:8501",
) -> list[ClaimedNotification]:
    """Take due notifications for sending, each by one worker, under a lease of 30 s.

    A page is taken only while its alert is open and of the same generation; both rows are locked
    together, so that an acknowledgement either cancels the page or comes after it was taken.

    Parameters
    ----------
    session:
        Open transaction; commit it before touching the network.
    worker:
        Names this worker; it completes what it claimed.
    at:
        The desk's instant, UTC: what is due by then is taken.
    server_at:
        The server's instant, UTC. Leases run on it: they are about workers, which a replayed
        clock does not make any faster.
    limit:
        How many to take at most.
    dashboard_url:
        Where the links in the messages lead.

    Returns
    -------
    :
        What to send, worded; the most urgent first.
    """
    return_expired(session, at=at, server_at=server_at)
    ids = [*session.scalars(_due_pages(at, limit))]
    ids += session.scalars(_due_others(at, limit - len(ids)))
    session.execute(
        update(Notification)
        .where(Notification.notification_id.in_(ids))
        .values(
            status=NotificationStatus.SENDING.value,
            attempts=Notification.attempts + 1,
            lease_owner=worker,
            lease_until_at=server_at + LEASE,
        )
    )
    about_alerts = list_claimed(session, ids, dashboard_url=dashboard_url)
    return about_alerts + list_contact_letters(session, ids, dashboard_url=dashboard_url)


def _due(at: datetime, limit: int) -> Select[int]:
    return (
        select(Notification.notification_id)
        .where(Notification.status == NotificationStatus.PENDING.value)
        .where(Notification.not_before_at <= at)
        .order_by(Notification.priority, Notification.not_before_at, Notification.notification_id)
        .limit(limit)
        .with_for_update(of=Notification, key_share=True, skip_locked=True)
    )


def _due_pages(at: datetime, limit: int) -> Select[int]:
    return (
        _due(at, limit)
        .join(Alert, Alert.alert_id == Notification.alert_id)
        .where(Notification.kind == NotificationKind.PAGE.value)
        .where(Alert.status == AlertStatus.OPEN.value)
        .where(Alert.generation == Notification.generation)
        .where(or_(Alert.suppressed_until_at.is_(None), Alert.suppressed_until_at <= at))
        .with_for_update(of=(Notification, Alert), key_share=True, skip_locked=True)
    )


def _due_others(at: datetime, limit: int) -> Select[int]:
    """Select the rest; an offer that was answered or ran out meanwhile is left alone."""
    offered = FallbackAction.status == FallbackStatus.OFFERED.value
    return (
        _due(at, limit)
        .outerjoin(
            FallbackAction,
            FallbackAction.fallback_action_id == Notification.fallback_action_id,
        )
        .where(Notification.kind != NotificationKind.PAGE.value)
        .where(or_(Notification.kind != NotificationKind.OFFER.value, offered))
    )


def record_delivery(
    session: Session,
    *,
    notification_id: NotificationId,
    attempt: int,
    worker: str,
    at: datetime,
    outcome: Sent | Retry | Dead,
) -> bool:
    """Write how one attempt ended; only the worker that still holds the lease may.

    Parameters
    ----------
    session:
        Open transaction.
    notification_id:
        What was sent.
    attempt:
        Which attempt it was, from 1, as claimed.
    worker:
        Who claimed it.
    at:
        Instant of the outcome, UTC.
    outcome:
        Sent; to be tried again while its budget of attempts lasts, then dead; or dead. A page
        whose alert has moved on meanwhile is not tried again but cancelled. What follows from a
        death is made ready in the same transaction.

    Returns
    -------
    :
        False when the lease had passed to another worker: nothing but the attempt is written.
    """
    values = _values_after(outcome, notification_id, attempt, at)
    if not isinstance(outcome, Sent):
        _lock_alert_of(session, notification_id)
    if isinstance(outcome, Retry):
        values["status"] = case(
            (not_(still_to_be_sent(at)), NotificationStatus.CANCELLED.value),
            (Notification.attempts >= Notification.most_attempts, NotificationStatus.DEAD.value),
            else_=NotificationStatus.PENDING.value,
        )
    statement = (
        update(Notification)
        .where(
            Notification.notification_id == notification_id,
            Notification.status == NotificationStatus.SENDING.value,
            Notification.lease_owner == worker,
            Notification.attempts == attempt,
        )
        .values(lease_owner=None, lease_until_at=None, **values)
        .returning(Notification.status)
    )
    ended = session.scalar(statement)
    _write_attempt(session, notification_id, attempt, at, outcome, ended)
    if ended == NotificationStatus.DEAD:
        follow_deaths(session, [notification_id], at=at)
    return ended is not None


def _lock_alert_of(session: Session, notification_id: NotificationId) -> None:
    """Let no acknowledgement come between the look at a page's alert and what follows from it."""
    alert_id = select(Notification.alert_id).where(Notification.notification_id == notification_id)
    locked_alerts(session, session.scalars(alert_id).all())


def _values_after(
    outcome: Sent | Retry | Dead, notification_id: int, attempt: int, at: datetime
) -> dict[str, Any]:
    if isinstance(outcome, Sent):
        provider_id = outcome.provider_message_id
        return {
            "status": NotificationStatus.SENT.value,
            "sent_at": at,
            "provider_message_id": provider_id,
        }
    if isinstance(outcome, Retry):
        return {
            "not_before_at": at
            + retry_after(attempt, outcome.after_seconds, spread_by=notification_id),
            "last_error": outcome.reason,
        }
    return {"status": NotificationStatus.DEAD.value, "last_error": outcome.reason}


_TAGS = {
    NotificationStatus.SENT: ("sent", AuditTag.NOTIFICATION_SENT),
    NotificationStatus.PENDING: ("retry", AuditTag.NOTIFICATION_RETRIED),
    NotificationStatus.CANCELLED: ("retry", None),
    NotificationStatus.DEAD: ("dead", AuditTag.NOTIFICATION_DIED),
}


def _write_attempt(
    session: Session,
    notification_id: NotificationId,
    attempt: int,
    at: datetime,
    outcome: Sent | Retry | Dead,
    ended: str | None,
) -> None:
    word, tag = _TAGS[NotificationStatus(ended)] if ended else ("lost_lease", None)
    detail = None if isinstance(outcome, Sent) else outcome.reason
    session.execute(
        insert(DeliveryAttempt)
        .values(
            notification_id=notification_id,
            attempt=attempt,
            attempted_at=at,
            outcome=word,
            detail=detail,
        )
        .on_conflict_do_nothing()
    )
    if tag is not None:
        audit.record(session, SYSTEM, tag, "notification", notification_id, at=at, reason=detail)


def cancel_outdated_pages(session: Session) -> int:
    """Cancel the waiting pages whose alert is no longer open, or of a later generation.

    Returns
    -------
    :
        How many were cancelled; a sweep that finds any has met a page queued beside the change.
    """
    outdated = (
        select(Notification.notification_id)
        .join(Alert, Alert.alert_id == Notification.alert_id)
        .where(Notification.kind == NotificationKind.PAGE.value)
        .where(Notification.status == NotificationStatus.PENDING.value)
        .where(
            or_(
                Alert.status != AlertStatus.OPEN.value,
                Alert.generation != Notification.generation,
            )
        )
        .with_for_update(of=Notification, key_share=True, skip_locked=True)
    )
    statement = (
        update(Notification)
        .where(Notification.notification_id.in_(outdated.scalar_subquery()))
        .values(status=NotificationStatus.CANCELLED.value)
        .returning(Notification.notification_id)
    )
    return len(session.execute(statement).all())
