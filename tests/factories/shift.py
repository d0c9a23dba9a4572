"""People on shift: drawn and assigned through the operations, and who is there at an instant."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT
from tests.factories.user import make_user
from warehouse.operations.shift_assignments import assign_shift
from warehouse.queries.responders import list_responders
from warehouse.rules.wall_time import Window
from warehouse.vocabulary import SYSTEM, Actor, AssignmentId, Role, UserId

HOUR = timedelta(hours=1)
NEW_YORK = "America/New_York"
PLANNED_AT = STORM_AT - timedelta(days=2)


def hours(start: float, end: float, time_zone: str = NEW_YORK) -> Window:
    """Give the window so many hours after the storm's morning, 06:00 in New York."""
    return Window(STORM_AT + start * HOUR, STORM_AT + end * HOUR, time_zone)


def put_on_shift(
    session: Session,
    window: Window,
    *,
    user_id: UserId | None = None,
    role: Role = Role.AGENT,
    actor: Actor = SYSTEM,
    name: str = "Morning",
    at: datetime = PLANNED_AT,
) -> AssignmentId:
    """Assign somebody, planned two days before the storm; a new user in this role unless given."""
    if user_id is None:
        user_id = UserId(make_user(session, roles=[role]).user_id)
    return assign_shift(session, actor, name=name, window=window, user_id=user_id, role=role, at=at)


def on_shift(session: Session, at: datetime, role: Role = Role.AGENT) -> list[UserId]:
    """Give the ids of who holds a role at an instant."""
    return [person.user_id for person in list_responders(session, role, at=at)]
