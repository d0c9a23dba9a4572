"""Which pages a worker takes: one by one within a person's rate, over it in a digest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, case, func, or_, select, text, tuple_, update
from sqlalchemy.orm import Session

from warehouse.operations.page_fence import still_to_be_sent, waiting_pages
from warehouse.queries.policies import get_page_rate
from warehouse.rules.page_rate import MOST_IN_DIGEST, WaitingPage, share_out
from warehouse.schema.alerting import Alert, Notification
from warehouse.vocabulary import Channel, NotificationKind, NotificationStatus, Severity

MOST_LOOKED_AT = 2 * MOST_IN_DIGEST
"""Waiting pages of one person in one look: read in their order by an index, however many wait."""
MOST_LOOKS = 20
"""A claim is over after so many, however much there is to be held."""

_HOLD = text(
    """
    UPDATE alerting.notification AS page
    SET held_since_at = page.not_before_at, not_before_at = held.until_at
    FROM unnest(CAST(:ids AS bigint[]), CAST(:until AS timestamptz[])) AS held(id, until_at)
    WHERE page.notification_id = held.id
    """
)

Lease = Mapping[str, Any]


class _Way(NamedTuple):
    """One person's way to be reached; pages of two ways are never sent in one message."""

    user_id: int
    channel: str
    address: str


class _Urgency(NamedTuple):
    priority: int
    not_before_at: datetime
    notification_id: int


@dataclass(frozen=True, slots=True)
class _Message:
    """Pages that leave together, the most urgent first; mostly one."""

    urgency: _Urgency
    page_ids: tuple[int, ...]
    joins: str | None = None
    """The digest they become, where they become one now."""


_RATED = and_(
    Alert.severity != Severity.CRITICAL.value,
    Notification.channel != Channel.SINK.value,
    Notification.attempts == 0,
    Notification.digest_id.is_(None),
)
"""What is critical, for nobody, or tried again, leaves as if there were no rate."""

_PAGE = (
    Notification.notification_id,
    Notification.priority,
    Notification.not_before_at,
    Notification.held_since_at,
    Notification.message_id,
    Notification.digest_id,
    Notification.recipient_user_id,
    Notification.channel,
    Notification.address,
    _RATED.label("is_rated"),
)


def take_pages(
    session: Session, *, at: datetime, limit: int, lease: Lease
) -> list[tuple[int, ...]]:
    """Take the pages of so many messages for sending, and hold what is over somebody's rate.

    Each look takes due pages by an index and asks how many messages their people have had; what it
    holds or takes is not due any more, so that the next look finds others. What so many looks leave
    is the next claim's.

    Parameters
    ----------
    session:
        Open transaction; the pages and their alerts stay locked until it ends.
    at:
        The desk's instant, UTC.
    limit:
        How many messages at most.
    lease:
        What to write into the pages that are taken.

    Returns
    -------
    :
        The pages taken, by message.
    """
    taken: list[_Message] = []
    passed_over: set[int] = set()
    for _ in range(MOST_LOOKS):
        room = limit - len(taken)
        heads = session.execute(_due_pages(at, room, passed_over)).all()
        apart = _leaving_anyway(session, heads, at=at)
        _take(session, apart, lease)
        shared, held = _shared_out(session, {_way(each) for each in heads if each.is_rated}, at=at)
        _take(session, shared[: room - len(apart)], lease)
        _hold(session, held)
        taken += [*apart, *shared][:room]
        if len(heads) < room or len(taken) == limit:
            break
        if not apart and not shared and not held:
            passed_over.update(head.notification_id for head in heads)
    return [message.page_ids for message in taken]


def _due_pages(at: datetime, limit: int, passed_over: Collection[int]) -> Select[*tuple[Any, ...]]:
    return (
        waiting_pages(*_PAGE, at=at)
        .where(Notification.not_before_at <= at)
        .where(Notification.notification_id.not_in(passed_over))
        .limit(limit)
    )


def _leaving_anyway(session: Session, heads: Sequence[Row[Any]], *, at: datetime) -> list[_Message]:
    """Make messages of what no rate holds; what is critical counts for those that one does."""
    digests = {head.digest_id for head in heads if head.digest_id is not None}
    by_themselves = [
        _message([head]) for head in heads if not head.is_rated and head.digest_id is None
    ]
    return [*by_themselves, *_whole_digests(session, digests, at=at)]


