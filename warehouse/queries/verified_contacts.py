"""By which channels a user can be reached: those with a contact that was verified."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Case, case, select
from sqlalchemy.orm import Session

from warehouse.schema.people import User
from warehouse.vocabulary import Channel, UserId

CONTACTS: Final[Mapping[Channel, tuple[Any, Any]]] = {
    Channel.EMAIL: (User.email, User.email_verified_at),
    Channel.SMS: (User.phone, User.phone_verified_at),
    Channel.CHAT: (User.chat, User.chat_verified_at),
    Channel.WEBHOOK: (User.webhook, User.webhook_verified_at),
}
"""Where a user's contact for a channel is kept, and when it was verified."""

VERIFIED: Final[tuple[Case[Any], ...]] = tuple(
    case((verified_at.is_not(None), address)) for address, verified_at in CONTACTS.values()
)
"""In the order of `CONTACTS`; null where nobody has shown that it reaches them."""


def by_channel(addresses: Sequence[str | None]) -> dict[Channel, str]:
    """Read what `VERIFIED` selected, leaving out the channels without a contact."""
    pairs = zip(CONTACTS, addresses, strict=True)
    return {channel: address for channel, address in pairs if address}


def list_verified_channels(
    session: Session, user_ids: Collection[UserId]
) -> dict[UserId, frozenset[Channel]]:
    """List the channels by which each of these users has a verified contact.

    Parameters
    ----------
    session:
        Open transaction.
    user_ids:
        Users, disabled ones too.

    Returns
    -------
    :
        Every user asked for; empty where no contact is verified.
    """
    found = list_verified_addresses(session, user_ids)
    return {user_id: frozenset(contacts) for user_id, contacts in found.items()}


def list_verified_addresses(
    session: Session, user_ids: Collection[UserId]
) -> dict[UserId, dict[Channel, str]]:
    """List where each of these users can be reached, by channel: their verified contacts.

    Parameters
    ----------
    session:
        Open transaction.
    user_ids:
        Users, disabled ones too.

    Returns
    -------
    :
        Every user asked for; empty where no contact is verified.
    """
    contacts = select(User.user_id, *VERIFIED).where(User.user_id.in_(user_ids))
    found: dict[UserId, dict[Channel, str]] = {user_id: {} for user_id in user_ids}
    for user_id, *addresses in session.execute(contacts):
        found[UserId(user_id)] = by_channel(addresses)
    return found
