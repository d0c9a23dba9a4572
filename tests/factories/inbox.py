"""Rows as the inbox query gives them; nothing is inserted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tests.factories.defaults import STORM_AT
from warehouse.queries.alerts import InboxRow
from warehouse.vocabulary import AlertBasis, AlertId, AlertKind, AlertStatus, FlightStatus, Severity

_ROW: Final = InboxRow(
    alert_id=AlertId(1),
    generation=1,
    kind=AlertKind.FLIGHT,
    severity=Severity.HIGH,
    status=AlertStatus.OPEN,
    basis=AlertBasis.PREDICTED,
    headline="Disruption expected (62%): B6 615 JFK → BOS",
    carrier="B6",
    flight_number="615",
    origin="JFK",
    destination="BOS",
    scheduled_departure_at=STORM_AT + timedelta(hours=12),
    origin_time_zone="America/New_York",
    flight_status=FlightStatus.SCHEDULED,
    probability=0.62,
    travellers_affected=4,
    money_at_risk_minor_units=163_700,
    currency="USD",
    next_escalation_at=STORM_AT + timedelta(minutes=12),
    next_escalation_level=1,
    acknowledged_by=None,
    acknowledged_at=None,
    suppressed_until_at=None,
    airport=None,
    storm_id=None,
    occurrences=1,
    raised_at=STORM_AT,
    last_seen_at=STORM_AT,
    severity_rank=3,
)


def inbox_row(**overrides: Any) -> InboxRow:
    """Give an open alert about a flight this evening."""
    return replace(_ROW, **overrides)
