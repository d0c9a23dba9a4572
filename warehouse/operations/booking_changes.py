"""Keep live alerts in line with their bookings: who is affected, and whether anybody still is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from warehouse.operations.affected import refresh_affected_bookings
from warehouse.operations.alert_rows import close, locked_alerts
from warehouse.queries.exposure import booked_by_flight
from warehouse.schema.alerting import AffectedBooking, Alert
from warehouse.vocabulary import SYSTEM, AlertKind, AlertStatus, CloseReason


@dataclass(frozen=True, slots=True)
class BookingsFollowed:
    """How many alerts touch others than they did, and how many touch nobody any more."""

    changed: int
    closed: int


def follow_bookings(session: Session, *, at: datetime, limit: int = 1_000) -> BookingsFollowed:
    """Let live alerts about flights list whom they touch now, and close those that touch nobody.

    Safe from any number of callers: each takes rows that no other holds. Doing it again changes
    nothing.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        Instant, UTC.
    limit:
        How many alerts to look at, those that leave next first.

    Returns
    -------
    :
        Counts.
    """
    booked = _booked(session, limit)
    differing = [alert_id for alert_id, stands in booked.items() if stands.differs]
    locked = locked_alerts(session, differing, skip_locked=True)
    alerts = [alert for alert in locked if alert.status != AlertStatus.CLOSED]
    spent = [alert for alert in alerts if booked[alert.alert_id].travellers == 0]
    changed = [alert for alert in alerts if booked[alert.alert_id].travellers]
    for alert in changed:
        stands = booked[alert.alert_id]
        alert.travellers_affected = stands.travellers
        alert.money_at_risk_minor_units = stands.money_minor_units
    session.flush()
    refresh_affected_bookings(session, [alert.alert_id for alert in alerts])
    for alert in spent:
        close(session, SYSTEM, alert, CloseReason.NO_AFFECTED_BOOKINGS, at=at)
    return BookingsFollowed(changed=len(changed), closed=len(spent))


@dataclass(frozen=True, slots=True)
class _Stands:
    travellers: int
    money_minor_units: int
    differs: bool


def _booked(session: Session, limit: int) -> dict[int, _Stands]:
    live = session.execute(
        select(
            Alert.alert_id,
            Alert.flight_id,
            Alert.travellers_affected,
            Alert.money_at_risk_minor_units,
        )
        .where(Alert.kind == AlertKind.FLIGHT.value, Alert.status != AlertStatus.CLOSED.value)
        .where(select(AffectedBooking).where(AffectedBooking.alert_id == Alert.alert_id).exists())
        .order_by(Alert.expires_at, Alert.alert_id)
        .limit(limit)
    ).all()
    flights = [row.flight_id for row in live]
    sums = {row.flight_id: row for row in session.execute(booked_by_flight(flights))}
    return {row.alert_id: _stands(row, sums.get(row.flight_id)) for row in live}


def _stands(alert: Row[*tuple[Any, ...]], booked: Row[Any] | None) -> _Stands:
    travellers = booked.travellers if booked else 0
    money = booked.value_minor_units if booked else 0
    said = alert.travellers_affected, alert.money_at_risk_minor_units
    return _Stands(travellers, money, differs=(travellers, money) != said)
