"""Publish what a policy file says: through the same operations as the Policies page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.errors import PolicyFileWrong, TransitionRefused
from warehouse.operations.alert_policies import FallbackLimits, publish_alert_policy
from warehouse.operations.policies import publish_escalation_policy
from warehouse.queries.policy_files import (
    PolicyInForce,
    find_policy_in_force,
    ladder_of,
    list_changes,
    list_mistakes,
)
from warehouse.rules.permissions import require
from warehouse.rules.policy_files import FiledEscalation, FiledPolicy
from warehouse.vocabulary import Actor, Permission

_ONE_PUBLISHER = text("SELECT pg_advisory_xact_lock(hashtext('alerting.policy_file'))")


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """What publishing a file came to."""

    version: int
    """The one in force now."""
    changes: tuple[str, ...]
    """What it changed of the one before; empty where it was in force already."""


def publish_policy_file(
    session: Session, actor: Actor, policy: FiledPolicy, *, reason: str, at: datetime
) -> PublishedFile:
    """Publish the next version of a policy, unless the one in force says the same already.

    Parameters
    ----------
    session:
        Open transaction; others that publish files wait until it ends.
    actor:
        Who decides. Needs `Permission.ADMINISTER`.
    policy:
        What the file says.
    reason:
        Why, for the audit history.
    at:
        In force from this instant on, UTC.

    Returns
    -------
    :
        The version, and what it changed; repeating it publishes nothing.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change policies.
    TransitionRefused
        No reason is given.
    PolicyFileWrong
        It names people who are not there or cannot be reached.
    """
    require(actor, Permission.ADMINISTER, "publish a", "policy_file")
    if not reason.strip():
        why = "say why, for the audit history"
        raise TransitionRefused("policy", "without a reason", "published", why=why)
    session.execute(_ONE_PUBLISHER)
    mistakes = list_mistakes(session, policy)
    if mistakes:
        raise PolicyFileWrong(mistakes)
    in_force = find_policy_in_force(session, actor, policy.kind, at=at)
    if in_force is not None and in_force.filed == policy:
        return PublishedFile(in_force.version, ())
    changes = list_changes(session, policy, in_force, at=at)
    _publish(session, actor, policy, reason=reason.strip(), at=at)
    return PublishedFile(_in_force(session, actor, policy, at=at).version, tuple(changes))


def _publish(
    session: Session, actor: Actor, policy: FiledPolicy, *, reason: str, at: datetime
) -> None:
    if isinstance(policy, FiledEscalation):
        ladder = ladder_of(session, policy)
        publish_escalation_policy(
            session,
            actor,
            name=policy.name,
            steps=ladder.steps,
            repeat_count=policy.repeat_count,
            catch_all_user_id=ladder.catch_all_user_id,
            ack_timeout_minutes=policy.ack_timeout_minutes,
            reopens_on_severity_rise=policy.reopens_on_severity_rise,
            at=at,
            storm=policy.storm,
            rate=policy.page_rate,
            reason=reason,
        )
        return
    limits = FallbackLimits(
        policy.hold_minutes,
        policy.fallback_price_cap_minor_units,
        policy.fallback_distance_cap_km,
    )
    stakes, currency = policy.stakes, policy.currency
    publish_alert_policy(
        session, actor, stakes=stakes, currency=currency, limits=limits, at=at, reason=reason
    )


def _in_force(
    session: Session, actor: Actor, policy: FiledPolicy, *, at: datetime
) -> PolicyInForce:
    found = find_policy_in_force(session, actor, policy.kind, at=at)
    if found is None:
        raise RuntimeError("a policy that was just published is not in force")
    return found
