"""Publish alert policies: when a prediction is worth an alert, and what a fallback may cost."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.rules.permissions import require
from warehouse.rules.severity import Stakes, alert_threshold
from warehouse.schema.policies import AlertPolicy
from warehouse.vocabulary import Actor, Permission


@dataclass(frozen=True, slots=True)
class FallbackLimits:
    """How long a room is held, and how dear and how far it may be without a manager's word."""

    hold_minutes: int
    price_cap_minor_units: int
    distance_cap_km: float


def publish_alert_policy(
    session: Session,
    actor: Actor,
    *,
    stakes: Stakes,
    currency: str,
    limits: FallbackLimits,
    at: datetime,
    reason: str | None = None,
) -> int:
    """Say from now on when a prediction is worth an alert.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who decides. Needs `Permission.ADMINISTER`.
    stakes:
        What an alert costs and what a disrupted traveller loses.
    currency:
        ISO 4217 code of every amount.
    limits:
        What fallback actions may do by themselves.
    at:
        In force from this instant on, UTC.
    reason:
        Why, in the actor's words.

    Returns
    -------
    :
        The policy's identifier.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change policies.
    """
    require(actor, Permission.ADMINISTER, "publish an", "alert_policy")
    policy_id = session.execute(
        insert(AlertPolicy)
        .values(
            alert_cost_minor_units=stakes.alert_cost_minor_units,
            loss_per_traveller_minor_units=stakes.loss_per_traveller_minor_units,
            avoidable_share=stakes.avoidable_share,
            currency=currency,
            hold_minutes=limits.hold_minutes,
            fallback_price_cap_minor_units=limits.price_cap_minor_units,
            fallback_distance_cap_km=limits.distance_cap_km,
            effective_from_at=at,
            published_by=actor.user_id,
        )
        .returning(AlertPolicy.alert_policy_id)
    ).scalar_one()
    facts = {**asdict(stakes), **asdict(limits), "threshold": alert_threshold(stakes)}
    tag, noun = AuditTag.POLICY_PUBLISHED, "alert_policy"
    audit.record(session, actor, tag, noun, policy_id, at=at, after=facts, reason=reason)
    return policy_id
