"""Several pages that wait for one person."""

from typing import Any

from sqlalchemy.orm import Session

from tests.factories.alert import make_alert
from tests.factories.notification import make_notification
from tests.factories.policy import make_policy_version
from tests.factories.user import make_user
from warehouse.rules.page_rate import PageRate
from warehouse.schema.alerting import Alert
from warehouse.vocabulary import Severity

URGENCY = {severity.value: 4 - severity.rank for severity in Severity}


def make_page_rate(session: Session, rate: PageRate) -> int:
    """Insert the version of a policy that says this rate; it is the one in force from then on."""
    overrides = {"page_rate_messages": rate.messages, "page_rate_minutes": rate.minutes}
    return make_policy_version(session, **overrides).policy_version_id


def make_pages(
    session: Session,
    *severities: str,
    policy_version_id: int,
    user_id: int | None = None,
    **overrides: Any,
) -> list[int]:
    """Insert a page for each severity, all for one person; give their ids in this order."""
    recipient = user_id or make_user(session).user_id
    return [
        make_page(session, severity, recipient, policy_version_id, **overrides)
        for severity in severities
    ]


def make_page(
    session: Session, severity: str, user_id: int, policy_version_id: int, **overrides: Any
) -> int:
    """Insert a page of a new alert, no other alert of which is due to escalate."""
    values = {"severity": severity, "policy_version_id": policy_version_id}
    alert: Alert = make_alert(session, next_escalation_at=None, **values)
    return make_notification(
        session,
        alert_id=alert.alert_id,
        recipient_user_id=user_id,
        **{"priority": URGENCY[severity]} | overrides,
    ).notification_id