def _whole_digests(
    session: Session, digest_ids: Collection[str], *, at: datetime
) -> Iterable[_Message]:
    """Take a digest that is due again whole or not at all: its message keeps its name.

    Whoever has seen that name drops a repeat, so no page may be left out and follow under it.
    """
    if not digest_ids:
        return
    is_theirs = Notification.digest_id.in_(digest_ids)
    locked: dict[str, list[Row[Any]]] = defaultdict(list)
    for page in session.execute(waiting_pages(*_PAGE, at=at).where(is_theirs)):
        locked[page.digest_id].append(page)
    waiting: Select[*tuple[Any, ...]] = (
        select(Notification.digest_id, func.count())
        .where(is_theirs, Notification.status == NotificationStatus.PENDING.value)
        .where(still_to_be_sent(at))
        .group_by(Notification.digest_id)
    )
    for digest_id, count in session.execute(waiting):
        pages = locked[digest_id]
        if len(pages) == count:
            yield _Message(_urgency(pages[0]), tuple(page.notification_id for page in pages))


def _shared_out(
    session: Session, ways: Collection[_Way], *, at: datetime
) -> tuple[list[_Message], list[tuple[WaitingPage, datetime]]]:
    if not ways:
        return [], []
    rate = get_page_rate(session, at=at)
    sent_at, sending = _messages_of(session, ways, since=at - rate.window)
    messages: list[_Message] = []
    held: list[tuple[WaitingPage, datetime]] = []
    for way in ways:
        pages = _waiting(session, way, at=at)
        by_id = {page.notification_id: page for page in pages}
        sharing = share_out(
            [_as_waiting(page) for page in pages],
            rate=rate,
            sent_at=sent_at[way.user_id, way.channel],
            sending=sending[way.user_id, way.channel],
            at=at,
        )
        messages += [_message([by_id[each.notification_id]]) for each in sharing.alone]
        if sharing.together:
            messages.append(_message([by_id[each.notification_id] for each in sharing.together]))
        held += sharing.held
    return sorted(messages, key=lambda message: message.urgency), held


def _waiting(session: Session, way: _Way, *, at: datetime) -> Sequence[Row[Any]]:
    """Lock what waits for one person: due by now, or held since it was."""
    statement = (
        waiting_pages(*_PAGE, at=at)
        .where(_RATED)
        .where(Notification.recipient_user_id == way.user_id)
        .where(Notification.channel == way.channel, Notification.address == way.address)
        .where(or_(Notification.not_before_at <= at, Notification.held_since_at.is_not(None)))
        .limit(MOST_LOOKED_AT)
    )
    return session.execute(statement).all()


def _messages_of(
    session: Session, ways: Collection[_Way], *, since: datetime
) -> tuple[Mapping[tuple[int, str], list[datetime]], Mapping[tuple[int, str], int]]:
    """Read when the messages with pages of a window were sent, and how many are being sent."""
    is_sending = Notification.status == NotificationStatus.SENDING.value
    statement: Select[*tuple[Any, ...]] = (
        select(
            Notification.recipient_user_id,
            Notification.channel,
            func.coalesce(Notification.digest_id, Notification.message_id),
            Notification.sent_at,
        )
        .distinct()
        .where(Notification.kind == NotificationKind.PAGE.value)
        .where(
            tuple_(Notification.recipient_user_id, Notification.channel).in_({
                (way.user_id, way.channel) for way in ways
            })
        )
        .where(or_(Notification.sent_at > since, is_sending))
    )
    sent_at: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    sending: dict[tuple[int, str], int] = defaultdict(int)
    for user_id, channel, _, instant in session.execute(statement):
        if instant is None:
            sending[user_id, channel] += 1
        else:
            sent_at[user_id, channel].append(instant)
    return sent_at, sending


def _take(session: Session, messages: Sequence[_Message], lease: Lease) -> None:
    joins = {page: each.joins for each in messages if each.joins for page in each.page_ids}
    page_ids = [page for message in messages for page in message.page_ids]
    if not page_ids:
        return
    digest_id = case(joins, value=Notification.notification_id, else_=Notification.digest_id)
    session.execute(
        update(Notification)
        .where(Notification.notification_id.in_(page_ids))
        .values(**lease, **({"digest_id": digest_id} if joins else {}))
    )


def _hold(session: Session, held: Sequence[tuple[WaitingPage, datetime]]) -> None:
    if held:
        ids, until = [page.notification_id for page, _ in held], [instant for _, instant in held]
        session.execute(_HOLD, {"ids": ids, "until": until})


def _message(pages: Sequence[Row[Any]]) -> _Message:
    """Make a message; a digest bears the name of the most urgent page, which never left yet."""
    joins = pages[0].message_id if len(pages) > 1 else None
    return _Message(_urgency(pages[0]), tuple(page.notification_id for page in pages), joins)


def _way(page: Row[Any]) -> _Way:
    return _Way(page.recipient_user_id, page.channel, page.address)


def _urgency(page: Row[Any]) -> _Urgency:
    return _Urgency(page.priority, page.not_before_at, page.notification_id)


def _as_waiting(page: Row[Any]) -> WaitingPage:
    return WaitingPage(page.notification_id, page.not_before_at, page.held_since_at)
