"""Say what the database is for, and where its replay stands."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import ClockRefused
from warehouse.operations import audit
from warehouse.schema.engine import DatabaseProfile, ReplayClock
from warehouse.vocabulary import Actor


def found_database(session: Session, *, is_replay: bool, at: datetime) -> None:
    """Write what this database is for; repeating the same changes nothing.

    Parameters
    ----------
    session:
        Transaction of the owner: no other role may write here.
    is_replay:
        Whether a replay clock may ever run here.
    at:
        The server's instant, UTC.

    Raises
    ------
    ClockRefused
        The database was already founded for the other purpose.
    """
    session.execute(
        insert(DatabaseProfile)
        .values(only_row=True, is_replay=is_replay, created_at=at)
        .on_conflict_do_nothing()
    )
    if session.scalar(select(DatabaseProfile.is_replay)) != is_replay:
        kind = "live work" if is_replay else "replay"
        raise ClockRefused(f"This database was founded for {kind} and keeps that purpose.")


def set_replay_clock(
    session: Session, actor: Actor, *, replayed_at: datetime, speed: float
) -> None:
    """Put the replay at an instant and let it run at a speed; 0 stands still.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who moves the time.
    replayed_at:
        Instant the replay is at from now on, UTC.
    speed:
        Replayed seconds per second.

    Raises
    ------
    ClockRefused
        The database was not created for replay.
    """
    if not session.scalar(select(DatabaseProfile.is_replay)):
        raise ClockRefused("This database was not created for replay, so its time is the server's.")
    values = {"anchor_at": replayed_at, "set_at": text("clock_timestamp()"), "speed": speed}
    session.execute(
        insert(ReplayClock)
        .values(only_row=True, is_replay=True, **values)
        .on_conflict_do_update(index_elements=["only_row"], set_=values)
    )
    audit.record(
        session,
        actor,
        AuditTag.CLOCK_SET,
        "replay_clock",
        None,
        at=replayed_at,
        after={"speed": speed},
    )
