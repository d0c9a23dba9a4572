"""Whether the shifts of the days ahead cover every step of the ladder in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from warehouse.queries.policies import find_ladder_in_force
from warehouse.queries.verified_contacts import list_verified_channels
from warehouse.rules.coverage import LOOKS_AHEAD, Gap, Person, Presence, gaps_of, needs_of
from warehouse.schema.people import User
from warehouse.schema.shifts import Stand
from warehouse.vocabulary import Role, Severity, UserId


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a look at the days ahead found."""

    starts_at: datetime
    ends_at: datetime
    gaps: tuple[Gap, ...]

    @property
    def is_complete(self) -> bool:
        """Whether somebody is there for every step, all the time."""
        return not self.gaps

    def sentence(self, time_zone: str) -> str:
        """Say in one sentence whether the days ahead are covered."""
        days = (self.ends_at - self.starts_at).days
        if self.is_complete:
            return f"Every step of the ladder reaches somebody for the next {days} days."
        count = len(self.gaps)
        stretches = "1 gap" if count == 1 else f"{count} gaps"
        return f"{stretches} in the next {days} days. First: {self.gaps[0].sentence(time_zone)}"


def check_coverage(session: Session, *, at: datetime, ahead: timedelta = LOOKS_AHEAD) -> Coverage:
    """Look for stretches ahead in which a step of the ladder in force would reach nobody.

    Parameters
    ----------
    session:
        Open transaction; what it has changed already counts.
    at:
        Instant from which to look, UTC.
    ahead:
        How far to look.

    Returns
    -------
    :
        Gaps in order; one over all of it where no policy is in force.
    """
    ends_at = at + ahead
    ladder = find_ladder_in_force(session, at=at)
    if ladder is None:
        missing, remedy = "no escalation policy is in force", "Publish one."
        gap = Gap(1, tuple(Severity), at, ends_at, missing, remedy)
        return Coverage(at, ends_at, (gap,))
    needs = needs_of(ladder)
    presences = _list_presences(session, at, ends_at)
    named = {need.user_id for need in needs if need.user_id is not None}
    people = _list_people(session, named | {each.user_id for each in presences})
    gaps = gaps_of(needs, presences, people, starts_at=at, ends_at=ends_at)
    return Coverage(at, ends_at, gaps)


def _list_presences(session: Session, starts_at: datetime, ends_at: datetime) -> list[Presence]:
    span = literal(Range(starts_at, ends_at, bounds="[)"))
    rows = session.execute(
        select(Stand.user_id, Stand.role, func.lower(Stand.during), func.upper(Stand.during))
        .where(Stand.during.overlaps(span))
        .order_by(Stand.during)
    )
    return [
        Presence(UserId(user_id), Role(role), starts, ends) for user_id, role, starts, ends in rows
    ]


def _list_people(session: Session, user_ids: Iterable[UserId]) -> list[Person]:
    wanted = list(user_ids)
    channels = list_verified_channels(session, wanted)
    rows = session.execute(
        select(User.user_id, User.display_name, User.is_active).where(User.user_id.in_(wanted))
    )
    return [
        Person(UserId(user_id), name, is_active, channels[UserId(user_id)])
        for user_id, name, is_active in rows
    ]
