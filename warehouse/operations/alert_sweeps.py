"""What time and facts do to alerts: cleared, departed, taken and then forgotten."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.alert_rows import close, locked_alerts, reopen
from warehouse.queries.policies import get_policy
from warehouse.rules.alert_lifecycle import HAS_LEFT, Step
from warehouse.rules.severity import is_cleared
from warehouse.schema.alerting import Alert
from warehouse.schema.travel import Flight
from warehouse.vocabulary import (
    SYSTEM,
    AcknowledgementEnd,
    Actor,
    AlertBasis,
    AlertStatus,
    CloseReason,
    FlightId,
)


def clear_predictions(
    session: Session, actor: Actor, probabilities: Mapping[FlightId, float], *, at: datetime
) -> int:
    """Close the alerts whose newer prediction takes them back.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who clears, usually SYSTEM.
    probabilities:
        Newest probability per flight, in [0, 1]; those not well below the threshold are left.
    at:
        Instant, UTC.

    Returns
    -------
    :
        How many alerts were closed; one that was reported, not predicted, never is.
    """
    stakes = get_policy(session, at=at).stakes
    cleared = [flight for flight, value in probabilities.items() if is_cleared(value, stakes)]
    statement = select(Alert.alert_id).where(
        Alert.flight_id.in_(cleared),
        Alert.status != AlertStatus.CLOSED.value,
        Alert.basis == AlertBasis.PREDICTED.value,
    )
    alerts = locked_alerts(session, session.scalars(statement).all())
    still = [alert for alert in alerts if alert.status != AlertStatus.CLOSED]
    for alert in still:
        close(session, actor, alert, CloseReason.PREDICTION_CLEARED, at=at)
    return len(still)


def close_departed_alerts(session: Session, *, at: datetime, limit: int = 200) -> int:
    """Close the alerts whose flight has left, or left no trace for a day after its schedule.

    Safe from any number of callers: each takes rows that no other holds.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        Instant, UTC.
    limit:
        How many to close at most.

    Returns
    -------
    :
        How many were closed.
    """
    left = [status.value for status in HAS_LEFT]
    statement = (
        select(Alert)
        .outerjoin(Flight, Flight.flight_id == Alert.flight_id)
        .where(Alert.status != AlertStatus.CLOSED.value)
        .where(or_(Alert.expires_at <= at, Flight.status.in_(left)))
        .order_by(Alert.alert_id)
        .limit(limit)
        .with_for_update(of=Alert, key_share=True, skip_locked=True)
    )
    alerts = session.scalars(statement).all()
    for alert in alerts:
        close(session, SYSTEM, alert, CloseReason.DEPARTED, at=at)
    return len(alerts)


def reopen_overdue_acknowledgements(session: Session, *, at: datetime, limit: int = 200) -> int:
    """Give back the alerts that were acknowledged and then not handled in time.

    Safe from any number of callers: each takes rows that no other holds.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        Instant, UTC.
    limit:
        How many to reopen at most.

    Returns
    -------
    :
        How many page again from the first step.
    """
    statement = (
        select(Alert)
        .where(Alert.status == AlertStatus.ACKNOWLEDGED.value, Alert.ack_deadline_at <= at)
        .order_by(Alert.ack_deadline_at, Alert.alert_id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    alerts = session.scalars(statement).all()
    for alert in alerts:
        reopen(session, alert, AcknowledgementEnd.DEADLINE_PASSED, Step.REOPEN, at=at)
        audit.record(
            session,
            SYSTEM,
            AuditTag.ALERT_REOPENED,
            "alert",
            alert.alert_id,
            at=at,
            before={"status": AlertStatus.ACKNOWLEDGED.value},
            after={"status": alert.status, "generation": alert.generation},
            reason="acknowledged, but not handled in time",
        )
    return len(alerts)
