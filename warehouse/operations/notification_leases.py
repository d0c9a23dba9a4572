"""Leases: what a worker took for sending and never answered for is given back."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, select, update
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.alert_rows import locked_alerts
from warehouse.operations.dead_letters import follow_deaths
from warehouse.operations.page_fence import still_to_be_sent
from warehouse.schema.alerting import Notification
from warehouse.vocabulary import SYSTEM, NotificationStatus

NEVER_ANSWERED = "The worker that had it never answered."


def return_leases(session: Session, *, worker: str, at: datetime) -> None:
    """Give back what a worker had claimed when it died; only for a worker known to be dead.

    A page whose alert has moved on is cancelled instead, and what no worker ever answered for is
    dead after as many attempts as any other.

    Parameters
    ----------
    session:
        Open transaction.
    worker:
        The name it claimed under.
    at:
        Instant, UTC; what it held is due again.
    """
    _return(session, Notification.lease_owner == worker, at=at)


def return_expired(session: Session, *, at: datetime, server_at: datetime) -> None:
    """Give back, as `return_leases` does, what workers have held for longer than their lease.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        The desk's instant, UTC; what is given back is due again.
    server_at:
        The server's instant, UTC, which leases run on.
    """
    _return(session, Notification.lease_until_at <= server_at, at=at)


def _return(session: Session, lease: ColumnElement[bool], *, at: datetime) -> None:
    leased = and_(Notification.status == NotificationStatus.SENDING.value, lease)
    alert_ids = session.scalars(select(Notification.alert_id).where(leased)).all()
    if not alert_ids:
        return
    locked_alerts(session, alert_ids)
    is_used_up = Notification.attempts >= Notification.most_attempts
    returned = session.execute(
        update(Notification)
        .where(leased)
        .values(
            status=case(
                (~still_to_be_sent(at), NotificationStatus.CANCELLED.value),
                (is_used_up, NotificationStatus.DEAD.value),
                else_=NotificationStatus.PENDING.value,
            ),
            lease_owner=None,
            lease_until_at=None,
            not_before_at=at,
            last_error=NEVER_ANSWERED,
        )
        .returning(Notification.notification_id, Notification.status)
    )
    dead = sorted(number for number, status in returned if status == NotificationStatus.DEAD)
    tag, changes = AuditTag.NOTIFICATION_DIED, [(number, None, None) for number in dead]
    audit.record_many(session, SYSTEM, tag, "notification", changes, at=at, reason=NEVER_ANSWERED)
    follow_deaths(session, dead, at=at)
