"""Write down how an attempt ended: a row for each page of the message, and what the audit keeps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.schema.alerting import Notification
from warehouse.schema.deliveries import DeliveryAttempt
from warehouse.schema.people import User
from warehouse.vocabulary import SYSTEM, NotificationStatus

_WORDS: Final = {
    NotificationStatus.SENT: "sent",
    NotificationStatus.PENDING: "retry",
    NotificationStatus.CANCELLED: "retry",
    NotificationStatus.DEAD: "dead",
}
LOST: Final = "lost_lease"
_TAGS: Final = {
    NotificationStatus.SENT: AuditTag.NOTIFICATION_SENT,
    NotificationStatus.PENDING: AuditTag.NOTIFICATION_RETRIED,
    NotificationStatus.DEAD: AuditTag.NOTIFICATION_DIED,
}


def write_attempts(
    session: Session,
    notification_ids: Sequence[int],
    attempt: int,
    ended: Mapping[int, str],
    *,
    at: datetime,
    refusal: str | None,
) -> None:
    """Write an attempt's row and audit entry for each notification of one message.

    Parameters
    ----------
    session:
        The transaction that wrote how they ended.
    notification_ids:
        All that were in the message.
    attempt:
        Which attempt it was, from 1.
    ended:
        The status of each since then; who is not there had passed to another worker.
    at:
        Instant of the outcome, UTC.
    refusal:
        Why it was not taken; None where it was.
    """
    rows = [
        {
            "notification_id": number,
            "attempt": attempt,
            "attempted_at": at,
            "outcome": _WORDS[NotificationStatus(ended[number])] if number in ended else LOST,
            "detail": refusal,
        }
        for number in notification_ids
    ]
    session.execute(insert(DeliveryAttempt).values(rows).on_conflict_do_nothing())
    facts = _shared(session, notification_ids) if len(notification_ids) > 1 else None
    for status, tag in _TAGS.items():
        changes = [(number, None, facts) for number in sorted(ended) if ended[number] == status]
        audit.record_many(session, SYSTEM, tag, "notification", changes, at=at, reason=refusal)


def _shared(session: Session, notification_ids: Sequence[int]) -> dict[str, Any]:
    """Say to whom a digest went, by what, and with how many others each of its pages."""
    whose = (
        select(User.display_name, Notification.channel)
        .join(Notification, Notification.recipient_user_id == User.user_id)
        .where(Notification.notification_id == notification_ids[0])
    )
    name, channel = session.execute(whose).one()
    return {"recipient": name, "channel": channel, "others": len(notification_ids) - 1}
