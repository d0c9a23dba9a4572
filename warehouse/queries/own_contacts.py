"""One's own contacts and quiet hours, as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.queries.clock import Clock
from warehouse.queries.verified_contacts import CONTACTS
from warehouse.rules.contacts import MOST_TRIES
from warehouse.rules.permissions import require
from warehouse.rules.quiet_hours import QuietHours
from warehouse.schema.contacts import ContactCheck
from warehouse.schema.people import User
from warehouse.vocabulary import Actor, Channel, NotificationKind, Permission


@dataclass(frozen=True, slots=True)
class OwnContact:
    """Where one is reached by a channel, and where a code has gone that was not typed in yet."""

    channel: Channel
    address: str | None
    verified_at: datetime | None
    asked_address: str | None
    code_expires_at: datetime | None
    """By the server's clock."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What somebody can change about themselves."""

    contacts: tuple[OwnContact, ...]
    quiet_hours: QuietHours | None
    time_zone: str


def get_own_account(session: Session, actor: Actor, *, clock: Clock) -> OwnAccount:
    """Read one's own contacts and quiet hours.

    Parameters
    ----------
    session:
        Open transaction of the dashboard.
    actor:
        Who asks about themselves. Needs `Permission.KEEP_OWN_CONTACTS`.
    clock:
        The server's instant, which codes run out by.

    Returns
    -------
    :
        E-mail first, then the phone, the chat and the webhook.

    Raises
    ------
    PermissionRefused
        The actor's roles keep no contacts.
    NotFound
        The actor is no user.
    """
    require(actor, Permission.KEEP_OWN_CONTACTS)
    user = session.scalar(select(User).where(User.user_id == actor.user_id))
    if user is None:
        raise NotFound("user", actor.username)
    contacts = tuple(
        OwnContact(
            channel,
            getattr(user, address.key),
            getattr(user, verified_at.key),
            *_asked(session, user, channel, clock),
        )
        for channel, (address, verified_at) in CONTACTS.items()
    )
    return OwnAccount(contacts, _quiet_hours(user), user.time_zone)


def _asked(
    session: Session, user: User, channel: Channel, clock: Clock
) -> tuple[str | None, datetime | None]:
    newest = session.scalar(
        select(ContactCheck)
        .where(ContactCheck.user_id == user.user_id, ContactCheck.channel == channel.value)
        .where(ContactCheck.kind == NotificationKind.CODE.value)
        .order_by(ContactCheck.contact_check_id.desc())
        .limit(1)
    )
    if newest is None or newest.verified_at is not None or newest.tries >= MOST_TRIES:
        return None, None
    is_over = newest.expires_at <= clock.server_at
    return (None, None) if is_over else (newest.address, newest.expires_at)


def _quiet_hours(user: User) -> QuietHours | None:
    if user.quiet_starts_local is None or user.quiet_ends_local is None:
        return None
    return QuietHours(user.quiet_starts_local, user.quiet_ends_local, user.time_zone)
