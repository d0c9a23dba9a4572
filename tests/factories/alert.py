"""Alerts, the bookings they touch, their acknowledgements and escalations."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.booking import make_leg
from tests.factories.defaults import STORM_AT, insert_row, unique_number
from tests.factories.flight import make_flight
from tests.factories.policy import make_policy_version
from tests.factories.user import make_user
from warehouse.schema.acknowledgements import Acknowledgement
from warehouse.schema.alerting import AffectedBooking, Alert
from warehouse.schema.escalations import Escalation
from warehouse.schema.travel import Leg


def make_alert(session: Session, **overrides: Any) -> Alert:
    """Insert an open alert about a flight, which is new unless one is given."""
    values = dict(overrides)
    if values.get("kind", "flight") == "flight" and "flight_id" not in values:
        values["flight_id"] = make_flight(session).flight_id
    if "policy_version_id" not in values:
        values["policy_version_id"] = make_policy_version(session).policy_version_id
    is_open = values.get("status", "open") == "open"
    defaults = {
        "dedup_key": f"v1:test:{unique_number()}",
        "kind": "flight",
        "basis": "reported",
        "headline": "B6 615 JFK to BOS is cancelled",
        "severity": "high",
        "next_escalation_at": STORM_AT if is_open else None,
        "raised_at": STORM_AT,
        "last_seen_at": STORM_AT,
        "travellers_affected": 1,
        "money_at_risk_minor_units": 60_000,
        "currency": "USD",
    }
    return insert_row(session, Alert, defaults | values)


def make_affected_booking(session: Session, **overrides: Any) -> AffectedBooking:
    """Insert a booking an alert touches through a leg: all new unless given."""
    values = dict(overrides)
    if "alert_id" not in values:
        values["alert_id"] = make_alert(session).alert_id
    if "leg_id" not in values and "stay_id" not in values:
        flight_id = session.get_one(Alert, values["alert_id"]).flight_id
        leg = make_leg(session, flight_id=flight_id)
        values |= {"leg_id": leg.leg_id, "booking_id": leg.booking_id}
    if "booking_id" not in values:
        values["booking_id"] = session.get_one(Leg, values["leg_id"]).booking_id
    return insert_row(session, AffectedBooking, {"travellers": 1} | values)


def make_acknowledgement(session: Session, **overrides: Any) -> Acknowledgement:
    """Insert an acknowledgement in force together with the alert it acknowledges."""
    values = dict(overrides)
    if "alert_id" not in values:
        alert = make_alert(
            session,
            status="acknowledged",
            generation=2,
            ack_deadline_at=STORM_AT + timedelta(hours=1),
        )
        values["alert_id"] = alert.alert_id
    if "user_id" not in values:
        values["user_id"] = make_user(session).user_id
    defaults = {
        "generation": 1,
        "source": "dashboard",
        "acknowledged_at": STORM_AT,
        "is_effective": True,
    }
    return insert_row(session, Acknowledgement, defaults | values)


def make_escalation(session: Session, **overrides: Any) -> Escalation:
    """Insert the first escalation of an alert, which asked for another hotel."""
    values = dict(overrides)
    if "alert_id" not in values:
        values["alert_id"] = make_alert(session).alert_id
    alert = session.get_one(Alert, values["alert_id"])
    defaults = {
        "generation": alert.generation,
        "loop": 0,
        "level": 1,
        "policy_version_id": alert.policy_version_id,
        "escalated_at": STORM_AT,
        "recipient_count": 1,
        "fallback_kind": "alternative_hotel",
    }
    return insert_row(session, Escalation, defaults | values)
