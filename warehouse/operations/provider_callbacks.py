"""What providers say of messages they took: delivered or failed, in whatever order it arrives."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.alert_rows import locked_alerts
from warehouse.operations.dead_letters import follow_deaths
from warehouse.queries.clock import Clock
from warehouse.schema.alerting import Notification
from warehouse.schema.deliveries import ProviderCallback
from warehouse.vocabulary import SYSTEM, NotificationStatus

ANSWERABLE = (
    NotificationStatus.SENT.value,
    NotificationStatus.DELIVERED.value,
    NotificationStatus.DEAD.value,
)
FAILED = "The provider reports that it failed."


class CallbackResult(StrEnum):
    """What became of a callback."""

    APPLIED = "applied"
    LATE = "late"
    UNKNOWN = "unknown"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Callback:
    """What a provider says of one message; its signature was checked."""

    provider: str
    message_id: str
    """The provider's own name for it, or the one that we sent along."""
    seq: int
    """Rises with each thing that the provider says of the message."""
    is_delivered: bool
    signature: str
    detail: str | None = None


def take_callback(session: Session, callback: Callback, *, clock: Clock) -> CallbackResult:
    """Take in what a provider says of a message, unless it has said something newer.

    The newest word stands, in whatever order words arrive. Every callback is kept with what became
    of it. A message that failed is dead, and what follows from that is made ready.

    Parameters
    ----------
    session:
        Open transaction that sees every message; its caller has checked the signature.
    callback:
        What was said.
    clock:
        The server's instant of receiving it, the desk's for the rest.

    Returns
    -------
    :
        Applied; late, where something newer was said or the message was cancelled or goes again;
        unknown, where no message has this name; replayed, where the same signature came before.
    """
    letters = _locked(session, callback.message_id)
    judged = {each.notification_id: _judge(each, callback) for each in letters}
    said_of = [
        each for each in letters if judged[each.notification_id][0] is CallbackResult.APPLIED
    ]
    letter = next(iter([*said_of, *letters]), None)
    result, reason = judged[letter.notification_id] if letter else _judge(None, callback)
    if not _keep(session, callback, letter, result, reason, received_at=clock.server_at):
        return CallbackResult.REPLAYED
    _apply(session, said_of, callback, at=clock.at)
    return result


def _locked(session: Session, message_id: str) -> Sequence[Notification]:
    """Lock the message of a name, and what went in one message with it, the alerts first."""
    provider_id = Notification.provider_message_id
    named = or_(
        provider_id == message_id,
        provider_id == f"<{message_id}>",
        Notification.message_id == message_id,
    )
    newest = select(Notification.notification_id, Notification.digest_id).where(named)
    found = session.execute(newest.order_by(Notification.notification_id.desc())).first()
    if found is None:
        return []
    same = Notification.notification_id == found.notification_id
    if found.digest_id is not None:
        same = Notification.digest_id == found.digest_id
    locked_alerts(session, session.scalars(select(Notification.alert_id).where(same)).all())
    statement = (
        select(Notification)
        .where(same)
        .order_by(Notification.notification_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).all()


def _judge(letter: Notification | None, callback: Callback) -> tuple[CallbackResult, str]:
    if letter is None:
        return CallbackResult.UNKNOWN, "No message has this name."
    if letter.status not in ANSWERABLE or letter.sent_at is None:
        return CallbackResult.LATE, f"The message is {letter.status}."
    if letter.provider_seq is not None and callback.seq <= letter.provider_seq:
        return CallbackResult.LATE, f"Number {letter.provider_seq} was said before."
    return CallbackResult.APPLIED, "The newest word."


def _keep(
    session: Session,
    callback: Callback,
    letter: Notification | None,
    result: CallbackResult,
    reason: str,
    *,
    received_at: datetime,
) -> bool:
    kept = session.scalar(
        insert(ProviderCallback)
        .values(
            provider=callback.provider,
            provider_message_id=callback.message_id,
            provider_seq=callback.seq,
            status="delivered" if callback.is_delivered else "failed",
            detail=callback.detail,
            received_at=received_at,
            signature_sha256=hashlib.sha256(callback.signature.encode()).digest(),
            notification_id=letter.notification_id if letter else None,
            result=result.value,
            reason=reason,
        )
        .on_conflict_do_nothing(index_elements=["signature_sha256"])
        .returning(ProviderCallback.provider_callback_id)
    )
    return kept is not None


def _apply(
    session: Session, letters: Sequence[Notification], callback: Callback, *, at: datetime
) -> None:
    status = NotificationStatus.DELIVERED if callback.is_delivered else NotificationStatus.DEAD
    moved = [letter.notification_id for letter in letters if letter.status != status]
    for letter in letters:
        letter.provider_seq, letter.status = callback.seq, status.value
        if not callback.is_delivered:
            letter.last_error = callback.detail or FAILED
    session.flush()
    tag = AuditTag.NOTIFICATION_DELIVERED if callback.is_delivered else AuditTag.NOTIFICATION_DIED
    changes, detail = [(number, None, None) for number in moved], callback.detail
    audit.record_many(session, SYSTEM, tag, "notification", changes, at=at, reason=detail)
    if not callback.is_delivered:
        follow_deaths(session, moved, at=at)
