"""The desk's policies in force: what an alert is worth, and the ladder it climbs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.rules.escalation_policy import Ladder, LadderStep
from warehouse.rules.page_rate import PRODUCTS_RATE, PageRate
from warehouse.rules.severity import Stakes
from warehouse.rules.storm_control import StormControl
from warehouse.schema.policies import AlertPolicy, EscalationPolicyVersion, PolicyStep
from warehouse.vocabulary import Channel, FallbackKind, Role, StepTarget, UserId

_IN_FORCE = (
    select(EscalationPolicyVersion)
    .order_by(EscalationPolicyVersion.policy_version_id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class DeskPolicy:
    """What holds for alerts raised now."""

    stakes: Stakes
    currency: str
    hold_minutes: int
    fallback_price_cap_minor_units: int
    fallback_distance_cap_km: float
    policy_version_id: int
    reopens_on_severity_rise: bool
    #: None where every alert pages by itself, however many there are.
    storm: StormControl | None


def get_policy(session: Session, *, at: datetime) -> DeskPolicy:
    """Read the alert policy and the escalation policy version in force at an instant.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Both together; amounts in minor units of `currency`.

    Raises
    ------
    NotFound
        No policy was published before this instant.
    """
    alert_policy = session.scalar(
        select(AlertPolicy)
        .where(AlertPolicy.effective_from_at <= at)
        .order_by(AlertPolicy.effective_from_at.desc(), AlertPolicy.alert_policy_id.desc())
        .limit(1)
    )
    version = session.scalar(_IN_FORCE.where(EscalationPolicyVersion.effective_from_at <= at))
    if alert_policy is None or version is None:
        raise NotFound("policy in force at", at.isoformat())
    return DeskPolicy(
        stakes=Stakes(
            alert_policy.alert_cost_minor_units,
            alert_policy.loss_per_traveller_minor_units,
            alert_policy.avoidable_share,
        ),
        currency=alert_policy.currency,
        hold_minutes=alert_policy.hold_minutes,
        fallback_price_cap_minor_units=alert_policy.fallback_price_cap_minor_units,
        fallback_distance_cap_km=alert_policy.fallback_distance_cap_km,
        policy_version_id=version.policy_version_id,
        reopens_on_severity_rise=version.reopens_on_severity_rise,
        storm=StormControl.of(version.storm_cap_alerts, version.storm_window_minutes),
    )


def get_page_rate(session: Session, *, at: datetime) -> PageRate:
    """Read how many messages with pages a person gets by a channel.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        Instant, UTC.

    Returns
    -------
    :
        What the policy in force says; the product's own rate before any was published.
    """
    version = session.scalar(_IN_FORCE.where(EscalationPolicyVersion.effective_from_at <= at))
    if version is None:
        return PRODUCTS_RATE
    return PageRate(version.page_rate_messages, version.page_rate_minutes)


def find_ladder_in_force(session: Session, *, at: datetime) -> Ladder | None:
    """Find the ladder that alerts raised at an instant climb; None before any was published."""
    version = session.scalar(_IN_FORCE.where(EscalationPolicyVersion.effective_from_at <= at))
    return get_ladder(session, version.policy_version_id) if version else None


def get_ladder(session: Session, policy_version_id: int) -> Ladder:
    """Read one version of an escalation policy with its steps in order.

    Parameters
    ----------
    session:
        Open transaction.
    policy_version_id:
        The version an alert began with.

    Returns
    -------
    :
        The ladder; it never changes, so it may be kept.

    Raises
    ------
    NotFound
        No version has this id.
    """
    version = EscalationPolicyVersion
    statement = (
        select(version.repeat_count, version.catch_all_user_id, PolicyStep)
        .outerjoin(PolicyStep, PolicyStep.policy_version_id == version.policy_version_id)
        .where(version.policy_version_id == policy_version_id)
        .order_by(PolicyStep.level)
    )
    rows = session.execute(statement).all()
    if not rows:
        raise NotFound("escalation policy version", policy_version_id)
    repeat_count, catch_all_user_id, _ = rows[0]
    return Ladder(
        policy_version_id=policy_version_id,
        steps=tuple(_step(step) for *_, step in rows if step is not None),
        repeat_count=repeat_count,
        catch_all_user_id=UserId(catch_all_user_id),
    )


def _step(step: PolicyStep) -> LadderStep:
    return LadderStep(
        level=step.level,
        delay_minutes=step.delay_minutes,
        target=StepTarget(step.target),
        role=Role(step.role) if step.role else None,
        user_id=UserId(step.user_id) if step.user_id else None,
        channels=tuple(Channel(channel) for channel in step.channels),
        fallback_kind=FallbackKind(step.fallback_kind) if step.fallback_kind else None,
    )
