"""Queue pages for one person, claim them, and say how that ended."""

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.factories.defaults import STORM_AT
from tests.factories.digest import make_page_rate, make_pages
from tests.factories.user import make_actor
from warehouse.operations.notifications import (
    Dead,
    Retry,
    Sent,
    claim_notifications,
    record_delivery,
)
from warehouse.queries.notifications import ClaimedNotification
from warehouse.rules.page_rate import PageRate
from warehouse.schema.alerting import Alert, Notification
from warehouse.session import Access, transaction
from warehouse.vocabulary import AlertId

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
ONE_IN_A_QUARTER = PageRate(1, 15)


def pages(*severities: str, rate: PageRate = ONE_IN_A_QUARTER, **overrides: object) -> list[int]:
    with transaction(Access.OWNER) as session:
        version = make_page_rate(session, rate)
        return make_pages(session, *severities, policy_version_id=version, **overrides)


def more(like: int, *severities: str, **overrides: object) -> list[int]:
    """Queue further pages for whom another is for."""
    with transaction(Access.OWNER) as session:
        page = session.get_one(Notification, like)
        version = session.get_one(Alert, page.alert_id).policy_version_id
        named = {"policy_version_id": version, "user_id": page.recipient_user_id}
        return make_pages(session, *severities, **named, **overrides)


def claim(
    at: datetime = STORM_AT, worker: str = "w", limit: int = 50, server_at: datetime | None = None
) -> list[ClaimedNotification]:
    with transaction(Access.PIPELINE) as session:
        return claim_notifications(
            session, worker=worker, at=at, server_at=server_at or at, limit=limit
        )


def finish(
    letter: ClaimedNotification, outcome: Sent | Retry | Dead, at: datetime = STORM_AT
) -> bool:
    with transaction(Access.PIPELINE) as session:
        return record_delivery(
            session,
            notification_id=letter.notification_id,
            attempt=letter.attempt,
            worker="w",
            at=at,
            outcome=outcome,
        )


def stored(notification_id: int) -> Notification:
    with transaction(Access.OWNER) as session:
        return session.get_one(Notification, notification_id)


def statuses(ids: list[int]) -> list[str]:
    return [stored(number).status for number in ids]


def alert_of(notification_id: int) -> AlertId:
    return AlertId(stored(notification_id).alert_id or 0)


def by_somebody(act: Callable[..., object], notification_id: int, **named: object) -> None:
    alert_id = alert_of(notification_id)
    with transaction(Access.OWNER) as session:
        act(session, make_actor(session), alert_id, at=STORM_AT, **named)
