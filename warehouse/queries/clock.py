"""What time it is for the desk: the database's clock, or the replay's where there is one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_READ_CLOCK = text(
    """
    SELECT clock_timestamp() AS server_at, profile.is_replay, clock.anchor_at, clock.speed,
      clock.anchor_at + (clock_timestamp() - clock.set_at) * clock.speed::float8 AS replayed_at
    FROM (SELECT) AS always
    LEFT JOIN engine.database_profile AS profile ON true
    LEFT JOIN engine.replay_clock AS clock ON true
    """
)


@dataclass(frozen=True, slots=True)
class Clock:
    """The desk's instant, and whether it is replayed and how fast."""

    at: datetime
    server_at: datetime
    is_replay: bool
    speed: float


def read_clock(session: Session) -> Clock:
    """Read the desk's clock once; all hosts agree, since it is the database's.

    Parameters
    ----------
    session:
        Any open transaction.

    Returns
    -------
    :
        The instant in UTC; a replay database without a running clock is at the server's instant.
    """
    row = session.execute(_READ_CLOCK).one()
    replaying = row.replayed_at is not None
    return Clock(
        at=row.replayed_at if replaying else row.server_at,
        server_at=row.server_at,
        is_replay=bool(row.is_replay),
        speed=float(row.speed) if replaying else 1.0,
    )


def current_instant(session: Session) -> datetime:
    """Give the desk's instant in UTC: the only "now" of pipelines, sensors and dashboard."""
    return read_clock(session).at
