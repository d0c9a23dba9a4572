"""Moves live alerts to the newest version of their escalation policy: explicit, and audited."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound
from warehouse.operations import audit
from warehouse.queries.policies import get_ladder
from warehouse.rules.escalation_policy import Position
from warehouse.rules.permissions import require
from warehouse.rules.policy_changes import due_on, place_on
from warehouse.schema.alerting import Alert
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.vocabulary import Actor, AlertStatus, Permission


def move_live_alerts(
    session: Session, actor: Actor, policy_version_id: int, *, at: datetime, reason: str
) -> int:
    """Let the live alerts of a policy's earlier versions climb this version from now on.

    Each keeps its place, or takes the last step where the ladder has become shorter. None goes on
    later than it was due; who has acknowledged one keeps it. Publishing alone never does this.

    Parameters
    ----------
    session:
        Open transaction; the alerts stay locked until it ends.
    actor:
        Who decides. Needs `Permission.ADMINISTER`.
    policy_version_id:
        The version they are to climb.
    at:
        Instant of the act, UTC.
    reason:
        Why, for each alert's history.

    Returns
    -------
    :
        How many alerts were moved; repeating it moves none.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change policies.
    NotFound
        No version has this id.
    """
    require(
        actor,
        Permission.ADMINISTER,
        "move live alerts to",
        "escalation_policy_version",
        policy_version_id,
    )
    version = session.get(EscalationPolicyVersion, policy_version_id)
    if version is None:
        raise NotFound("escalation policy version", policy_version_id)
    ladder = get_ladder(session, policy_version_id)
    changes = []
    for alert in _lock_alerts_before(session, version):
        old = alert.policy_version_id
        place = place_on(ladder, Position(alert.escalation_level, alert.escalation_loop))
        alert.policy_version_id = policy_version_id
        alert.escalation_level = place.level
        # An alert that joined a storm has no ladder of its own to climb.
        if alert.status == AlertStatus.OPEN.value and alert.parent_alert_id is None:
            was_due_at = alert.next_escalation_at
            alert.next_escalation_at = due_on(ladder, place, was_due_at=was_due_at, at=at)
        before, after = ({"policy_version_id": each} for each in (old, policy_version_id))
        changes.append((alert.alert_id, before, after))
    session.flush()
    tag = AuditTag.ALERT_POLICY_CHANGED
    audit.record_many(session, actor, tag, "alert", changes, at=at, reason=reason)
    return len(changes)


def _lock_alerts_before(session: Session, version: EscalationPolicyVersion) -> list[Alert]:
    earlier = select(EscalationPolicyVersion.policy_version_id).where(
        EscalationPolicyVersion.policy_id == version.policy_id,
        EscalationPolicyVersion.version < version.version,
    )
    statement = (
        select(Alert)
        .where(Alert.status != AlertStatus.CLOSED.value, Alert.policy_version_id.in_(earlier))
        .order_by(Alert.alert_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(statement))
