"""The fence around pages: asked for only while their alert is open and has not moved on."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_

from warehouse.schema.alerting import Alert, Notification
from warehouse.vocabulary import AlertStatus, NotificationKind


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
