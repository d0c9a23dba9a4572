"""Users with their roles, and the actor each of them is."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT, insert_row, unique_number
from warehouse.rules.wall_time import written
from warehouse.schema.contacts import ContactCheck
from warehouse.schema.people import User, UserRole
from warehouse.schema.shifts import Shift, ShiftAssignment
from warehouse.vocabulary import Actor, Role, Source, TravellerId, UserId


def make_user(session: Session, *, roles: Iterable[Role] = (Role.AGENT,), **overrides: Any) -> User:
    """Insert an active user with a verified e-mail address; an agent unless said otherwise."""
    number = unique_number()
    defaults = {
        "username": f"user{number}",
        "display_name": f"User {number}",
        "email": f"user{number}@desk.example.test",
        "email_verified_at": STORM_AT,
        "created_at": datetime(2013, 1, 1, tzinfo=UTC),
    }
    user = insert_row(session, User, defaults | overrides)
    for role in roles:
        insert_row(session, UserRole, {"user_id": user.user_id, "role": role.value})
    return user


def make_actor(session: Session, *roles: Role, **overrides: Any) -> Actor:
    """Insert a user and give them as the actor who works through the dashboard."""
    held = roles or (Role.AGENT,)
    return actor_of(make_user(session, roles=held, **overrides), *held)


def verify_phone(session: Session, user_id: int, phone: str = "+12025550143") -> None:
    """Give somebody a phone as they would have it who had typed its code in."""
    values = {"user_id": user_id, "kind": "code", "channel": "sms", "address": phone}
    minute = timedelta(minutes=1)
    instants = {"asked_at": STORM_AT, "expires_at": STORM_AT + minute, "verified_at": STORM_AT}
    insert_row(session, ContactCheck, values | instants)
    user = session.get_one(User, user_id)
    user.phone, user.phone_verified_at = phone, STORM_AT
    session.flush()


def actor_of(user: User, *roles: Role) -> Actor:
    """Give the actor that a user in these roles is."""
    return Actor(
        user_id=UserId(user.user_id),
        username=user.username,
        roles=frozenset(roles),
        traveller_id=None if user.traveller_id is None else TravellerId(user.traveller_id),
        source=Source.DASHBOARD,
    )


def make_shift_assignment(session: Session, **overrides: Any) -> ShiftAssignment:
    """Insert a shift of eight hours around the storm morning with one agent in it."""
    values = dict(overrides)
    during = values.setdefault("during", Range(STORM_AT, STORM_AT + timedelta(hours=8)))
    if "user_id" not in values:
        values["user_id"] = make_user(session).user_id
    if "shift_id" not in values:
        values["shift_id"] = make_shift(session, during=during).shift_id
    assigned_at = during.lower - timedelta(days=1)
    defaults = {"role": Role.AGENT.value, "assigned_at": assigned_at}
    return insert_row(session, ShiftAssignment, defaults | values)


def make_shift(session: Session, **overrides: Any) -> Shift:
    """Insert a shift of eight hours that begins on the storm morning."""
    during = overrides.get("during", Range(STORM_AT, STORM_AT + timedelta(hours=8)))
    time_zone = overrides.get("time_zone", "America/New_York")
    defaults = {
        "name": f"Shift {unique_number()}",
        "during": during,
        "starts_local": written(during.lower, time_zone),
        "ends_local": written(during.upper, time_zone),
        "time_zone": time_zone,
    }
    return insert_row(session, Shift, defaults | overrides)
