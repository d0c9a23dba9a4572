"""The policies in force as a file would say them, and what a file says compared with the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.queries.policies import find_ladder_in_force
from warehouse.queries.verified_contacts import list_verified_channels
from warehouse.rules import permissions
from warehouse.rules.coverage import CATCH_ALL_CHANNELS, CONTACTS
from warehouse.rules.escalation_policy import Ladder, LadderStep
from warehouse.rules.page_rate import PageRate
from warehouse.rules.policy_changes import differences
from warehouse.rules.policy_files import (
    FiledAlertPolicy,
    FiledEscalation,
    FiledPolicy,
    FiledStep,
    PolicyKind,
    setting_changes,
)
from warehouse.rules.severity import Stakes
from warehouse.rules.storm_control import StormControl
from warehouse.schema.people import User
from warehouse.schema.policies import AlertPolicy, EscalationPolicy, EscalationPolicyVersion
from warehouse.vocabulary import Actor, Permission, Severity, StepTarget, UserId

MOST_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A policy as its file, with its version and where that came from."""

    filed: FiledPolicy
    version: int
    effective_from_at: datetime
    published_by: str | None


@dataclass(frozen=True, slots=True)
class AlertPolicyVersion:
    """One version of the alert policy, and what it changed of the one before."""

    version: int
    effective_from_at: datetime
    published_by: str | None
    changes: tuple[str, ...]


def find_policy_in_force(
    session: Session, actor: Actor, kind: PolicyKind, *, at: datetime
) -> PolicyInForce | None:
    """Find the version of a kind of policy that new alerts follow at an instant.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Needs `Permission.ADMINISTER`.
    kind:
        Which kind.
    at:
        Instant, UTC.

    Returns
    -------
    :
        None before the first was published.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see policies.
    """
    permissions.require(actor, Permission.ADMINISTER)
    if kind is PolicyKind.ALERT:
        versions = _alert_policies(session, at=at, limit=1)
        return versions[0] if versions else None
    ladder = find_ladder_in_force(session, at=at)
    return _escalation_in_force(session, ladder) if ladder else None


def list_alert_policies(
    session: Session, actor: Actor, *, at: datetime
) -> list[AlertPolicyVersion]:
    """List the newest versions of the alert policy, each compared with the one before it.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Needs `Permission.ADMINISTER`.
    at:
        Only those in force by this instant, UTC.

    Returns
    -------
    :
        Newest first; a first version changes nothing.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see policies.
    """
    permissions.require(actor, Permission.ADMINISTER)
    found = _alert_policies(session, at=at, limit=MOST_VERSIONS + 1)
    befores = [*found[1:], None]
    versions = [
        AlertPolicyVersion(
            each.version,
            each.effective_from_at,
            each.published_by,
            tuple(setting_changes(before.filed, each.filed)) if before else (),
        )
        for each, before in zip(found, befores, strict=True)
    ]
    return versions[:MOST_VERSIONS]


def list_mistakes(session: Session, policy: FiledPolicy) -> list[str]:
    """List what keeps a policy that is right in itself from being published: its people.

    Parameters
    ----------
    session:
        Open transaction.
    policy:
        What a file says.

    Returns
    -------
    :
        A sentence for each, with what to do; empty where it can be published.
    """
    if not isinstance(policy, FiledEscalation):
        return []
    people = _people(session)
    named = [(f"Step {n}", each.username) for n, each in enumerate(policy.steps, start=1)]
    asked = [(where, name) for where, name in named if name is not None]
    mistakes = [
        words
        for where, name in [*asked, ("The catch-all", policy.catch_all)]
        if (words := _complaint_about(where, name, people)) is not None
    ]
    catch_all = people.get(policy.catch_all)
    return mistakes if catch_all is None else [*mistakes, *_unreachable(session, catch_all)]


def list_changes(
    session: Session, policy: FiledPolicy, in_force: PolicyInForce | None, *, at: datetime
) -> list[str]:
    """List what a policy without mistakes would change of the one in force.

    Parameters
    ----------
    session:
        Open transaction.
    policy:
        What a file says; the people it names are there.
    in_force:
        The policy in force, if there is one.
    at:
        Instant, UTC.

    Returns
    -------
    :
        A line for each change; empty where it says what is in force already.
    """
    before = in_force.filed if in_force else None
    settings = setting_changes(before, policy)
    ladder = find_ladder_in_force(session, at=at)
    if not isinstance(policy, FiledEscalation) or ladder is None:
        return settings
    names = {user.user_id: user.display_name for user in _people(session).values()}
    return [*differences(ladder, ladder_of(session, policy), names), *settings]


