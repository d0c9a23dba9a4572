"""Who can be reached: the users on shift at an instant, and any one user."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from warehouse.queries.verified_contacts import VERIFIED, by_channel
from warehouse.schema.people import User
from warehouse.schema.shifts import Stand
from warehouse.vocabulary import Channel, Role, UserId


@dataclass(frozen=True, slots=True)
class Reachable:
    """A user, and where a notification reaches them: contacts that were verified."""

    user_id: UserId
    display_name: str
    contacts: Mapping[Channel, str]


_REACHABLE = select(User.user_id, User.display_name, *VERIFIED).where(User.is_active)


def list_responders(session: Session, role: Role, *, at: datetime) -> list[Reachable]:
    """List who holds a role on shift at an instant: assigned, swapped in or standing in.

    Parameters
    ----------
    session:
        Open transaction.
    role:
        The role they were assigned for the shift.
    at:
        Instant, UTC; a shift's end is exclusive.

    Returns
    -------
    :
        Active users only, in order of user id; empty when nobody is on shift.
    """
    statement = (
        _REACHABLE
        .join(Stand, Stand.user_id == User.user_id)
        .where(Stand.during.contains(literal(at)), Stand.role == role.value)
        .order_by(User.user_id)
    )
    return [_reachable(*row) for row in session.execute(statement)]


def find_responder(session: Session, user_id: UserId) -> Reachable | None:
    """Find one active user by id."""
    row = session.execute(_REACHABLE.where(User.user_id == user_id)).one_or_none()
    return _reachable(*row) if row else None


def _reachable(user_id: int, display_name: str, *addresses: str | None) -> Reachable:
    return Reachable(UserId(user_id), display_name, by_channel(addresses))
