"""Notifications as they wait in the outbox."""

from typing import Any

from sqlalchemy.orm import Session

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT, insert_row
from tests.factories.user import make_user
from warehouse.schema.alerting import Alert, Notification


def make_notification(session: Session, **overrides: Any) -> Notification:
    """Insert a page about an open alert that is due by e-mail to a new agent."""
    values = dict(overrides)
    if "alert_id" not in values:
        values["alert_id"] = make_alert(session).alert_id
    if "recipient_user_id" not in values:
        values["recipient_user_id"] = make_user(session).user_id
    defaults = {
        "kind": "page",
        "generation": session.get_one(Alert, values["alert_id"]).generation,
        "escalation_loop": 0,
        "escalation_level": 1,
        "channel": "email",
        "address": "mara@desk.example.test",
        "priority": 1,
        "created_at": STORM_AT,
        "not_before_at": STORM_AT,
    }
    return insert_row(session, Notification, defaults | values)
