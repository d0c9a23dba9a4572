"""The inbox: alerts by urgency, a page at a time, and how many there are."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from warehouse.rules.permissions import require
from warehouse.schema.acknowledgements import Acknowledgement
from warehouse.schema.alerting import Alert
from warehouse.schema.people import User
from warehouse.schema.policies import PolicyStep
from warehouse.schema.travel import Airport, Flight
from warehouse.vocabulary import (
    Actor,
    AlertBasis,
    AlertId,
    AlertKind,
    AlertStatus,
    FlightStatus,
    Permission,
    Severity,
)

LIVE = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)
Place = tuple[int, datetime, int]
IS_FOR_PEOPLE = Alert.kind != AlertKind.SYNTHETIC.value
"""The desk's own alerts reach nobody, and nobody has to take them."""


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What to show; an empty choice means no restriction."""

    statuses: tuple[AlertStatus, ...] = LIVE
    severities: tuple[Severity, ...] = ()
    origin: str | None = None
    search: str | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One alert as the inbox shows it; flight columns are None for an alert about the desk."""

    alert_id: AlertId
    generation: int
    kind: AlertKind
    severity: Severity
    status: AlertStatus
    basis: AlertBasis
    headline: str
    carrier: str | None
    flight_number: str | None
    origin: str | None
    destination: str | None
    scheduled_departure_at: datetime | None
    origin_time_zone: str | None
    flight_status: FlightStatus | None
    probability: float | None
    travellers_affected: int
    money_at_risk_minor_units: int
    currency: str
    next_escalation_at: datetime | None
    next_escalation_level: int
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    suppressed_until_at: datetime | None
    #: The airport a storm is over; None for any other alert.
    airport: str | None
    #: The storm it joined, which pages for it; None where it pages by itself.
    storm_id: AlertId | None
    #: How often it was said; for a storm, how many alerts joined it.
    occurrences: int
    raised_at: datetime
    last_seen_at: datetime
    severity_rank: int = field(repr=False)

    @property
    def place(self) -> Place:
        """Where the row stands in the list, to ask for what comes after it."""
        return (self.severity_rank, self.raised_at, self.alert_id)


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How the desk stands: live alerts, people and money on them, and what the last day closed."""

    open: int
    acknowledged: int
    critical: int
    travellers: int
    money_minor_units: int
    closed_24h: int


def list_inbox(
    session: Session,
    actor: Actor,
    filters: InboxFilter,
    *,
    limit: int = 200,
    after: Place | None = None,
) -> list[InboxRow]:
    """List alerts, the worst first and among equals the newest first.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who looks. Needs `Permission.SEE_ALERTS`.
    filters:
        What to show.
    limit:
        Rows a page.
    after:
        The `place` of the last row of the page before; pages cost the same however many follow.

    Returns
    -------
    :
        At most `limit` rows.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see alerts.
    """
    require(actor, Permission.SEE_ALERTS)
    statement = _filtered(inbox_statement(), actor, filters)
    order = (Alert.severity_rank, Alert.raised_at, Alert.alert_id)
    if after is not None:
        statement = statement.where(tuple_(*order) < tuple_(*(literal(part) for part in after)))
    statement = statement.order_by(*(column.desc() for column in order)).limit(limit)
    return [inbox_row(row) for row in session.execute(statement)]


def inbox_statement() -> Select[*tuple[Any, ...]]:
    """Select what an inbox row holds; the caller says of which alerts."""
    holder = aliased(User)
    return (
        select(
            Alert,
            Flight.carrier,
            Flight.flight_number,
            Flight.origin,
            Flight.destination,
            Flight.scheduled_departure_at,
            Flight.status.label("flight_status"),
            Airport.time_zone,
            holder.display_name.label("acknowledged_by"),
            Acknowledgement.acknowledged_at,
            _next_level().label("next_escalation_level"),
        )
        .outerjoin(Flight, Flight.flight_id == Alert.flight_id)
        .outerjoin(Airport, Airport.iata == func.coalesce(Flight.origin, Alert.airport))
        .outerjoin(
            Acknowledgement,
            (Acknowledgement.alert_id == Alert.alert_id)
            & Acknowledgement.is_effective
            & Acknowledgement.ended_at.is_(None),
        )
        .outerjoin(holder, holder.user_id == Acknowledgement.user_id)
    )


def _next_level() -> ColumnElement[int]:
    """Select the step above the one reached; after its last, a ladder begins again."""
    above = (
        select(func.min(PolicyStep.level))
        .where(PolicyStep.policy_version_id == Alert.policy_version_id)
        .where(PolicyStep.level > Alert.escalation_level)
        .scalar_subquery()
    )
    return func.coalesce(above, 1)


def _filtered(
    statement: Select[*tuple[Any, ...]], actor: Actor, filters: InboxFilter
) -> Select[*tuple[Any, ...]]:
    statement = statement.where(IS_FOR_PEOPLE)
    if filters.statuses:
        statement = statement.where(Alert.status.in_([each.value for each in filters.statuses]))
    if filters.severities:
        statement = statement.where(Alert.severity.in_([each.value for each in filters.severities]))
    if filters.origin:
        statement = statement.where(
            or_(Flight.origin == filters.origin, Alert.airport == filters.origin)
        )
    if filters.mine:
        statement = statement.where(Acknowledgement.user_id == actor.user_id)
    return _searched(statement, filters.search)


def _searched(statement: Select[*tuple[Any, ...]], search: str | None) -> Select[*tuple[Any, ...]]:
    words = (search or "").split()
    for word in words:
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        designator = func.concat(Flight.carrier, Flight.flight_number)
        statement = statement.where(or_(Alert.headline.ilike(pattern), designator.ilike(pattern)))
    return statement


def inbox_row(row: Row[Any]) -> InboxRow:
    """Turn one row of `inbox_statement` into what callers are given."""
    alert = row.Alert
    return InboxRow(
        alert_id=AlertId(alert.alert_id),
        generation=alert.generation,
        kind=AlertKind(alert.kind),
        severity=Severity(alert.severity),
        status=AlertStatus(alert.status),
        basis=AlertBasis(alert.basis),
        headline=alert.headline,
        carrier=row.carrier,
        flight_number=row.flight_number,
        origin=row.origin,
        destination=row.destination,
        scheduled_departure_at=row.scheduled_departure_at,
        origin_time_zone=row.time_zone,
        flight_status=FlightStatus(row.flight_status) if row.flight_status else None,
        probability=alert.probability,
        travellers_affected=alert.travellers_affected,
        money_at_risk_minor_units=alert.money_at_risk_minor_units,
        currency=alert.currency,
        next_escalation_at=alert.next_escalation_at,
        next_escalation_level=row.next_escalation_level,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        suppressed_until_at=alert.suppressed_until_at,
        airport=alert.airport,
        storm_id=AlertId(alert.parent_alert_id) if alert.parent_alert_id else None,
        occurrences=alert.occurrences,
        raised_at=alert.raised_at,
        last_seen_at=alert.last_seen_at,
        severity_rank=alert.severity_rank,
    )


def count_inbox(session: Session, actor: Actor, *, at: datetime) -> InboxCounts:
    """Count the live alerts, and those closed in the day before an instant.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who looks. Needs `Permission.SEE_ALERTS`.
    at:
        Instant, UTC.

    Returns
    -------
    :
        The counts; money in minor units of the policy's currency, over live alerts.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see alerts.
    """
    require(actor, Permission.SEE_ALERTS)
    live = Alert.status != AlertStatus.CLOSED.value
    # A storm's travellers and money are those of what joined it.
    itself = live & (Alert.kind != AlertKind.STORM.value)
    row = session.execute(
        select(
            _count(Alert.status == AlertStatus.OPEN.value),
            _count(Alert.status == AlertStatus.ACKNOWLEDGED.value),
            _count(live & (Alert.severity == Severity.CRITICAL.value)),
            func.coalesce(func.sum(Alert.travellers_affected).filter(itself), 0),
            func.coalesce(func.sum(Alert.money_at_risk_minor_units).filter(itself), 0),
            _count(Alert.closed_at > at - timedelta(days=1)),
        )
        .where(IS_FOR_PEOPLE)
        .where(or_(live, Alert.closed_at > at - timedelta(days=1)))
    ).one()
    return InboxCounts(*(int(value) for value in row))


def _count(condition: Any) -> Any:
    return func.count().filter(condition)