def ladder_of(session: Session, policy: FiledEscalation) -> Ladder:
    """Give the ladder that a file says, with the users it names; they are all there."""
    ids = {name: UserId(user.user_id) for name, user in _people(session).items()}
    steps = tuple(_step(n, each, ids) for n, each in enumerate(policy.steps, start=1))
    return Ladder(0, steps, policy.repeat_count, ids[policy.catch_all])


def _step(level: int, step: FiledStep, ids: Mapping[str, UserId]) -> LadderStep:
    return LadderStep(
        level=level,
        delay_minutes=step.delay_minutes,
        target=StepTarget.ON_SHIFT if step.role else StepTarget.USER,
        role=step.role,
        user_id=None if step.username is None else ids[step.username],
        channels=step.channels,
        fallback_kind=step.fallback_kind,
    )


def _people(session: Session) -> Mapping[str, User]:
    return {user.username: user for user in session.scalars(select(User))}


def _complaint_about(where: str, username: str, people: Mapping[str, User]) -> str | None:
    user = people.get(username)
    if user is None:
        active = [name for name, each in people.items() if each.is_active]
        close = get_close_matches(username, active, n=1)
        hint = f"did you mean {close[0]}?" if close else "stormdesk users list tells who there is."
        return f"{where} names {username}, and nobody signs in as that: {hint}"
    if not user.is_active:
        return (
            f"{where} names {username}, who is disabled: name somebody else, or enable them with "
            f"stormdesk users enable {username}."
        )
    return None


def _unreachable(session: Session, catch_all: User) -> list[str]:
    user_id = UserId(catch_all.user_id)
    missing = set(CATCH_ALL_CHANNELS) - list_verified_channels(session, [user_id])[user_id]
    contacts = " and ".join(CONTACTS[each] for each in CATCH_ALL_CHANNELS if each in missing)
    if not missing or not catch_all.is_active:
        return []
    return [
        f"The catch-all names {catch_all.username}, who has no verified {contacts}: let them "
        "verify it on the page My account, or name somebody whose is."
    ]


def _alert_policies(session: Session, *, at: datetime, limit: int) -> Sequence[PolicyInForce]:
    rows = session.execute(
        select(AlertPolicy, User.display_name)
        .outerjoin(User, User.user_id == AlertPolicy.published_by)
        .where(AlertPolicy.effective_from_at <= at)
        .order_by(AlertPolicy.effective_from_at.desc(), AlertPolicy.alert_policy_id.desc())
        .limit(limit)
    )
    return [
        PolicyInForce(_filed_alert(row), row.alert_policy_id, row.effective_from_at, by)
        for row, by in rows
    ]


def _filed_alert(row: AlertPolicy) -> FiledAlertPolicy:
    return FiledAlertPolicy(
        stakes=Stakes(
            row.alert_cost_minor_units, row.loss_per_traveller_minor_units, row.avoidable_share
        ),
        currency=row.currency,
        hold_minutes=row.hold_minutes,
        fallback_price_cap_minor_units=row.fallback_price_cap_minor_units,
        fallback_distance_cap_km=row.fallback_distance_cap_km,
    )


def _escalation_in_force(session: Session, ladder: Ladder) -> PolicyInForce:
    version = session.get_one(EscalationPolicyVersion, ladder.policy_version_id)
    name = session.get_one(EscalationPolicy, version.policy_id).name
    people = {user.user_id: user for user in session.scalars(select(User))}
    filed = FiledEscalation(
        name=name,
        catch_all=people[ladder.catch_all_user_id].username,
        repeat_count=ladder.repeat_count,
        reopens_on_severity_rise=version.reopens_on_severity_rise,
        ack_timeout_minutes={Severity(k): v for k, v in version.ack_timeout_minutes.items()},
        page_rate=PageRate(version.page_rate_messages, version.page_rate_minutes),
        storm=StormControl.of(version.storm_cap_alerts, version.storm_window_minutes),
        steps=tuple(_filed_step(step, people) for step in ladder.steps),
    )
    by = people.get(version.published_by or 0)
    published_by = by.display_name if by else None
    return PolicyInForce(filed, version.version, version.effective_from_at, published_by)


def _filed_step(step: LadderStep, people: Mapping[int, User]) -> FiledStep:
    username = None if step.user_id is None else people[step.user_id].username
    return FiledStep(step.delay_minutes, step.role, username, step.channels, step.fallback_kind)
