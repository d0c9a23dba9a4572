"""Codes and tests as they are sent to a contact; they are about no alert."""

from collections.abc import Sequence

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from warehouse.queries.notifications import ClaimedNotification
from warehouse.rules.short_text import short_text
from warehouse.rules.wording import Message, contact_code, contact_test
from warehouse.schema.alerting import Notification
from warehouse.vocabulary import Channel, NotificationId, NotificationKind


def list_contact_letters(
    session: Session, notification_ids: Sequence[int], *, dashboard_url: str
) -> list[ClaimedNotification]:
    """Word the codes and tests among the notifications that were just claimed.

    Parameters
    ----------
    session:
        The claiming transaction; only the pipeline and the owner may ask for codes.
    notification_ids:
        What was claimed.
    dashboard_url:
        Where the links lead, without a slash at the end.

    Returns
    -------
    :
        One message per code or test, in the order they were asked for.
    """
    is_code = Notification.kind == NotificationKind.CODE.value
    code = case((is_code, func.people.contact_code(Notification.contact_check_id)))
    rows = session.execute(
        select(Notification, code)
        .where(Notification.notification_id.in_(notification_ids))
        .where(Notification.alert_id.is_(None))
        .order_by(Notification.notification_id)
        .execution_options(populate_existing=True)
    )
    return [_claimed(row, code, f"{dashboard_url}/account") for row, code in rows]


def _claimed(row: Notification, code: str | None, link: str) -> ClaimedNotification:
    message: Message = contact_test(link) if code is None else contact_code(code, link)
    return ClaimedNotification(
        notification_id=NotificationId(row.notification_id),
        attempt=row.attempts,
        most_attempts=row.most_attempts,
        kind=NotificationKind(row.kind),
        channel=Channel(row.channel),
        address=row.address,
        message_id=row.message_id,
        alert_id=None,
        generation=row.generation,
        subject=message.subject,
        text_body=message.text_body,
        html_body=message.html_body,
        short_text=short_text(message.subject, link),
    )
