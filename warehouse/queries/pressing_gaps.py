"""Which gaps of the next day somebody has to be paged for, as the plan stands."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from warehouse.queries.coverage import check_coverage
from warehouse.rules.escalation_policy import Ladder
from warehouse.rules.pressing_gaps import SEEN_AHEAD, HeldShift, PressingGap, pressing_gaps
from warehouse.rules.stretches import Stretch
from warehouse.schema.people import User
from warehouse.schema.shifts import Shift, ShiftAssignment, Stand


def list_pressing_gaps(
    session: Session, ladder: Ladder, *, at: datetime
) -> tuple[PressingGap, ...]:
    """List the gaps that have begun or begin within a day and that no plan means to have.

    Parameters
    ----------
    session:
        Open transaction; what it has changed already counts.
    ladder:
        The ladder in force at this instant.
    at:
        Instant from which to look, UTC.

    Returns
    -------
    :
        One for each matter, the soonest first.
    """
    gaps = check_coverage(session, at=at, ahead=SEEN_AHEAD).gaps
    levels = [step.level for step in ladder.steps if step.role is not None]
    return pressing_gaps(gaps, _list_held(session, at), levels, at=at)


def _list_held(session: Session, at: datetime) -> Iterable[HeldShift]:
    """Read the shifts ahead, each with the stretches in which somebody active holds a place."""
    holder = (
        select(ShiftAssignment.shift_id, Stand.during)
        .join(Stand, Stand.assignment_id == ShiftAssignment.assignment_id)
        .join(User, User.user_id == Stand.user_id)
        .where(User.is_active)
        .subquery()
    )
    rows = session.execute(
        select(
            Shift.shift_id,
            Shift.name,
            func.lower(Shift.during),
            func.upper(Shift.during),
            func.lower(holder.c.during),
            func.upper(holder.c.during),
        )
        .outerjoin(holder, holder.c.shift_id == Shift.shift_id)
        .where(Shift.cancelled_at.is_(None))
        .where(Shift.during.overlaps(literal(Range(at, at + SEEN_AHEAD, bounds="[)"))))
    )
    held: dict[tuple[int, str, Stretch], list[Stretch]] = {}
    for shift_id, name, starts_at, ends_at, since, until in rows:
        stretches = held.setdefault((shift_id, name, (starts_at, ends_at)), [])
        if since is not None:
            stretches.append((since, until))
    return [HeldShift(*shift, tuple(stretches)) for shift, stretches in held.items()]
