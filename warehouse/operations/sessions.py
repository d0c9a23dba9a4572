"""Sessions of browsers: begun by a single-use ticket, kept alive by use, ended in many ways.

A session's own instants are the server's; the audit entries carry the desk's instant.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, update
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import SignInRefused
from warehouse.operations import audit
from warehouse.queries.clock import Clock
from warehouse.queries.people import SignedIn, find_actor
from warehouse.schema.people import BrowserSession, SessionTicket, User
from warehouse.vocabulary import SYSTEM, Actor, Source, UserId

SESSION_LIFE = timedelta(hours=12)
SEEN_GRAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A session just begun; `sid` goes into the cookie and is kept nowhere else."""

    sid: str
    expires_at: datetime
    user_id: UserId


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
    audit.record(session, actor or SYSTEM, tag, "session", session_id, at=clock.at)
    return StartedSession(sid, expires_at, UserId(user.user_id))


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
