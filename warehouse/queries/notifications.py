"""What is to be sent, worded for whoever receives it; and what could not be sent."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from warehouse.queries.paged_alerts import list_pages
from warehouse.rules.digest_mail import digest_mail, digest_words, urgency
from warehouse.rules.page_mail import Page, page_mail
from warehouse.rules.permissions import require
from warehouse.rules.short_text import short_text
from warehouse.rules.wording import Message, local_time, offer
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Hotel
from warehouse.schema.travel import Airport, Traveller
from warehouse.vocabulary import (
    Actor,
    AlertId,
    Channel,
    NotificationId,
    NotificationKind,
    NotificationStatus,
    Permission,
)


@dataclass(frozen=True, slots=True)
class FoldedPage:
    """A page that goes in one message with others, as a machine reads it."""

    alert_id: AlertId
    generation: int
    subject: str
    text_body: str


@dataclass(frozen=True, slots=True)
class ClaimedNotification:
    """One message that a worker has taken for sending, complete."""

    notification_id: NotificationId
    attempt: int
    most_attempts: int
    kind: NotificationKind
    channel: Channel
    address: str
    message_id: str
    alert_id: AlertId | None
    """None where it checks a contact."""
    generation: int
    subject: str
    text_body: str
    html_body: str
    short_text: str
    """For a text message: what, where, when, and a link, in 160 characters."""
    folded: Sequence[FoldedPage] = ()
    """The pages of a digest, in the order told; empty for any other message."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notification that will not go through by itself."""

    notification_id: NotificationId
    alert_id: AlertId | None
    channel: Channel
    address: str
    attempts: int
    created_at: datetime
    last_error: str


def list_claimed(
    session: Session, notification_ids: Sequence[int], *, dashboard_url: str
) -> list[ClaimedNotification]:
    """Word the notifications that were just claimed, the most urgent first.

    Parameters
    ----------
    session:
        The claiming transaction.
    notification_ids:
        What was claimed.
    dashboard_url:
        Where the links lead, without a slash at the end.

    Returns
    -------
    :
        One message for each digest, and for each notification that is in none.
    """
    pages = list_pages(session, notification_ids, dashboard_url=dashboard_url)
    messages: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_letters(notification_ids)):
        letter = row.Notification
        messages[letter.digest_id or letter.message_id].append(row)
    return [_message(rows, pages, dashboard_url) for rows in messages.values()]


def _message(
    rows: Sequence[Row[Any]], pages: Mapping[int, Page], dashboard_url: str
) -> ClaimedNotification:
    """Word what goes in one message; two pages of the same alert tell of it once."""
    newest = {row.Notification.alert_id: row for row in rows}
    if len(newest) > 1:
        return _digest(list(newest.values()), rows[0], pages, dashboard_url)
    (row,) = newest.values()
    message = (
        _offer(row, dashboard_url)
        if _offers_a_hotel(row)
        else page_mail(pages[row.Notification.notification_id])
    )
    return _claimed(row, message, _short_text(row, dashboard_url))


def _digest(
    rows: Sequence[Row[Any]], first: Row[Any], pages: Mapping[int, Page], dashboard_url: str
) -> ClaimedNotification:
    told = [(pages[row.Notification.notification_id], row.Notification) for row in rows]
    told.sort(key=lambda each: urgency(each[0]))
    ranked, link = [page for page, _ in told], f"{dashboard_url}/inbox"
    words = f"{digest_words(ranked)}. First {ranked[0].alert.headline}"
    message = _claimed(first, digest_mail(ranked, link=link), short_text(words, link))
    return replace(message, folded=[_folded(page, letter) for page, letter in told])


def _folded(page: Page, letter: Notification) -> FoldedPage:
    mail = page_mail(page)
    alert_id = AlertId(letter.alert_id or 0)
    return FoldedPage(alert_id, letter.generation, mail.subject, mail.text_body)


