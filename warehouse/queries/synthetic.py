"""How the synthetic alerts went: the engine's own record of how soon a page is delivered."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.queries.clock import read_clock
from warehouse.rules.permissions import require
from warehouse.rules.synthetic import Trip
from warehouse.vocabulary import Actor, Permission

DAY = timedelta(days=1)
_TRIPS = text(
    """
    SELECT alert.raised_at, min(escalation.escalated_at) AS escalated_at,
      min(notification.sent_at) AS sent_at
    FROM alerting.alert
    LEFT JOIN alerting.escalation USING (alert_id)
    LEFT JOIN alerting.notification ON notification.alert_id = alert.alert_id
    WHERE alert.kind = 'synthetic' AND alert.raised_at > :since
    GROUP BY alert.alert_id, alert.raised_at
    ORDER BY alert.raised_at
    """
)


def list_trips(session: Session, actor: Actor, *, within: timedelta = DAY) -> list[Trip]:
    """List how the synthetic alerts of the last hours went, the oldest first.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who looks. Needs `Permission.SEE_PIPELINE`.
    within:
        How far back, by the server's clock.

    Returns
    -------
    :
        Seconds are the server's: those of a replay are divided by the speed it runs at now.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see the pipeline.
    """
    require(actor, Permission.SEE_PIPELINE)
    clock = read_clock(session)
    speed = clock.speed or 1.0
    rows = session.execute(_TRIPS, {"since": clock.at - within * speed})
    return [
        Trip(
            row.raised_at,
            _seconds(row.raised_at, row.escalated_at, speed),
            _seconds(row.raised_at, row.sent_at, speed),
        )
        for row in rows
    ]


def _seconds(since: datetime, until: datetime | None, speed: float) -> float | None:
    return None if until is None else (until - since).total_seconds() / speed
