"""Who somebody is: users and their roles, and signed-in browsers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from warehouse.rules import permissions
from warehouse.vocabulary import Actor, Permission, Role, SessionId, Source, TravellerId, UserId

IDLE_LIMIT = timedelta(hours=1)
WORKING = (Role.AGENT, Role.MANAGER, Role.ADMIN)
"""The roles in which somebody can be on shift."""

_USER = """
    person.user_id, person.username, person.display_name, person.email, person.time_zone,
    person.traveller_id, person.is_active,
    (SELECT coalesce(array_agg(role ORDER BY role), '{}') FROM people.user_role
      WHERE user_role.user_id = person.user_id) AS roles
"""

_FIND_SIGNED_IN = text(
    f"""
    SELECT {_USER}, session.session_id, session.seen_at
    FROM people.session JOIN people."user" AS person USING (user_id)
    WHERE session.sid_sha256 = :sid_sha256 AND session.revoked_at IS NULL
      AND session.expires_at > :server_at AND session.seen_at > :idle_since
      AND person.is_active AND person.session_epoch = session.session_epoch
    """  # noqa: S608 - the columns are ours
)
_FIND_USER = text(
    f'SELECT {_USER} FROM people."user" AS person WHERE person.username = lower(:username)'  # noqa: S608 - the columns are ours
)
_LIST_USERS = text(
    f'SELECT {_USER} FROM people."user" AS person ORDER BY person.username'  # noqa: S608 - the columns are ours
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session's person, with the roles held at this very moment."""

    session_id: SessionId
    actor: Actor
    display_name: str
    time_zone: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user as the list of users shows them."""

    user_id: UserId
    username: str
    display_name: str
    email: str
    roles: tuple[Role, ...]
    time_zone: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who can be put on shift, and in which roles."""

    user_id: UserId
    username: str
    display_name: str
    roles: tuple[Role, ...]


def find_signed_in(session: Session, sid_sha256: bytes, *, server_at: datetime) -> SignedIn | None:
    """Find whose live session this is: one indexed read, made at every page run and tick.

    Parameters
    ----------
    session:
        Any open transaction of the dashboard.
    sid_sha256:
        Hash of the opaque id the cookie holds.
    server_at:
        The server's instant: sessions end in real time, also in a replay.

    Returns
    -------
    :
        None when unknown, revoked, expired, idle for over `IDLE_LIMIT`, or when the user was
        disabled, re-roled or got a new password since.
    """
    values = {
        "sid_sha256": sid_sha256,
        "server_at": server_at,
        "idle_since": server_at - IDLE_LIMIT,
    }
    row = session.execute(_FIND_SIGNED_IN, values).mappings().one_or_none()
    if row is None:
        return None
    return SignedIn(
        session_id=SessionId(row["session_id"]),
        actor=_actor_of(row, Source.DASHBOARD),
        display_name=row["display_name"],
        time_zone=row["time_zone"],
        seen_at=row["seen_at"],
    )


def find_actor(
    session: Session, username: str, *, source: Source = Source.PIPELINE
) -> Actor | None:
    """Find an active user as an actor.

    Parameters
    ----------
    session:
        Any open transaction.
    username:
        Name to sign in with; its case does not matter.
    source:
        Door through which the actor's acts will come.

    Returns
    -------
    :
        None when nobody has this name or the user is disabled.
    """
    row = session.execute(_FIND_USER, {"username": username}).mappings().one_or_none()
    return _actor_of(row, source) if row is not None and row["is_active"] else None


def list_users(session: Session, actor: Actor) -> list[UserRow]:
    """List every user, disabled ones too; only an administrator may."""
    permissions.require(actor, Permission.ADMINISTER)
    return [
        UserRow(
            user_id=UserId(row["user_id"]),
            username=row["username"],
            display_name=row["display_name"],
            email=row["email"],
            roles=tuple(Role(role) for role in row["roles"]),
            time_zone=row["time_zone"],
            is_active=row["is_active"],
        )
        for row in session.execute(_LIST_USERS).mappings()
    ]


def list_staff(session: Session, actor: Actor) -> list[Colleague]:
    """List the active users who can be put on shift, by name; for whoever plans shifts."""
    permissions.require(actor, Permission.ADMINISTER_SHIFTS)
    rows = [row for row in session.execute(_LIST_USERS).mappings() if row["is_active"]]
    staff = [
        Colleague(
            UserId(row["user_id"]),
            row["username"],
            row["display_name"],
            tuple(role for role in WORKING if role.value in row["roles"]),
        )
        for row in rows
    ]
    return sorted((each for each in staff if each.roles), key=lambda each: each.display_name)


def _actor_of(row: RowMapping, source: Source) -> Actor:
    traveller_id = row["traveller_id"]
    return Actor(
        user_id=UserId(row["user_id"]),
        username=row["username"],
        roles=frozenset(Role(role) for role in row["roles"]),
        traveller_id=None if traveller_id is None else TravellerId(traveller_id),
        source=source,
    )
