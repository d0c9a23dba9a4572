"""One's own contacts: one counts once a code that was sent to it has been typed in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import ContactRefused, NotFound
from warehouse.operations import audit
from warehouse.queries.clock import Clock
from warehouse.queries.verified_contacts import CONTACTS
from warehouse.rules.contacts import CODE_LIFE, MOST_TRIES, WINDOW, refuse_hurry, written_contact
from warehouse.rules.permissions import require
from warehouse.schema.alerting import Notification
from warehouse.schema.contacts import ContactCheck
from warehouse.schema.people import User
from warehouse.vocabulary import Actor, Channel, ContactCheckId, NotificationKind, Permission

_COLUMN = {channel: address.key for channel, (address, _) in CONTACTS.items()}
_VERIFIED = {channel: verified_at.key for channel, (_, verified_at) in CONTACTS.items()}


@dataclass(frozen=True, slots=True)
class CodeOutcome:
    """What became of a code that somebody typed in, in words for them."""

    result: Literal["verified", "wrong", "too_late"]
    message: str


def ask_for_code(
    session: Session, actor: Actor, channel: Channel, typed: str, *, clock: Clock
) -> ContactCheckId:
    """Send a code to a contact that is to be one's own; the one in force stays until it is typed.

    Parameters
    ----------
    session:
        Open transaction of the dashboard.
    actor:
        Whose contact it is to be. Needs `Permission.KEEP_OWN_CONTACTS`.
    channel:
        Which of the channels that reach people.
    typed:
        The address, number, name or URL, as typed.
    clock:
        The server's instant, from which the code is good for ten minutes; the desk's for the rest.

    Returns
    -------
    :
        The check that the code belongs to.

    Raises
    ------
    PermissionRefused
        The actor's roles keep no contacts.
    ContactRefused
        It is no contact, it is verified already, or too many codes were asked for.
    """
    require(actor, Permission.KEEP_OWN_CONTACTS, "ask for the code of a", "contact")
    address = written_contact(channel, typed)
    user = locked_self(session, actor)
    if getattr(user, _COLUMN[channel]) == address and getattr(user, _VERIFIED[channel]):
        raise ContactRefused(f"{address} is verified already.")
    check_id = _check(session, user, NotificationKind.CODE, channel, address, clock=clock)
    after = {"channel": channel.value}
    tag = AuditTag.CONTACT_ASKED
    audit.record(session, actor, tag, "user", user.user_id, at=clock.at, after=after)
    return check_id


def type_code(
    session: Session, actor: Actor, channel: Channel, code: str, *, clock: Clock
) -> CodeOutcome:
    """Take the code that the newest message brought; the right one makes the contact one's own.

    A wrong one counts as a try, of which there are five, so its transaction must be committed too.

    Parameters
    ----------
    session:
        Open transaction of the dashboard.
    actor:
        Who typed it. Needs `Permission.KEEP_OWN_CONTACTS`.
    channel:
        Which of the channels that reach people.
    code:
        Six digits, as typed.
    clock:
        The server's instant, which codes run out by; the desk's for the audit.

    Returns
    -------
    :
        Verified, wrong, or too late: then another code has to be asked for.

    Raises
    ------
    PermissionRefused
        The actor's roles keep no contacts.
    """
    require(actor, Permission.KEEP_OWN_CONTACTS, "verify a", "contact")
    user = locked_self(session, actor)
    check = _standing_check(session, user, channel)
    if check is None or check.expires_at <= clock.server_at or check.tries >= MOST_TRIES:
        return CodeOutcome("too_late", "That code is good no longer. Ask for another one.")
    check.tries += 1
    digits = "".join(code.split())
    is_right = session.scalar(select(func.people.is_contact_code(check.contact_check_id, digits)))
    if not is_right:
        return _wrong(session, actor, check, clock=clock)
    check.verified_at = clock.server_at
    session.flush()
    setattr(user, _COLUMN[channel], check.address)
    setattr(user, _VERIFIED[channel], clock.at)
    session.flush()
    after = {"channel": channel.value}
    tag = AuditTag.CONTACT_VERIFIED
    audit.record(session, actor, tag, "user", user.user_id, at=clock.at, after=after)
    return CodeOutcome("verified", f"{check.address} is verified: pages reach you there.")


def send_test(session: Session, actor: Actor, channel: Channel, *, clock: Clock) -> None:
    """Send a message to one's own verified contact, to see that it arrives.

    Parameters
    ----------
    session:
        Open transaction of the dashboard.
    actor:
        Who is to get it. Needs `Permission.KEEP_OWN_CONTACTS`.
    channel:
        Which of the channels that reach people.
    clock:
        The server's instant for how often, the desk's for the message.

    Raises
    ------
    PermissionRefused
        The actor's roles keep no contacts.
    ContactRefused
        There is no verified contact, or too many messages were asked for.
    """
    require(actor, Permission.KEEP_OWN_CONTACTS, "test a", "contact")
    user = locked_self(session, actor)
    address = getattr(user, _COLUMN[channel])
    if address is None or getattr(user, _VERIFIED[channel]) is None:
        raise ContactRefused("Verify that contact first.")
    _check(session, user, NotificationKind.TEST, channel, address, clock=clock)


def remove_contact(session: Session, actor: Actor, channel: Channel, *, clock: Clock) -> None:
    """Forget one's own phone, chat or webhook; harmless when repeated.

    Raises
    ------
    PermissionRefused
        The actor's roles keep no contacts.
    ContactRefused
        It is the e-mail address, which can only be changed for another.
    """
    require(actor, Permission.KEEP_OWN_CONTACTS, "remove a", "contact")
    if channel is Channel.EMAIL:
        raise ContactRefused("Pages need an e-mail address: verify another one in its place.")
    user = locked_self(session, actor)
    if getattr(user, _COLUMN[channel]) is None:
        return
    setattr(user, _COLUMN[channel], None)
    setattr(user, _VERIFIED[channel], None)
    session.flush()
    after = {"channel": channel.value}
    tag = AuditTag.CONTACT_REMOVED
    audit.record(session, actor, tag, "user", user.user_id, at=clock.at, after=after)


def locked_self(session: Session, actor: Actor) -> User:
    """Lock one's own row, so that what is asked for at once is counted one by one."""
    statement = select(User).where(User.user_id == actor.user_id)
    user = session.scalar(
        statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if user is None:
        raise NotFound("user", actor.username)
    return user


def _check(
    session: Session,
    user: User,
    kind: NotificationKind,
    channel: Channel,
    address: str,
    *,
    clock: Clock,
) -> ContactCheckId:
    since = clock.server_at - WINDOW
    mine = select(ContactCheck.asked_at).where(ContactCheck.user_id == user.user_id)
    asked_at = session.scalars(mine.where(ContactCheck.asked_at > since)).all()
    refuse_hurry(asked_at, at=clock.server_at)
    check = ContactCheck(
        user_id=user.user_id,
        kind=kind.value,
        channel=channel.value,
        address=address,
        asked_at=clock.server_at,
        expires_at=clock.server_at + (CODE_LIFE if kind is NotificationKind.CODE else timedelta(1)),
    )
    session.add(check)
    session.flush()
    session.execute(
        insert(Notification)
        .inline()
        .values(
            kind=kind.value,
            contact_check_id=check.contact_check_id,
            generation=1,
            recipient_user_id=user.user_id,
            channel=channel.value,
            address=address,
            priority=0,
            created_at=clock.at,
            not_before_at=clock.at,
        )
    )
    return ContactCheckId(check.contact_check_id)


def _standing_check(session: Session, user: User, channel: Channel) -> ContactCheck | None:
    """Find the newest code of a channel that was not used yet."""
    statement = (
        select(ContactCheck)
        .where(
            ContactCheck.user_id == user.user_id,
            ContactCheck.channel == channel.value,
            ContactCheck.kind == NotificationKind.CODE.value,
        )
        .order_by(ContactCheck.contact_check_id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    check = session.scalar(statement)
    return None if check is None or check.verified_at is not None else check


def _wrong(session: Session, actor: Actor, check: ContactCheck, *, clock: Clock) -> CodeOutcome:
    session.flush()
    left = MOST_TRIES - check.tries
    after = {"channel": check.channel, "tries": check.tries}
    tag = AuditTag.CONTACT_REFUSED
    audit.record(session, actor, tag, "user", check.user_id, at=clock.at, after=after)
    if left == 0:
        return CodeOutcome("too_late", "That is not the code. Ask for another one.")
    tries = "1 try is" if left == 1 else f"{left} tries are"
    return CodeOutcome("wrong", f"That is not the code: {tries} left.")
