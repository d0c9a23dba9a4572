"""Send dead messages again: somebody decides it, and each gets a fresh budget of attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, TransitionRefused, WarehouseRefused
from warehouse.operations import audit
from warehouse.operations.alert_rows import locked_alerts
from warehouse.operations.page_fence import still_to_be_sent
from warehouse.queries.verified_contacts import list_verified_addresses
from warehouse.rules.delivery import MOST_ATTEMPTS
from warehouse.rules.permissions import among, require
from warehouse.schema.alerting import Notification
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.travel import Traveller
from warehouse.vocabulary import (
    Actor,
    Channel,
    FallbackStatus,
    NotificationId,
    NotificationKind,
    NotificationStatus,
    Permission,
    UserId,
)

NOT_DEAD = {
    NotificationStatus.PENDING: "It is on its way again already.",
    NotificationStatus.SENDING: "It is being sent.",
    NotificationStatus.SENT: "It was sent meanwhile.",
    NotificationStatus.DELIVERED: "It was delivered meanwhile.",
    NotificationStatus.CANCELLED: "It was cancelled.",
}


@dataclass(frozen=True, slots=True)
class Resent:
    """What became of one message that was to be sent again, in words for whoever asked."""

    notification_id: NotificationId
    result: Literal["applied", "no_op", "refused"]
    message: str


def resend_notification(
    session: Session, actor: Actor, notification_id: NotificationId, *, at: datetime
) -> Resent:
    """Send a dead message again, with as many attempts as a new one has.

    It goes to the contact that its recipient has now, so that an address which was put right is
    used; what was in a digest goes by itself. Repeating it changes nothing: what is on its way, or
    arrived, is left alone.

    Parameters
    ----------
    session:
        Open transaction; the message and its alert stay locked until it ends.
    actor:
        Who asks. Needs `Permission.RESPOND`.
    notification_id:
        The dead message.
    at:
        Instant of asking, UTC; the message is due then.

    Returns
    -------
    :
        Applied, or no_op where it is not dead any more.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    NotFound
        No message has this id, or the actor may not see it.
    TransitionRefused
        Its alert or its offer has moved on, or the recipient has no verified contact by its
        channel.
    """
    require(actor, Permission.RESPOND, "send again", "notification", notification_id)
    letter = _locked(session, notification_id)
    if letter.status != NotificationStatus.DEAD:
        words = NOT_DEAD[NotificationStatus(letter.status)]
        return Resent(notification_id, "no_op", words)
    _refuse_outdated(session, letter, at=at)
    before = {"attempts": letter.attempts, "most_attempts": letter.most_attempts}
    letter.address = _current_address(session, letter)
    letter.status = NotificationStatus.PENDING.value
    letter.not_before_at = at
    letter.sent_at = letter.provider_message_id = letter.provider_seq = letter.digest_id = None
    letter.most_attempts = letter.attempts + MOST_ATTEMPTS
    session.flush()
    after = {"most_attempts": letter.most_attempts}
    tag = AuditTag.NOTIFICATION_RESENT
    audit.record(
        session, actor, tag, "notification", notification_id, at=at, before=before, after=after
    )
    return Resent(notification_id, "applied", f"It is on its way to {letter.address}.")


def resend_notifications(
    session: Session, actor: Actor, notification_ids: Sequence[NotificationId], *, at: datetime
) -> list[Resent]:
    """Send several dead messages again; one that cannot be sent does not keep the others.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asks. Needs `Permission.RESPOND`.
    notification_ids:
        The messages, in any order.
    at:
        Instant of asking, UTC.

    Returns
    -------
    :
        One outcome per message, in the order asked.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    """
    require(actor, Permission.RESPOND, *among("send again", "notification", notification_ids))
    _lock_alerts(session, notification_ids)
    outcomes = {
        each: _outcome(session, actor, each, at=at) for each in sorted(set(notification_ids))
    }
    return [outcomes[each] for each in notification_ids]


def _outcome(
    session: Session, actor: Actor, notification_id: NotificationId, *, at: datetime
) -> Resent:
    try:
        return resend_notification(session, actor, notification_id, at=at)
    except WarehouseRefused as refusal:
        return Resent(notification_id, "refused", str(refusal))


def _lock_alerts(session: Session, notification_ids: Sequence[int]) -> None:
    """Lock the alerts before their messages, in the order of their ids, as everybody does."""
    theirs = select(Notification.alert_id).where(Notification.notification_id.in_(notification_ids))
    locked_alerts(session, session.scalars(theirs).all())


def _locked(session: Session, notification_id: NotificationId) -> Notification:
    _lock_alerts(session, [notification_id])
    statement = (
        select(Notification)
        .where(Notification.notification_id == notification_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    letter = session.scalar(statement)
    if letter is None:
        raise NotFound("message", notification_id)
    return letter


def _refuse_outdated(session: Session, letter: Notification, *, at: datetime) -> None:
    if letter.kind == NotificationKind.CODE:
        why = "it has run out; its recipient asks for another on their own account's page"
        raise TransitionRefused("code", "dead", "sent again", why=why)
    mine = Notification.notification_id == letter.notification_id
    asked_for = session.scalar(select(still_to_be_sent(at)).where(mine))
    if not asked_for:
        why = "its alert was taken, closed or put off meanwhile, and pages by itself if it has to"
        raise TransitionRefused("page", "dead", "sent again", why=why)
    if letter.kind == NotificationKind.OFFER:
        action = session.get(FallbackAction, letter.fallback_action_id)
        if action is None or action.status != FallbackStatus.OFFERED:
            why = "it was answered or ran out meanwhile"
            raise TransitionRefused("offer", "dead", "sent again", why=why)


def _current_address(session: Session, letter: Notification) -> str:
    if letter.recipient_user_id is None:
        traveller = session.get(Traveller, letter.recipient_traveller_id)
        return (traveller.email if traveller else None) or letter.address
    user_id, channel = UserId(letter.recipient_user_id), Channel(letter.channel)
    address = list_verified_addresses(session, [user_id])[user_id].get(channel)
    if address is None:
        why = f"its recipient has no verified contact for {channel.value}"
        raise TransitionRefused("message", "dead", "sent again", why=why)
    return address
