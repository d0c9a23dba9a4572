"""Alerts about the desk itself: nobody was there to be asked, or a booking has to be settled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.queries.responders import Reachable
from warehouse.rules.alert_lifecycle import LIVES_AFTER_DEPARTURE, desk_dedup_key
from warehouse.schema.alerting import UNTIL_CLOSED, Alert, Notification
from warehouse.vocabulary import SYSTEM, AlertBasis, AlertKind, Channel, NotificationKind, Severity

HEADLINE = "Nobody was on shift at any step: alerts went to the catch-all"


def raise_desk_alert(
    session: Session, policy_version_id: int, recipients: Sequence[Reachable], *, at: datetime
) -> None:
    """Raise, once a day, the alert that the ladder found nobody, and page the catch-all for it.

    It has no ladder of its own to climb: everybody on it was just found absent.
    """
    alert_id = insert_desk_alert(
        session,
        desk_dedup_key("nobody_on_shift", at.date()),
        HEADLINE,
        policy_version_id,
        at=at,
        severity=Severity.CRITICAL.value,
        travellers_affected=0,
        money_at_risk_minor_units=0,
        currency="USD",
    )
    if alert_id is None:
        return
    for person in recipients:
        if Channel.EMAIL in person.contacts:
            _inform(session, alert_id, person.user_id, person.contacts[Channel.EMAIL], at=at)


def insert_desk_alert(
    session: Session,
    dedup_key: str,
    headline: str,
    policy_version_id: int,
    *,
    at: datetime,
    **columns: Any,
) -> int | None:
    """Insert an alert about the desk unless one of its key is live.

    Parameters
    ----------
    session:
        Open transaction.
    dedup_key:
        What makes it the same alert.
    headline:
        What to do about what.
    policy_version_id:
        Whose ladder it climbs, if it climbs one.
    at:
        Instant, UTC.
    columns:
        Severity, travellers, money, and what else the alert has.

    Returns
    -------
    :
        Its id; None where one is live already.
    """
    values = {
        "dedup_key": dedup_key,
        "kind": AlertKind.DESK.value,
        "basis": AlertBasis.REPORTED.value,
        "headline": headline,
        "policy_version_id": policy_version_id,
        "previous_alert_id": select(func.max(Alert.alert_id))
        .where(Alert.dedup_key == dedup_key)
        .scalar_subquery(),
        "expires_at": at + LIVES_AFTER_DEPARTURE,
        "raised_at": at,
        "last_seen_at": at,
    }
    statement = (
        insert(Alert)
        .values(values | columns)
        .on_conflict_do_nothing(index_elements=["dedup_key"], index_where=text(UNTIL_CLOSED))
        .returning(Alert.alert_id)
    )
    alert_id = session.scalar(statement)
    if alert_id is not None:
        audit.record(
            session, SYSTEM, AuditTag.ALERT_RAISED, "alert", alert_id, at=at, reason=headline
        )
    return alert_id


def _inform(session: Session, alert_id: int, user_id: int, email: str, *, at: datetime) -> None:
    session.execute(
        insert(Notification).values(
            kind=NotificationKind.PAGE.value,
            alert_id=alert_id,
            generation=1,
            recipient_user_id=user_id,
            channel=Channel.EMAIL.value,
            address=email,
            priority=0,
            created_at=at,
            not_before_at=at,
        )
    )
