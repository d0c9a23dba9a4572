"""The outbox: claim what is due, and record how each delivery ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, not_, or_, select, update
from sqlalchemy.orm import Session

from warehouse.operations.alert_rows import locked_alerts
from warehouse.operations.dead_letters import follow_deaths
from warehouse.operations.delivery_attempts import write_attempts
from warehouse.operations.notification_leases import return_expired
from warehouse.operations.page_claims import take_pages
from warehouse.operations.page_fence import still_to_be_sent
from warehouse.queries.contact_letters import list_contact_letters
from warehouse.queries.notifications import ClaimedNotification, list_claimed
from warehouse.rules.delivery import retry_after
from warehouse.schema.alerting import Notification
from warehouse.schema.fallbacks import FallbackAction
from warehouse.vocabulary import (
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
    together, so that an acknowledgement either cancels the page or comes after it was taken. Pages
    over their recipient's rate are held for a moment, and then taken together as a digest.

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
        How many messages at most; a digest is one.
    dashboard_url:
        Where the links in the messages lead.

    Returns
    -------
    :
        What to send, worded; the most urgent first.
    """
    return_expired(session, at=at, server_at=server_at)
    lease = {
        "status": NotificationStatus.SENDING.value,
        "attempts": Notification.attempts + 1,
        "lease_owner": worker,
        "lease_until_at": server_at + LEASE,
    }
    pages = take_pages(session, at=at, limit=limit, lease=lease)
    others = session.scalars(_due_others(at, limit - len(pages))).all()
    if others:
        mine = Notification.notification_id.in_(others)
        session.execute(update(Notification).where(mine).values(**lease))
    ids = [*(page for message in pages for page in message), *others]
    about_alerts = list_claimed(session, ids, dashboard_url=dashboard_url)
    return about_alerts + list_contact_letters(session, ids, dashboard_url=dashboard_url)


def _due_others(at: datetime, limit: int) -> Select[int]:
    """Select what is no page; an offer that was answered or ran out meanwhile is left alone."""
    offered = FallbackAction.status == FallbackStatus.OFFERED.value
    return (
        select(Notification.notification_id)
        .outerjoin(
            FallbackAction,
            FallbackAction.fallback_action_id == Notification.fallback_action_id,
        )
        .where(Notification.status == NotificationStatus.PENDING.value)
        .where(Notification.not_before_at <= at)
        .where(Notification.kind != NotificationKind.PAGE.value)
        .where(or_(Notification.kind != NotificationKind.OFFER.value, offered))
        .order_by(Notification.priority, Notification.not_before_at, Notification.notification_id)
        .limit(limit)
        .with_for_update(of=Notification, key_share=True, skip_locked=True)
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
        What was sent; of a digest any page, and all of them end alike.
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
    ids = _sent_together(session, notification_id, attempt)
    if not isinstance(outcome, Sent):
        _lock_alerts_of(session, ids)
    statement = (
        update(Notification)
        .where(
            Notification.notification_id.in_(ids),
            Notification.status == NotificationStatus.SENDING.value,
            Notification.lease_owner == worker,
            Notification.attempts == attempt,
        )
        .values(
            lease_owner=None,
            lease_until_at=None,
            **_values_after(outcome, ids[0], attempt, at),
        )
        .returning(Notification.notification_id, Notification.status)
    )
    ended = {row.notification_id: row.status for row in session.execute(statement)}
    write_attempts(session, ids, attempt, ended, at=at, refusal=_refusal(outcome))
    dead = [number for number in ids if ended.get(number) == NotificationStatus.DEAD]
    follow_deaths(session, dead, at=at)
    return bool(ended)


def _sent_together(session: Session, notification_id: int, attempt: int) -> Sequence[int]:
    """List the pages that were in the same message at an attempt, this one among them."""
    digest_id = select(Notification.digest_id).where(
        Notification.notification_id == notification_id
    )
    in_digest = and_(
        Notification.digest_id == digest_id.scalar_subquery(), Notification.attempts >= attempt
    )
    is_this = Notification.notification_id == notification_id
    statement = select(Notification.notification_id).where(or_(is_this, in_digest))
    return session.scalars(statement.order_by(Notification.notification_id)).all()


def _lock_alerts_of(session: Session, notification_ids: Sequence[int]) -> None:
    """Let no acknowledgement come between the look at a page's alert and what follows from it."""
    theirs = select(Notification.alert_id).where(Notification.notification_id.in_(notification_ids))
    locked_alerts(session, session.scalars(theirs).all())


def _values_after(
    outcome: Sent | Retry | Dead, spread_by: int, attempt: int, at: datetime
) -> dict[str, Any]:
    if isinstance(outcome, Sent):
        provider_id = outcome.provider_message_id
        return {
            "status": NotificationStatus.SENT.value,
            "sent_at": at,
            "provider_message_id": provider_id,
        }
    if isinstance(outcome, Dead):
        return {"status": NotificationStatus.DEAD.value, "last_error": outcome.reason}
    return {
        "status": case(
            (not_(still_to_be_sent(at)), NotificationStatus.CANCELLED.value),
            (Notification.attempts >= Notification.most_attempts, NotificationStatus.DEAD.value),
            else_=NotificationStatus.PENDING.value,
        ),
        "not_before_at": at + retry_after(attempt, outcome.after_seconds, spread_by=spread_by),
        "last_error": outcome.reason,
    }


def _refusal(outcome: Sent | Retry | Dead) -> str | None:
    return None if isinstance(outcome, Sent) else outcome.reason
