"""By which channels a user can be reached: those with a contact that was verified."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.schema.people import User
from warehouse.vocabulary import Channel, UserId


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
    verified = select(User.user_id, User.email_verified_at, User.phone_verified_at).where(
        User.user_id.in_(user_ids)
    )
    found: dict[UserId, frozenset[Channel]] = dict.fromkeys(user_ids, frozenset())
    for user_id, email_verified_at, phone_verified_at in session.execute(verified):
        when = {Channel.EMAIL: email_verified_at, Channel.SMS: phone_verified_at}
        found[UserId(user_id)] = frozenset(channel for channel, at in when.items() if at)
    return found
