"""What follows from a page that is dead: the next channel, the next step, at last the catch-all."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.operations.page_fence import still_to_be_sent
from warehouse.queries.policies import get_ladder
from warehouse.queries.quiet_hours import find_quiet_until
from warehouse.queries.verified_contacts import list_verified_addresses
from warehouse.rules.escalation_policy import Ladder
from warehouse.rules.other_channels import CATCH_ALL_CHANNEL, next_channel
from warehouse.schema.alerting import Alert, Notification
from warehouse.vocabulary import Channel, NotificationKind, NotificationStatus, Severity, UserId

GONE = (NotificationStatus.DEAD.value, NotificationStatus.CANCELLED.value)


def follow_deaths(session: Session, notification_ids: Sequence[int], *, at: datetime) -> None:
    """Try whom a dead page was for by another channel, or let its alert escalate now.

    The next channel that the policy names and for which the person has a verified contact is made
    ready at once, each channel at most once a step. Where every page of the step is dead, nobody
    was reached: the alert's next step is due now, and past the last one the catch-all is paged. A
    page whose alert has moved on, or is to be quiet, sets nothing off.

    Parameters
    ----------
    session:
        The transaction in which they died; it holds the lock of their alerts.
    notification_ids:
        What is dead; what is no page is passed over.
    at:
        Instant, UTC; what is made ready is due then.
    """
    statement = (
        select(Notification, Alert)
        .join(Alert, Alert.alert_id == Notification.alert_id)
        .where(Notification.notification_id.in_(notification_ids))
        .where(Notification.kind == NotificationKind.PAGE.value, still_to_be_sent(at))
        .where(Notification.channel != Channel.SINK.value)
        .order_by(Notification.notification_id)
        .execution_options(populate_existing=True)
    )
    for page, alert in session.execute(statement).all():
        _follow(session, page, alert, at=at)


def _follow(session: Session, page: Notification, alert: Alert, *, at: datetime) -> None:
    ladder = get_ladder(session, alert.policy_version_id)
    step = _pages_of_step(session, page)
    theirs = [each for each in step if each.recipient_user_id == page.recipient_user_id]
    if any(each.status not in GONE for each in theirs):
        return
    contacts = _contacts(session, page.recipient_user_id)
    tried = {Channel(each.channel) for each in theirs}
    channel = next_channel(ladder, page.escalation_level, reachable=contacts, tried=tried)
    if channel is not None and page.recipient_user_id is not None:
        user_id = UserId(page.recipient_user_id)
        _queue(session, page, alert, user_id, channel, contacts[channel], at=at)
    elif all(each.status in GONE for each in step):
        _go_on(session, page, alert, ladder, at=at)


def _pages_of_step(session: Session, page: Notification) -> Sequence[Notification]:
    statement = select(Notification).where(
        Notification.kind == NotificationKind.PAGE.value,
        Notification.alert_id == page.alert_id,
        Notification.generation == page.generation,
        Notification.escalation_loop.is_not_distinct_from(page.escalation_loop),
        Notification.escalation_level.is_not_distinct_from(page.escalation_level),
    )
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def _contacts(session: Session, user_id: int | None) -> dict[Channel, str]:
    if user_id is None:
        return {}
    return list_verified_addresses(session, [UserId(user_id)])[UserId(user_id)]


def _queue(
    session: Session,
    page: Notification,
    alert: Alert,
    user_id: UserId,
    channel: Channel,
    address: str,
    *,
    at: datetime,
) -> None:
    is_critical = alert.severity == Severity.CRITICAL
    quiet_until = None if is_critical else find_quiet_until(session, user_id, at=at)
    session.execute(
        insert(Notification)
        .values(
            kind=page.kind,
            alert_id=page.alert_id,
            generation=page.generation,
            escalation_loop=page.escalation_loop,
            escalation_level=page.escalation_level,
            recipient_user_id=user_id,
            channel=channel.value,
            address=address,
            priority=page.priority,
            created_at=at,
            not_before_at=quiet_until or at,
        )
        .on_conflict_do_nothing()
    )


def _go_on(
    session: Session, page: Notification, alert: Alert, ladder: Ladder, *, at: datetime
) -> None:
    """Let the alert go on from the step that reached nobody, unless it has long gone on."""
    place = (alert.escalation_level, alert.escalation_loop)
    if place != (page.escalation_level, page.escalation_loop):
        return
    if alert.next_escalation_at is not None:
        alert.next_escalation_at = min(alert.next_escalation_at, at)
        session.flush()
        return
    user_id = ladder.catch_all_user_id
    address = _contacts(session, user_id).get(CATCH_ALL_CHANNEL)
    if address is not None:
        _queue(session, page, alert, user_id, CATCH_ALL_CHANNEL, address, at=at)
