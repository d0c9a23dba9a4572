"""Who can be reached: the users on shift at an instant, and any one user."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from warehouse.queries.verified_contacts import VERIFIED_EMAIL, VERIFIED_PHONE
from warehouse.schema.people import User
from warehouse.schema.shifts import Stand
from warehouse.vocabulary import Role, UserId


@dataclass(frozen=True, slots=True)
class Reachable:
    """A user, and where a notification reaches them: contacts that were verified."""

    user_id: UserId
    display_name: str
    email: str | None
    phone: str | None


_REACHABLE = select(User.user_id, User.display_name, VERIFIED_EMAIL, VERIFIED_PHONE).where(
    User.is_active
)


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
    return [Reachable(UserId(row[0]), *row[1:]) for row in session.execute(statement)]


def find_responder(session: Session, user_id: UserId) -> Reachable | None:
    """Find one active user by id."""
    row = session.execute(_REACHABLE.where(User.user_id == user_id)).one_or_none()
    return Reachable(UserId(row[0]), *row[1:]) if row else None
