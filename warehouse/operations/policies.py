"""Publish escalation policies: each a new version that never changes, in force from then on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, TransitionRefused
from warehouse.operations import audit
from warehouse.queries.responders import find_responder
from warehouse.queries.verified_contacts import list_verified_channels
from warehouse.rules.coverage import CATCH_ALL_CHANNELS
from warehouse.rules.escalation_policy import LadderStep
from warehouse.rules.page_rate import PRODUCTS_RATE, PageRate
from warehouse.rules.permissions import require
from warehouse.rules.policy_changes import complaint_about
from warehouse.rules.storm_control import StormControl
from warehouse.schema.policies import (
    EscalationPolicy,
    EscalationPolicyVersion,
    PolicyStep,
)
from warehouse.vocabulary import Actor, Permission, Severity, UserId


def publish_escalation_policy(
    session: Session,
    actor: Actor,
    *,
    name: str,
    steps: Sequence[LadderStep],
    repeat_count: int,
    catch_all_user_id: UserId,
    ack_timeout_minutes: Mapping[Severity, int],
    reopens_on_severity_rise: bool,
    at: datetime,
    storm: StormControl | None = None,
    rate: PageRate = PRODUCTS_RATE,
    reason: str | None = None,
) -> int:
    """Publish the next version of an escalation policy; alerts that run keep theirs.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who decides. Needs `Permission.ADMINISTER`.
    name:
        The policy's name; a new name begins a new policy at version 1.
    steps:
        The ladder from level 1 on, without a gap.
    repeat_count:
        How often the ladder starts again after its last step.
    catch_all_user_id:
        Who is paged when nobody else can be.
    ack_timeout_minutes:
        How long an acknowledged alert may take, by severity; absent means as long as it takes.
    reopens_on_severity_rise:
        Whether an acknowledged alert pages again when it gets worse.
    at:
        In force from this instant on, UTC.
    storm:
        How many alerts of an area page by themselves; None for all of them.
    rate:
        How many pages a person gets one by one; for all alerts the version in force counts.
    reason:
        Why, in the actor's words.

    Returns
    -------
    :
        The version's identifier.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change policies.
    TransitionRefused
        The steps are no ladder, a user they name is disabled, or the catch-all is disabled or has
        no verified e-mail address.
    """
    require(actor, Permission.ADMINISTER, "publish an", "escalation_policy_version")
    complaint = complaint_about(steps, repeat_count=repeat_count) or rate.complaint()
    if complaint is not None:
        raise TransitionRefused("ladder", "incomplete", "published", why=complaint)
    _refuse_unless_reachable(session, steps, catch_all_user_id)
    policy_id = _policy_named(session, name)
    number = 1 + _newest_version(session, policy_id)
    version_id = session.execute(
        insert(EscalationPolicyVersion)
        .values(
            policy_id=policy_id,
            version=number,
            repeat_count=repeat_count,
            reopens_on_severity_rise=reopens_on_severity_rise,
            catch_all_user_id=catch_all_user_id,
            ack_timeout_minutes=dict(ack_timeout_minutes),
            storm_cap_alerts=storm.cap_alerts if storm else None,
            storm_window_minutes=storm.window_minutes if storm else None,
            page_rate_messages=rate.messages,
            page_rate_minutes=rate.minutes,
            effective_from_at=at,
            published_by=actor.user_id,
        )
        .returning(EscalationPolicyVersion.policy_version_id)
    ).scalar_one()
    session.execute(insert(PolicyStep), [_step_row(version_id, step) for step in steps])
    facts = {"name": name, "version": number, "levels": len(steps)}
    tag, noun = AuditTag.POLICY_PUBLISHED, "escalation_policy_version"
    audit.record(session, actor, tag, noun, version_id, at=at, after=facts, reason=reason)
    return version_id


def publish_next_version(
    session: Session,
    actor: Actor,
    base_version_id: int,
    *,
    steps: Sequence[LadderStep],
    repeat_count: int,
    catch_all_user_id: UserId,
    at: datetime,
    rate: PageRate | None = None,
    storm: StormControl | Literal["as before"] | None = "as before",
) -> int:
    """Publish another ladder of a policy; what else the version before says stays as it is.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who decides. Needs `Permission.ADMINISTER`.
    base_version_id:
        The version that was on screen; it has to be the newest one still.
    steps:
        The ladder from level 1 on, without a gap.
    repeat_count:
        How often the ladder starts again after its last step.
    catch_all_user_id:
        Who is paged when nobody else can be.
    at:
        In force from this instant on, UTC.
    rate:
        How many pages a person gets one by one; None for as many as before.
    storm:
        How many alerts of an area page by themselves; None for all of them.

    Returns
    -------
    :
        The version's identifier.

    Raises
    ------
    PermissionRefused
        The actor's roles may not change policies.
    NotFound
        No version has this id.
    TransitionRefused
        Somebody has published another version meanwhile, or the ladder reaches nobody.
    """
    require(
        actor,
        Permission.ADMINISTER,
        "publish what follows",
        "escalation_policy_version",
        base_version_id,
    )
    base = session.get(EscalationPolicyVersion, base_version_id)
    if base is None:
        raise NotFound("escalation policy version", base_version_id)
    name = session.get_one(EscalationPolicy, base.policy_id).name
    if _newest_version(session, _policy_named(session, name)) != base.version:
        why = "somebody published a newer one; reload the page and look at it first"
        raise TransitionRefused("version", "no longer the newest", "followed by another", why=why)
    if storm == "as before":
        storm = StormControl.of(base.storm_cap_alerts, base.storm_window_minutes)
    return publish_escalation_policy(
        session,
        actor,
        name=name,
        steps=steps,
        repeat_count=repeat_count,
        catch_all_user_id=catch_all_user_id,
        ack_timeout_minutes={Severity(k): v for k, v in base.ack_timeout_minutes.items()},
        reopens_on_severity_rise=base.reopens_on_severity_rise,
        at=at,
        storm=storm,
        rate=rate or PageRate(base.page_rate_messages, base.page_rate_minutes),
    )


def _newest_version(session: Session, policy_id: int) -> int:
    newest = select(func.coalesce(func.max(EscalationPolicyVersion.version), 0))
    return session.execute(
        newest.where(EscalationPolicyVersion.policy_id == policy_id)
    ).scalar_one()


def _refuse_unless_reachable(
    session: Session, steps: Sequence[LadderStep], catch_all_user_id: UserId
) -> None:
    named = [step.user_id for step in steps if step.user_id is not None]
    for user_id in (*named, catch_all_user_id):
        if find_responder(session, user_id) is None:
            why = f"user {user_id}, whom it names, is disabled; name somebody else"
            raise TransitionRefused("ladder", "without somebody to reach", "published", why=why)
    if (
        not set(CATCH_ALL_CHANNELS)
        <= list_verified_channels(session, [catch_all_user_id])[catch_all_user_id]
    ):
        why = "verify their e-mail address, or choose somebody whose is"
        raise TransitionRefused("catch-all", "without a verified contact", "published", why=why)


def _policy_named(session: Session, name: str) -> int:
    """Find a policy or begin it, locked, so that two versions published at once count on."""
    session.execute(upsert(EscalationPolicy).values(name=name).on_conflict_do_nothing())
    statement = select(EscalationPolicy.policy_id).where(EscalationPolicy.name == name)
    return session.execute(statement.with_for_update(key_share=True)).scalar_one()


def _step_row(policy_version_id: int, step: LadderStep) -> dict[str, object]:
    return {
        "policy_version_id": policy_version_id,
        "level": step.level,
        "delay_minutes": step.delay_minutes,
        "target": step.target.value,
        "role": step.role.value if step.role else None,
        "user_id": step.user_id,
        "channels": [channel.value for channel in step.channels],
        "fallback_kind": step.fallback_kind.value if step.fallback_kind else None,
    }
