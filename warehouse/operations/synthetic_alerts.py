"""Alerts of the desk's own, which go the way of any other up to the channel, and reach nobody."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.operations.alert_rows import close
from warehouse.operations.desk_alerts import insert_desk_alert
from warehouse.queries.clock import Clock
from warehouse.queries.policies import find_ladder_in_force
from warehouse.rules.alert_lifecycle import SYNTHETIC_DEDUP_KEY
from warehouse.rules.synthetic import is_next_due
from warehouse.schema.alerting import Alert, Notification
from warehouse.vocabulary import (
    SYSTEM,
    AlertKind,
    AlertStatus,
    CloseReason,
    NotificationStatus,
    Severity,
)

HEADLINE = "How soon a page is delivered"
GIVEN_UP_AFTER = timedelta(hours=1)
"""Then the sweep closes one that nothing took, and the next may be raised."""


def tend_synthetic_alert(session: Session, *, clock: Clock) -> int | None:
    """Close the synthetic alert that was delivered, and raise the next one when it is time.

    It climbs the ladder in force: who is on shift is looked up as for any other, and then one page
    goes to the sink instead of to them. While one is on its way no other is raised.

    Parameters
    ----------
    session:
        Open transaction.
    clock:
        The desk's clock.

    Returns
    -------
    :
        The alert that was raised; None where none was due, or nobody has published a ladder yet.
    """
    _close_delivered(session, clock)
    last = session.scalar(
        select(func.max(Alert.raised_at)).where(Alert.kind == AlertKind.SYNTHETIC.value)
    )
    ladder = find_ladder_in_force(session, at=clock.at)
    if ladder is None or not is_next_due(last, at=clock.at, speed=clock.speed):
        return None
    return insert_desk_alert(
        session,
        SYNTHETIC_DEDUP_KEY,
        HEADLINE,
        ladder.policy_version_id,
        at=clock.at,
        kind=AlertKind.SYNTHETIC.value,
        severity=Severity.CRITICAL.value,
        next_escalation_at=clock.at,
        expires_at=clock.at + GIVEN_UP_AFTER * clock.speed,
        travellers_affected=0,
        money_at_risk_minor_units=0,
        currency="USD",
    )


def _close_delivered(session: Session, clock: Clock) -> None:
    delivered = (
        select(Alert)
        .join(Notification, Notification.alert_id == Alert.alert_id)
        .where(Alert.dedup_key == SYNTHETIC_DEDUP_KEY, Alert.status != AlertStatus.CLOSED.value)
        .where(Notification.status == NotificationStatus.SENT.value)
        .with_for_update(of=Alert, key_share=True, skip_locked=True)
    )
    for alert in session.scalars(delivered).unique():
        close(session, SYSTEM, alert, CloseReason.DELIVERED, at=clock.at)
