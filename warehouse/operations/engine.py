"""What the engine notes about itself: that it runs, what waits for it, and what it has done."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.schema.engine import Chapter, Heartbeat

_LIMIT_STATEMENTS = text("SELECT set_config('statement_timeout', :milliseconds, true)")


def limit_statements(session: Session, *, seconds: float) -> None:
    """Let no statement of this transaction run longer; a sweep that hangs is worse than a late one.

    Parameters
    ----------
    session:
        Open transaction; the limit ends with it.
    seconds:
        Longest time for one statement.
    """
    session.execute(_LIMIT_STATEMENTS, {"milliseconds": str(round(seconds * 1000))})


def beat(
    session: Session,
    component: str,
    *,
    at: datetime,
    every_seconds: int | None = None,
    oldest_due_at: datetime | None = None,
    waiting_count: int = 0,
) -> None:
    """Note that a part of the engine has just run, and what it left waiting.

    Parameters
    ----------
    session:
        Open transaction.
    component:
        Name of the part, such as "escalation_due".
    at:
        The server's instant, UTC, even in a replay: whether the engine lives is no replayed fact.
    every_seconds:
        How often it should run by itself; None for a part that runs when it is asked.
    oldest_due_at:
        The desk's instant from which the oldest waiting thing has been due.
    waiting_count:
        How many things wait.
    """
    values = {
        "beat_at": at,
        "every_seconds": every_seconds,
        "oldest_due_at": oldest_due_at,
        "waiting_count": waiting_count,
    }
    session.execute(
        insert(Heartbeat)
        .values(component=component, **values)
        .on_conflict_do_update(index_elements=["component"], set_=values)
    )


def finish_chapter(session: Session, job: str, name: str, *, at: datetime) -> None:
    """Note that one step of a long job is done; noting it again changes nothing.

    Parameters
    ----------
    session:
        Transaction of the step itself, so that both stand or neither does.
    job:
        The long job.
    name:
        The step; names of one job sort in their order.
    at:
        The desk's instant, UTC.
    """
    session.execute(insert(Chapter).values(job=job, name=name, done_at=at).on_conflict_do_nothing())
