"""Keep an open alert quiet for a while."""

from datetime import datetime

from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import TransitionRefused
from warehouse.operations import audit
from warehouse.operations.alert_rows import cancel_pages, change_status, locked_alert
from warehouse.operations.alerts import Outcome
from warehouse.rules.alert_lifecycle import Step
from warehouse.rules.permissions import require
from warehouse.vocabulary import Actor, AlertId, Permission


def suppress_alert(
    session: Session,
    actor: Actor,
    alert_id: AlertId,
    *,
    at: datetime,
    until_at: datetime,
    reason: str,
) -> Outcome:
    """Keep an open alert from paging until an instant; if still open then, it pages once.

    Parameters
    ----------
    session:
        Open transaction; the alert's row stays locked until it ends.
    actor:
        Who snoozes it. Needs `Permission.RESPOND`.
    alert_id:
        Alert to keep quiet.
    at:
        Instant, UTC.
    until_at:
        When it may page again, UTC, after `at`.
    reason:
        Why it can wait.

    Returns
    -------
    :
        Applied.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    NotFound
        No alert has this id.
    TransitionRefused
        The alert is not open, or `until_at` has passed.
    """
    require(actor, Permission.RESPOND, "suppress", "alert", alert_id)
    alert = locked_alert(session, alert_id)
    change_status(alert, Step.SUPPRESS)
    if until_at <= at:
        raise TransitionRefused("alert", alert.status, "suppressed", why="the end has passed")
    cancel_pages(session, alert)
    alert.suppressed_until_at, alert.suppressed_reason = until_at, reason
    alert.next_escalation_at = until_at
    alert.parent_alert_id = None
    session.flush()
    audit.record(
        session,
        actor,
        AuditTag.ALERT_SUPPRESSED,
        "alert",
        alert_id,
        at=at,
        after={"suppressed_until_at": until_at.isoformat()},
        reason=reason,
    )
    return Outcome(alert_id, "applied", "Snoozed.")
