"""Users: add, disable, enable, change of roles and password; each ends the sessions it outdates."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, TransitionRefused
from warehouse.operations import audit
from warehouse.operations.sessions import revoke_sessions_of
from warehouse.rules import permissions
from warehouse.schema.alerting import Alert
from warehouse.schema.people import User, UserRole
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.vocabulary import Actor, AlertStatus, Permission, Role, TravellerId, UserId


def add_user(
    session: Session,
    actor: Actor,
    *,
    username: str,
    display_name: str,
    email: str,
    roles: Collection[Role],
    password_hash: str | None,
    traveller_id: TravellerId | None = None,
    time_zone: str = "America/New_York",
    at: datetime,
) -> UserId:
    """Add somebody who may sign in.

    Parameters
    ----------
    session:
        Open transaction of the dashboard or the owner.
    actor:
        Who adds them: an administrator or the system.
    username:
        Kept in lower case; must be new.
    display_name:
        Name that colleagues read.
    email:
        Where pages and offers go, taken as verified since an administrator vouches for it.
    roles:
        What they are to the desk.
    password_hash:
        From `rules.passwords.hash_password`; None for somebody who signs in elsewhere.
    traveller_id:
        The traveller a customer is.
    time_zone:
        IANA zone of the person.
    at:
        Instant of the act, UTC.

    Returns
    -------
    :
        The new user's id.

    Raises
    ------
    TransitionRefused
        The name is taken.
    """
    permissions.require(actor, Permission.ADMINISTER, "add a", "user")
    name = username.strip().lower()
    if session.scalar(select(User.user_id).where(User.username == name)) is not None:
        raise TransitionRefused("user name", "taken", "given again", why=name)
    user = User(
        username=name,
        display_name=display_name,
        email=email,
        email_verified_at=at,
        time_zone=time_zone,
        traveller_id=traveller_id,
        password_hash=password_hash,
        created_at=at,
    )
    session.add(user)
    session.flush()
    user_id = UserId(user.user_id)
    _write_roles(session, user_id, roles)
    after = {"username": name, "roles": _words(roles)}
    audit.record(session, actor, AuditTag.USER_ADDED, "user", user_id, at=at, after=after)
    return user_id


def disable_user(
    session: Session, actor: Actor, user_id: UserId, *, at: datetime, reason: str | None = None
) -> None:
    """Keep somebody from signing in, and end their sessions at once; harmless when repeated.

    Parameters
    ----------
    session:
        Open transaction of the dashboard or the owner.
    actor:
        An administrator or the system.
    user_id:
        Who may no longer sign in.
    at:
        Instant of the act, UTC.
    reason:
        Why, in the administrator's words.

    Raises
    ------
    TransitionRefused
        They are the last active administrator, or the catch-all of the ladder in force or of one
        that a live alert climbs.
    """
    permissions.require(actor, Permission.ADMINISTER, "disable", "user", user_id)
    user = _locked(session, user_id)
    if not user.is_active:
        return
    _refuse_if_last_administrator(session, user_id, "disabled")
    _refuse_if_catch_all(session, user_id)
    _switch(session, actor, user, AuditTag.USER_DISABLED, is_active=False, at=at, reason=reason)
    revoke_sessions_of(session, actor, user_id, at=at, reason="user disabled")


def enable_user(session: Session, actor: Actor, user_id: UserId, *, at: datetime) -> None:
    """Let somebody sign in again; sessions that were ended stay ended."""
    permissions.require(actor, Permission.ADMINISTER, "enable", "user", user_id)
    user = _locked(session, user_id)
    if not user.is_active:
        _switch(session, actor, user, AuditTag.USER_CHANGED, is_active=True, at=at, reason=None)


def change_roles(
    session: Session, actor: Actor, user_id: UserId, roles: Collection[Role], *, at: datetime
) -> None:
    """Give somebody exactly these roles; they sign in anew to use them.

    Parameters
    ----------
    session:
        Open transaction of the dashboard or the owner.
    actor:
        An administrator or the system.
    user_id:
        Whose roles.
    roles:
        All roles held from now on.
    at:
        Instant of the act, UTC.

    Raises
    ------
    TransitionRefused
        The last active administrator would stop being one.
    """
    permissions.require(actor, Permission.ADMINISTER, "change the roles of", "user", user_id)
    _locked(session, user_id)
    held = {Role(role) for role in session.scalars(_roles_of(user_id))}
    if held == set(roles):
        return
    if Role.ADMIN in held and Role.ADMIN not in roles:
        _refuse_if_last_administrator(session, user_id, "given other roles")
    session.execute(delete(UserRole).where(UserRole.user_id == user_id))
    _write_roles(session, user_id, roles)
    audit.record(
        session,
        actor,
        AuditTag.USER_CHANGED,
        "user",
        user_id,
        at=at,
        before={"roles": _words(held)},
        after={"roles": _words(roles)},
    )
    revoke_sessions_of(session, actor, user_id, at=at, reason="roles changed")


def change_password(
    session: Session, actor: Actor, user_id: UserId, password_hash: str, *, at: datetime
) -> None:
    """Set a new password, which ends every session of the user.

    Parameters
    ----------
    session:
        Open transaction of the dashboard or the owner.
    actor:
        The user, or an administrator.
    user_id:
        Whose password.
    password_hash:
        From `rules.passwords.hash_password`; the password itself never comes here.
    at:
        Instant of the act, UTC.
    """
    if actor.user_id != user_id:
        permissions.require(actor, Permission.ADMINISTER, "change the password of", "user", user_id)
    _locked(session, user_id).password_hash = password_hash
    audit.record(session, actor, AuditTag.PASSWORD_CHANGED, "user", user_id, at=at)
    revoke_sessions_of(session, actor, user_id, at=at, reason="password changed")


def _locked(session: Session, user_id: UserId) -> User:
    user = session.scalar(
        select(User).where(User.user_id == user_id).with_for_update(key_share=True)
    )
    if user is None:
        raise NotFound("user", user_id)
    return user


def _switch(
    session: Session,
    actor: Actor,
    user: User,
    tag: AuditTag,
    *,
    is_active: bool,
    at: datetime,
    reason: str | None,
) -> None:
    before: dict[str, Any] = {"is_active": user.is_active}
    user.is_active = is_active
    session.flush()
    after = {"is_active": is_active}
    audit.record(
        session, actor, tag, "user", user.user_id, at=at, before=before, after=after, reason=reason
    )


def _refuse_if_last_administrator(session: Session, user_id: UserId, step: str) -> None:
    """Keep one administrator; the rows are locked, so two cannot leave at the same time."""
    administrators = session.scalars(
        select(User.user_id)
        .join(UserRole, UserRole.user_id == User.user_id)
        .where(User.is_active, UserRole.role == Role.ADMIN.value)
        .order_by(User.user_id)
        .with_for_update(of=User, key_share=True)
    ).all()
    if administrators == [user_id]:
        raise TransitionRefused("user", "the last administrator", step)


def _refuse_if_catch_all(session: Session, user_id: UserId) -> None:
    """Keep whom alerts reach when nobody is on shift: without them such an alert reaches nobody."""
    newest = select(func.max(EscalationPolicyVersion.policy_version_id)).scalar_subquery()
    climbed = select(Alert.policy_version_id).where(Alert.status != AlertStatus.CLOSED.value)
    version = EscalationPolicyVersion.policy_version_id
    depends = select(version).where(
        EscalationPolicyVersion.catch_all_user_id == user_id,
        or_(version == newest, version.in_(climbed)),
    )
    if session.scalar(depends.limit(1)) is not None:
        why = "publish a policy with another and close the alerts that climb the old one first"
        raise TransitionRefused("user", "the catch-all of a ladder", "disabled", why=why)


def _write_roles(session: Session, user_id: UserId, roles: Collection[Role]) -> None:
    if roles:
        rows = [{"user_id": user_id, "role": role} for role in _words(roles)]
        session.execute(insert(UserRole), rows)


def _roles_of(user_id: UserId) -> Any:
    return select(UserRole.role).where(UserRole.user_id == user_id)


def _words(roles: Collection[Role]) -> list[str]:
    return sorted(role.value for role in set(roles))
