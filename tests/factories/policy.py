"""Alert policies, and escalation policies with their versions and steps."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT, insert_row, unique_number
from tests.factories.user import make_user
from warehouse.schema.policies import (
    AlertPolicy,
    EscalationPolicy,
    EscalationPolicyVersion,
    PolicyStep,
)
from warehouse.vocabulary import Role


def make_alert_policy(session: Session, **overrides: Any) -> AlertPolicy:
    """Insert an alert policy in force since a month before the storm."""
    defaults = {
        "alert_cost_minor_units": 1_500,
        "loss_per_traveller_minor_units": 20_000,
        "avoidable_share": 0.5,
        "currency": "USD",
        "hold_minutes": 30,
        "fallback_price_cap_minor_units": 20_000,
        "fallback_distance_cap_km": 25.0,
        "effective_from_at": STORM_AT - timedelta(days=30),
    }
    return insert_row(session, AlertPolicy, defaults | overrides)


def make_escalation_policy(session: Session, **overrides: Any) -> EscalationPolicy:
    """Insert the name of an escalation policy."""
    return insert_row(session, EscalationPolicy, {"name": f"Policy {unique_number()}"} | overrides)


def make_policy_version(session: Session, **overrides: Any) -> EscalationPolicyVersion:
    """Insert a first version without steps; its catch-all is a new manager unless given."""
    values = dict(overrides)
    if "policy_id" not in values:
        values["policy_id"] = make_escalation_policy(session).policy_id
    if "catch_all_user_id" not in values:
        values["catch_all_user_id"] = make_user(session, roles=[Role.MANAGER]).user_id
    defaults = {
        "version": 1,
        "repeat_count": 0,
        "reopens_on_severity_rise": True,
        "ack_timeout_minutes": {"critical": 30, "high": 60, "medium": 120, "low": 240},
        "effective_from_at": STORM_AT - timedelta(days=30),
    }
    return insert_row(session, EscalationPolicyVersion, defaults | values)


def make_policy_step(session: Session, **overrides: Any) -> PolicyStep:
    """Insert a first step that reaches the agents on shift at once by e-mail."""
    values = dict(overrides)
    if "policy_version_id" not in values:
        values["policy_version_id"] = make_policy_version(session).policy_version_id
    defaults = {
        "level": 1,
        "delay_minutes": 0,
        "target": "on_shift",
        "role": Role.AGENT.value,
        "channels": ["email"],
    }
    return insert_row(session, PolicyStep, defaults | values)
