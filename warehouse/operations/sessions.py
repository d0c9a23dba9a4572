"""Sign in and out: password try, single-use ticket, session of one browser, its end.

A session's own instants are the server's; the audit entries carry the desk's instant.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.errors import SignInRefused
from warehouse.operations import audit
from warehouse.queries.clock import Clock
from warehouse.queries.people import SignedIn, find_actor
from warehouse.rules import lockout
from warehouse.schema.people import BrowserSession, SessionTicket, SignInAttempt, User
from warehouse.vocabulary import Actor, AuditTag, Permission, Source, UserId

TICKET_LIFE = timedelta(seconds=30)
SESSION_LIFE = timedelta(hours=12)
SEEN_GRAIN = timedelta(minutes=1)
REFUSED = (
    "The name or the password is wrong, or there were too many tries. Wait a little and try again."
)

_VISITOR = Actor(user_id=None, username="VISITOR", source=Source.DASHBOARD)


@dataclass(frozen=True, slots=True)
class SignInTry:
    """What the form needs to look at a password: its hash, if the name has one."""

    username: str
    user_id: UserId | None
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A session just begun; `sid` goes into the cookie and is kept nowhere else."""

    sid: str
    expires_at: datetime
    user_id: UserId


def begin_sign_in(session: Session, username: str) -> SignInTry:
    """Fetch what a password is compared with; says nothing about whether the name exists.

    The comparison takes a third of a second, so it belongs between two transactions: this one,
    and that of `finish_sign_in`.

    Parameters
    ----------
    session:
        Open transaction of the dashboard.
    username:
        As typed into the form.

    Returns
    -------
    :
        The try, without a hash for an unknown or disabled name.
    """
    name = username.strip().lower()
    found = session.execute(
        select(User.user_id, User.password_hash).where(User.username == name, User.is_active)
    ).one_or_none()
    if found is None:
        return SignInTry(name, None, None)
    return SignInTry(name, UserId(found.user_id), found.password_hash)


def finish_sign_in(
    session: Session, attempt: SignInTry, *, is_password: bool, clock: Clock
) -> str | None:
    """Record how a try ended and, if it was right, hand out a single-use ticket.

    Tries of one name queue behind a lock, so that parallel guesses are counted one by one. While
    a name waits (see `lockout`), even the right password is refused, and counts for nothing.

    Parameters
    ----------
    session:
        Open transaction of the dashboard; its caller commits a refusal too.
    attempt:
        What `begin_sign_in` gave.
    is_password:
        Whether the password belonged to that hash.
    clock:
        The server's instant for the try, the desk's for the audit.

    Returns
    -------
    :
        The raw ticket, good for `TICKET_LIFE`; None when the try is refused.
    """
    name_sha256 = hashlib.sha256(attempt.username.encode()).digest()
    _queue_behind_name(session, name_sha256)
    failed_at = _failures_since_success(session, name_sha256, clock.server_at)
    if lockout.waits_until(failed_at, at=clock.server_at):
        _audit_refusal(session, attempt, clock, "too many tries")
        return None
    succeeded = is_password and attempt.user_id is not None
    session.execute(
        insert(SignInAttempt).values(
            username_sha256=name_sha256, attempted_at=clock.server_at, succeeded=succeeded
        )
    )
    if not succeeded or attempt.user_id is None:
        _audit_refusal(session, attempt, clock, "wrong name or password")
        return None
    return _issue_ticket(session, attempt.user_id, clock.server_at)


def replace_outdated_hash(session: Session, user_id: UserId, password_hash: str) -> None:
    """Keep the same password under a costlier hash; sessions go on."""
    session.execute(update(User).where(User.user_id == user_id).values(password_hash=password_hash))


def claim_session(
    session: Session, ticket: str, *, clock: Clock, user_agent: str | None
) -> StartedSession:
    """Turn a ticket into a session of this browser; a ticket works once.

    Parameters
    ----------
    session:
        Open transaction of the dashboard.
    ticket:
        What `finish_sign_in` gave.
    clock:
        The server's instant for the session, the desk's for the audit.
    user_agent:
        What the browser calls itself, kept for the person's list of sessions.

    Returns
    -------
    :
        The session, with the id for the cookie.

    Raises
    ------
    SignInRefused
        The ticket is unknown, used or too old, or the user has been disabled since.
    """
    user_id = session.scalar(
        update(SessionTicket)
        .where(
            SessionTicket.ticket_sha256 == _sha256(ticket),
            SessionTicket.used_at.is_(None),
            SessionTicket.expires_at > clock.server_at,
        )
        .values(used_at=clock.server_at)
        .returning(SessionTicket.user_id)
    )
    user = None if user_id is None else session.get(User, user_id)
    if user is None or not user.is_active:
        raise SignInRefused("This sign-in has expired. Sign in again.")
    return _start_session(session, user, clock, user_agent)


