"""The fence around pages: asked for only while their alert is open and has not moved on."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select, update
from sqlalchemy.orm import Session

from warehouse.schema.alerting import Alert, Notification
from warehouse.vocabulary import AlertStatus, NotificationKind, NotificationStatus


def still_to_be_sent(at: datetime) -> ColumnElement[bool]:
    """Tell in SQL whether a message would be claimed: a page only while its alert asks for it.

    Parameters
    ----------
    at:
        Instant, UTC; an alert that is to be quiet then asks for nothing.

    Returns
    -------
    :
        A condition on `Notification`; it holds for what is no page.
    """
    current = (
        exists()
        .where(Alert.alert_id == Notification.alert_id, Alert.generation == Notification.generation)
        .where(Alert.status == AlertStatus.OPEN.value)
        .where(or_(Alert.suppressed_until_at.is_(None), Alert.suppressed_until_at <= at))
        .correlate(Notification)
    )
    return or_(Notification.kind != NotificationKind.PAGE.value, current)


def waiting_pages(*columns: Any, at: datetime) -> Select[*tuple[Any, ...]]:
    """Select the waiting pages whose alert asks for them, locked together with their alerts.

    Parameters
    ----------
    columns:
        What to read of `Notification` and `Alert`.
    at:
        Instant, UTC.

    Returns
    -------
    :
        The most urgent first; what another caller holds is passed over.
    """
    return (
        select(*columns)
        .join(Alert, Alert.alert_id == Notification.alert_id)
        .where(Notification.status == NotificationStatus.PENDING.value)
        .where(Notification.kind == NotificationKind.PAGE.value)
        .where(Alert.status == AlertStatus.OPEN.value)
        .where(Alert.generation == Notification.generation)
        .where(or_(Alert.suppressed_until_at.is_(None), Alert.suppressed_until_at <= at))
        .order_by(Notification.priority, Notification.not_before_at, Notification.notification_id)
        .with_for_update(of=(Notification, Alert), key_share=True, skip_locked=True)
    )


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
