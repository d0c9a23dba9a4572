"""Say how long history is kept: each policy a version that never changes, in force from then on."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import TransitionRefused
from warehouse.operations import audit
from warehouse.queries.retention import get_retention
from warehouse.rules.permissions import require
from warehouse.rules.retention import Retained, RetentionPolicy
from warehouse.schema.retention import RetentionVersion
from warehouse.vocabulary import Actor, Permission

_ONE_PUBLISHER = text("SELECT pg_advisory_xact_lock(hashtext('engine.retention'))")


def set_retention(
    session: Session, actor: Actor, changes: Mapping[Retained, int], *, reason: str, at: datetime
) -> int:
    """Publish the next version; what it does not name is kept as long as before.

    Parameters
    ----------
    session:
        Open transaction of the owner: no other role may publish one.
    actor:
        Who decides. Needs `Permission.ADMINISTER`.
    changes:
        Days by kind of history.
    reason:
        Why, for the audit history.
    at:
        In force from this instant on, UTC.

    Returns
    -------
    :
        The version's identifier.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change policies.
    TransitionRefused
        A kind would be kept too short a time, nothing would change, or no reason is given.
    """
    require(actor, Permission.ADMINISTER, "publish a", "retention_version")
    session.execute(_ONE_PUBLISHER)
    before = get_retention(session, at=at).policy
    policy = RetentionPolicy({**before.days, **changes})
    complaint = _complaint_about(before, policy, reason)
    if complaint is not None:
        raise TransitionRefused(
            "retention policy", "not to be followed", "published", why=complaint
        )
    version_id = session.execute(
        insert(RetentionVersion)
        .values(
            reason=reason.strip(),
            effective_from_at=at,
            published_by=actor.user_id,
            **{f"{kind}_days": days for kind, days in policy.days.items()},
        )
        .returning(RetentionVersion.retention_version_id)
    ).scalar_one()
    audit.record(
        session,
        actor,
        AuditTag.POLICY_PUBLISHED,
        "retention_version",
        version_id,
        at=at,
        before=_changed(before, policy),
        after=_changed(policy, before),
        reason=reason.strip(),
    )
    return version_id


def _complaint_about(before: RetentionPolicy, policy: RetentionPolicy, reason: str) -> str | None:
    if not reason.strip():
        return "say why, for whoever looks for what is gone"
    if policy == before:
        return "it says what the one in force says already"
    return policy.complaint()


def _changed(policy: RetentionPolicy, other: RetentionPolicy) -> dict[str, int]:
    return {f"{kind}_days": days for kind, days in policy.days.items() if days != other.days[kind]}
