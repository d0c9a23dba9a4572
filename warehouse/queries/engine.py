"""How far the engine has come, and when each part of it last ran."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from warehouse.schema.engine import Chapter, Heartbeat

_IDENTITY = text(
    """
    SELECT datname || '#' || oid || coalesce('@' || extract(epoch FROM
      (SELECT created_at FROM engine.database_profile)), '')
    FROM pg_database WHERE datname = current_database()
    """
)


@dataclass(frozen=True, slots=True)
class HeartbeatRow:
    """When one part of the engine last ran, and what it left waiting."""

    component: str
    beat_at: datetime
    every_seconds: int | None
    oldest_due_at: datetime | None
    waiting_count: int


def database_identity(session: Session) -> str:
    """Tell this database from one that was dropped and founded again under its name."""
    return str(session.scalar(_IDENTITY))


def find_latest_chapter(session: Session, job: str) -> str | None:
    """Find the last step of a long job that is done, by name.

    Parameters
    ----------
    session:
        Open transaction.
    job:
        The long job.

    Returns
    -------
    :
        None before the first step.
    """
    return session.scalar(select(func.max(Chapter.name)).where(Chapter.job == job))


def has_chapter(session: Session, job: str, name: str) -> bool:
    """Tell whether a step of a long job is done."""
    found = select(Chapter.name).where(Chapter.job == job, Chapter.name == name)
    return session.scalar(found) is not None


def list_chapters(session: Session, job: str) -> frozenset[str]:
    """Name every step of a long job that is done."""
    return frozenset(session.scalars(select(Chapter.name).where(Chapter.job == job)))


def list_heartbeats(session: Session) -> list[HeartbeatRow]:
    """List the parts of the engine that ever ran, by name.

    Parameters
    ----------
    session:
        Open transaction.

    Returns
    -------
    :
        `beat_at` is the server's instant, also in a replay.
    """
    statement = select(
        Heartbeat.component,
        Heartbeat.beat_at,
        Heartbeat.every_seconds,
        Heartbeat.oldest_due_at,
        Heartbeat.waiting_count,
    ).order_by(Heartbeat.component)
    return [HeartbeatRow(**row._mapping) for row in session.execute(statement)]
