"""The engine's pulse, read in a time that does not grow with what is stored."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.queries.clock import Clock, read_clock
from warehouse.queries.engine import list_heartbeats
from warehouse.queries.policies import find_ladder_in_force
from warehouse.queries.responders import find_responder
from warehouse.rules.engine_watch import Beat, Lateness, Pulse, list_late
from warehouse.vocabulary import Channel

DRIVEN = (
    *("escalation_due", "sweeps_due", "fallback_due"),
    *("bookings_due", "notifications_due", "history_unsealed", "coverage_due"),
    "synthetic_due",
)
"""Parts that Dagster ticks on any desk: where all are silent, its daemon or code server is down."""
REPLAY_DRIVEN = (
    *("replay_hour_reached", "replay_day_reached", "replay_week_over"),
    *("replay_head_due", "replay_cleaning_due"),
)

# Each comes from the first entry of a partial index, messages from the first of each priority. A
# snoozed alert is due when that ends.
_OLDEST = text(
    """
    WITH RECURSIVE first AS (
      (SELECT priority, not_before_at FROM alerting.notification WHERE status = 'pending'
        ORDER BY priority, not_before_at LIMIT 1)
      UNION ALL
      SELECT next.priority, next.not_before_at FROM first, LATERAL (
        SELECT priority, not_before_at FROM alerting.notification
        WHERE status = 'pending' AND priority > first.priority
        ORDER BY priority, not_before_at LIMIT 1
      ) AS next
    )
    SELECT
      (SELECT min(next_escalation_at) FROM alerting.alert WHERE status = 'open')
        AS oldest_escalation_at,
      (SELECT min(not_before_at) FROM first) AS oldest_message_at
    """
)


def read_pulse(session: Session) -> tuple[Pulse, Clock]:
    """Read when each part last ran, and since when the oldest alert and message wait.

    Parameters
    ----------
    session:
        Open transaction that may see every alert: the pipeline's, or on behalf of staff.

    Returns
    -------
    :
        The pulse, and the clock it was read by.
    """
    clock = read_clock(session)
    oldest = session.execute(_OLDEST).one()
    beats = tuple(
        Beat(row.component, row.beat_at, _every(row.every_seconds))
        for row in list_heartbeats(session)
    )
    pulse = Pulse(
        beats=beats,
        oldest_escalation_at=oldest.oldest_escalation_at,
        oldest_message_at=oldest.oldest_message_at,
        at=clock.at,
        server_at=clock.server_at,
        speed=clock.speed,
    )
    return pulse, clock


def _every(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def find_catch_all_address(session: Session, *, at: datetime) -> str | None:
    """Find where the catch-all of the ladder in force reads mail.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        The desk's instant, UTC.

    Returns
    -------
    :
        None where no policy was published yet.
    """
    ladder = find_ladder_in_force(session, at=at)
    catch_all = find_responder(session, ladder.catch_all_user_id) if ladder else None
    return catch_all.contacts.get(Channel.EMAIL) if catch_all else None


def list_engine_lateness(session: Session) -> list[Lateness]:
    """Name what of the engine is late, the worst first; see `rules.engine_watch.list_late`."""
    pulse, clock = read_pulse(session)
    expected = (*DRIVEN, *REPLAY_DRIVEN) if clock.is_replay else DRIVEN
    return list_late(pulse, expected=expected, driving=DRIVEN)
