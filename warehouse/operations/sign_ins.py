"""Try a password: count the wrong ones, make their name wait, give a ticket for a right one.

A try's instants are the server's; the audit entries carry the desk's instant.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.queries.clock import Clock
from warehouse.rules import lockout
from warehouse.schema.people import SessionTicket, SignInAttempt, User
from warehouse.vocabulary import Actor, Source, UserId

TICKET_LIFE = timedelta(seconds=30)
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


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
