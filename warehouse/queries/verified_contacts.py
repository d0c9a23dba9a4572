"""By which channels a user can be reached: those with a contact that was verified."""

from collections.abc import Collection

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from warehouse.schema.people import User
from warehouse.vocabulary import Channel, UserId

VERIFIED_EMAIL = case((User.email_verified_at.is_not(None), User.email))
VERIFIED_PHONE = case((User.phone_verified_at.is_not(None), User.phone))
"""Null where nobody has shown that it reaches them."""


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
    contacts = select(User.user_id, VERIFIED_EMAIL, VERIFIED_PHONE).where(
        User.user_id.in_(user_ids)
    )
    found: dict[UserId, dict[Channel, str]] = {user_id: {} for user_id in user_ids}
    for user_id, email, phone in session.execute(contacts):
        known = {Channel.EMAIL: email, Channel.SMS: phone}
        found[UserId(user_id)] = {each: address for each, address in known.items() if address}
    return found
