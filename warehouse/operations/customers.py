"""Give a traveller an account of their own, so that they see their trips and answer offers."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.operations.people import add_user
from warehouse.queries.people import find_actor
from warehouse.schema.people import User
from warehouse.schema.travel import Traveller
from warehouse.vocabulary import Actor, Role, Source, TravellerId


def ensure_customer(
    session: Session,
    actor: Actor,
    traveller_id: TravellerId,
    *,
    at: datetime,
    source: Source = Source.PIPELINE,
) -> Actor:
    """Find the account of a traveller, or open one without a password.

    Parameters
    ----------
    session:
        Open transaction of the owner.
    actor:
        Who opens it. Needs `Permission.ADMINISTER`.
    traveller_id:
        Whose account.
    at:
        Instant, UTC.
    source:
        Through which door the customer will act.

    Returns
    -------
    :
        The customer as an actor.

    Raises
    ------
    NotFound
        No traveller has this id, or nobody knows where to write to them.
    """
    traveller = session.get(Traveller, traveller_id)
    if traveller is None:
        raise NotFound("traveller", traveller_id)
    if traveller.email is None:
        raise NotFound("e-mail address of traveller", traveller_id)
    username = session.scalar(select(User.username).where(User.traveller_id == traveller_id))
    if username is None:
        username = traveller.traveller_ref.lower()
        add_user(
            session,
            actor,
            username=username,
            display_name=f"{traveller.given_name} {traveller.family_name}",
            email=traveller.email,
            roles={Role.CUSTOMER},
            password_hash=None,
            traveller_id=traveller_id,
            at=at,
        )
    customer = find_actor(session, username, source=source)
    if customer is None:
        raise NotFound("active account of traveller", traveller_id)
    return customer