def _letters(notification_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Notification,
            Alert.headline,
            Alert.severity,
            Traveller.given_name,
            FallbackAction.check_in_on,
            FallbackAction.hold_expires_at,
            Hotel.name.label("hotel_name"),
            Hotel.distance_km,
            Airport.iata,
            Airport.time_zone,
        )
        .join(Alert, Alert.alert_id == Notification.alert_id)
        .outerjoin(Traveller, Traveller.traveller_id == Notification.recipient_traveller_id)
        .outerjoin(
            FallbackAction,
            FallbackAction.fallback_action_id == Notification.fallback_action_id,
        )
        .outerjoin(Hotel, Hotel.hotel_id == FallbackAction.hotel_id)
        .outerjoin(Airport, Airport.iata == Hotel.airport)
        .where(Notification.notification_id.in_(notification_ids))
        .order_by(Notification.priority, Notification.notification_id)
        .execution_options(populate_existing=True)
    )


def _offers_a_hotel(row: Row[Any]) -> bool:
    return row.Notification.kind == NotificationKind.OFFER and row.hotel_name is not None


def _offer(row: Row[Any], dashboard_url: str) -> Message:
    what = (
        f"Your flight is disrupted. We have a room for you at {row.hotel_name},"
        f" {row.distance_km:.1f} km from {row.iata}, for the night of {row.check_in_on:%a %-d %b}."
    )
    until = local_time(row.hold_expires_at, row.time_zone) if row.hold_expires_at else "you answer"
    return offer(row.given_name, what, until=until, link=f"{dashboard_url}/my-trips")


def _short_text(row: Row[Any], dashboard_url: str) -> str:
    notification = row.Notification
    if _offers_a_hotel(row):
        words = f"Your flight is disrupted. We hold a room for you at {row.hotel_name}."
        return short_text(words, f"{dashboard_url}/my-trips")
    link = f"{dashboard_url}/alert?id={notification.alert_id}"
    return short_text(f"{row.severity.upper()} {row.headline}", link)


def _claimed(row: Row[Any], message: Message, short_words: str) -> ClaimedNotification:
    notification = row.Notification
    return ClaimedNotification(
        notification_id=NotificationId(notification.notification_id),
        attempt=notification.attempts,
        most_attempts=notification.most_attempts,
        kind=NotificationKind(notification.kind),
        channel=Channel(notification.channel),
        address=notification.address,
        message_id=notification.digest_id or notification.message_id,
        alert_id=AlertId(notification.alert_id),
        generation=notification.generation,
        subject=message.subject,
        text_body=message.text_body,
        html_body=message.html_body,
        short_text=short_words,
    )


def list_dead_letters(session: Session, actor: Actor, *, limit: int = 100) -> list[DeadLetter]:
    """List what could not be delivered, newest first.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asks. Needs `Permission.SEE_PIPELINE`.
    limit:
        How many at most.

    Returns
    -------
    :
        Dead notifications with the last error.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see the pipeline.
    """
    require(actor, Permission.SEE_PIPELINE)
    statement = (
        select(Notification)
        .where(Notification.status == NotificationStatus.DEAD.value)
        .order_by(Notification.notification_id.desc())
        .limit(limit)
    )
    return [
        DeadLetter(
            notification_id=NotificationId(row.notification_id),
            alert_id=None if row.alert_id is None else AlertId(row.alert_id),
            channel=Channel(row.channel),
            address=row.address,
            attempts=row.attempts,
            created_at=row.created_at,
            last_error=row.last_error or "",
        )
        for row in session.scalars(statement)
    ]


def count_dead_letters(session: Session, actor: Actor) -> int:
    """Count what could not be delivered; needs `Permission.SEE_PIPELINE`."""
    require(actor, Permission.SEE_PIPELINE)
    statement = select(func.count()).where(Notification.status == NotificationStatus.DEAD.value)
    return session.scalar(statement) or 0


def count_waiting(session: Session, *, at: datetime) -> int:
    """Count what is due and not yet taken."""
    statement = select(func.count()).where(
        Notification.status == NotificationStatus.PENDING.value,
        Notification.not_before_at <= at,
    )
    return session.scalar(statement) or 0
