"""Whether somebody is to be left alone at an instant."""

from datetime import datetime

from sqlalchemy import exists, literal, select
from sqlalchemy.orm import Session

from warehouse.rules.quiet_hours import QuietHours, quiet_until
from warehouse.schema.people import User
from warehouse.schema.shifts import Stand
from warehouse.vocabulary import UserId


def find_quiet_until(session: Session, user_id: UserId, *, at: datetime) -> datetime | None:
    """Find when the quiet hours end that somebody is in; who is on shift has none.

    Parameters
    ----------
    session:
        Open transaction.
    user_id:
        Who is to be reached.
    at:
        Instant, UTC.

    Returns
    -------
    :
        The end of their quiet hours, UTC; None where a message may leave now.
    """
    on_shift = exists().where(Stand.user_id == user_id, Stand.during.contains(literal(at)))
    person = User.user_id == user_id
    row = session.execute(
        select(User.quiet_starts_local, User.quiet_ends_local, User.time_zone).where(
            person, ~on_shift
        )
    ).one_or_none()
    if row is None or row.quiet_starts_local is None or row.quiet_ends_local is None:
        return None
    hours = QuietHours(row.quiet_starts_local, row.quiet_ends_local, row.time_zone)
    return quiet_until(hours, at=at)