def keep_alive(session: Session, visit: SignedIn, *, server_at: datetime) -> None:
    """Note that the session is in use, at most once a minute."""
    if server_at - visit.seen_at >= SEEN_GRAIN:
        session.execute(
            update(BrowserSession)
            .where(BrowserSession.session_id == visit.session_id)
            .values(seen_at=server_at)
        )


def revoke_session(
    session: Session, actor: Actor, sid: str, *, at: datetime, reason: str = "signed out"
) -> bool:
    """End the session of one cookie at once.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Whose session it is.
    sid:
        The opaque id of the cookie.
    at:
        The desk's instant, for the audit; the session's end is stamped by the server.
    reason:
        Why it ended.

    Returns
    -------
    :
        False when there was no live session to end.
    """
    return _end(session, actor, BrowserSession.sid_sha256 == _sha256(sid), at, reason) > 0


def revoke_sessions_of(
    session: Session, actor: Actor, user_id: UserId, *, at: datetime, reason: str
) -> int:
    """End every session of a user at once, and any ticket still on its way.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who ends them.
    user_id:
        Whose they are.
    at:
        The desk's instant, for the audit; the sessions' end is stamped by the server.
    reason:
        Why they ended.

    Returns
    -------
    :
        How many sessions ended.
    """
    next_epoch = User.session_epoch + 1
    session.execute(update(User).where(User.user_id == user_id).values(session_epoch=next_epoch))
    session.execute(delete(SessionTicket).where(SessionTicket.user_id == user_id))
    return _end(session, actor, BrowserSession.user_id == user_id, at, reason)


def record_refused_permission(
    session: Session, actor: Actor, permission: Permission, *, at: datetime
) -> None:
    """Keep that somebody tried what no role of theirs allows."""
    tag = AuditTag.PERMISSION_REFUSED
    audit.record(
        session, actor, tag, "permission", None, at=at, after={"permission": permission.value}
    )


def _end(
    session: Session, actor: Actor, which: ColumnElement[bool], at: datetime, reason: str
) -> int:
    ended = session.scalars(
        update(BrowserSession)
        .where(which, BrowserSession.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp(), revoke_reason=reason)
        .returning(BrowserSession.session_id)
    ).all()
    changes = [(session_id, None, None) for session_id in ended]
    tag = AuditTag.SESSION_REVOKED
    audit.record_many(session, actor, tag, "session", changes, at=at, reason=reason)
    return len(ended)


def _queue_behind_name(session: Session, name_sha256: bytes) -> None:
    key = int.from_bytes(name_sha256[:8], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def _failures_since_success(session: Session, name_sha256: bytes, at: datetime) -> list[datetime]:
    """List the wrong passwords of the window, and drop what is older than it."""
    ours = SignInAttempt.username_sha256 == name_sha256
    session.execute(
        delete(SignInAttempt).where(ours, SignInAttempt.attempted_at < at - lockout.WINDOW)
    )
    latest_first = session.execute(
        select(SignInAttempt.attempted_at, SignInAttempt.succeeded)
        .where(ours)
        .order_by(SignInAttempt.attempt_id.desc())
    )
    failures: list[datetime] = []
    for attempted_at, succeeded in latest_first:
        if succeeded:
            break
        failures.append(attempted_at)
    return failures


def _audit_refusal(session: Session, attempt: SignInTry, clock: Clock, why: str) -> None:
    """Record a refusal against the account, if there is one; a mistyped name is not kept."""
    tag = AuditTag.SIGN_IN_REFUSED
    audit.record(session, _VISITOR, tag, "user", attempt.user_id, at=clock.at, reason=why)


def _issue_ticket(session: Session, user_id: UserId, server_at: datetime) -> str:
    session.execute(delete(SessionTicket).where(SessionTicket.expires_at < server_at))
    ticket = secrets.token_urlsafe(32)
    session.execute(
        insert(SessionTicket).values(
            ticket_sha256=_sha256(ticket), user_id=user_id, expires_at=server_at + TICKET_LIFE
        )
    )
    return ticket


def _start_session(
    session: Session, user: User, clock: Clock, user_agent: str | None
) -> StartedSession:
    sid = secrets.token_urlsafe(32)
    expires_at = clock.server_at + SESSION_LIFE
    session_id = session.scalar(
        insert(BrowserSession)
        .values(
            sid_sha256=_sha256(sid),
            user_id=user.user_id,
            session_epoch=user.session_epoch,
            created_at=clock.server_at,
            seen_at=clock.server_at,
            expires_at=expires_at,
            user_agent=user_agent and user_agent[:300],
        )
        .returning(BrowserSession.session_id)
    )
    tag, actor = (
        AuditTag.SESSION_STARTED,
        find_actor(session, user.username, source=Source.DASHBOARD),
    )
    audit.record(session, actor or _VISITOR, tag, "session", session_id, at=clock.at)
    return StartedSession(sid, expires_at, UserId(user.user_id))


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
