"""Whether facts flow: feeds beside what is expected of them, what was refused, and the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.queries.clock import Clock
from warehouse.queries.engine import HeartbeatRow, list_heartbeats
from warehouse.queries.engine_watch import REPLAY_DRIVEN
from warehouse.queries.feeds import (
    BatchRow,
    FeedFreshness,
    QuarantineReason,
    QuarantineRow,
    count_quarantine,
    list_batches,
    list_feed_freshness,
    list_quarantine,
)
from warehouse.rules.engine_watch import is_silent
from warehouse.rules.permissions import require
from warehouse.vocabulary import Actor, Permission

HOUR, DAY, GRACE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=30)
"""Grace, since an hour's facts are brought in once it is over, which takes a while."""
HOURLY_FEEDS = ("flight_report", "weather_observation", "weather_forecast", "booking", "room_night")
CONNECTED_FEEDS = ("weather_bulletin", "booking_segment")
"""As they come: from connected providers, and segments from files too."""
STANDING_FEEDS = ("flight", "airport", "carrier", "hotel", "traveller")
"""Loaded once and again when they change; a live desk asks for its schedule every day."""
REPLAY_COMPONENT = "replay_hour_reached"
REPLAY_COMPONENTS = REPLAY_DRIVEN
"""What a live desk has conditions and a schedule for."""
ENGINE: Mapping[str, tuple[AuditTag, ...]] = {
    "escalation_due": (AuditTag.ALERT_ESCALATED, AuditTag.ALERT_EXHAUSTED),
    "sweeps_due": (AuditTag.ALERT_CLOSED, AuditTag.ALERT_REOPENED, AuditTag.FALLBACK_EXPIRED),
    "fallback_due": (
        AuditTag.FALLBACK_PROPOSED,
        AuditTag.FALLBACK_HELD,
        AuditTag.FALLBACK_BOOKED,
        AuditTag.FALLBACK_FAILED,
    ),
    "bookings_due": (AuditTag.FALLBACK_BOOKED, AuditTag.FALLBACK_FAILED),
    "notifications_due": (
        *(AuditTag.NOTIFICATION_SENT, AuditTag.NOTIFICATION_RETRIED),
        AuditTag.NOTIFICATION_DIED,
    ),
    "history_unsealed": (AuditTag.HISTORY_SEALED,),
    **dict.fromkeys(("coverage_due", "synthetic_due"), ()),
    REPLAY_COMPONENT: (AuditTag.FEED_LOADED, AuditTag.PREDICTIONS_STORED, AuditTag.ALERT_RAISED),
    "replay_day_reached": (AuditTag.CHAMPION_ROLLED_BACK,),
    "replay_week_over": (AuditTag.RELEASE_PUBLISHED,),
    "replay_head_due": (AuditTag.AUDIT_EXPORTED,),
    "replay_cleaning_due": (AuditTag.HISTORY_CLEANED,),
}
"""The parts that should tick, and by which entries of the history one sees what each did."""


class FeedCondition(StrEnum):
    """How a feed stands to what is expected of it."""

    FRESH = "fresh"
    LATE = "late"
    NEVER = "never"
    LOADED = "loaded"
    """It has delivered, and nothing says when it should again."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """One feed: what it brought, how long ago, and how often it should bring something."""

    feed: str
    every: timedelta | None
    freshness: FeedFreshness | None
    age: timedelta | None

    @property
    def condition(self) -> FeedCondition:
        """Judge the age by the interval."""
        if self.age is None:
            return FeedCondition.NEVER
        if self.every is None:
            return FeedCondition.LOADED
        return FeedCondition.LATE if self.age > self.every + GRACE else FeedCondition.FRESH


@dataclass(frozen=True, slots=True)
class ComponentState:
    """One part of the engine: when it last ran by the server's clock, and what it last did."""

    component: str
    beat_at: datetime | None
    age: timedelta | None
    every: timedelta | None
    waiting_count: int
    oldest_due_at: datetime | None
    last_tag: AuditTag | None
    last_done_at: datetime | None

    @property
    def is_overdue(self) -> bool:
        """Whether it has been silent for too long, or always."""
        return self.age is None or (self.every is not None and is_silent(self.age, self.every))


def list_feeds(session: Session, actor: Actor, *, clock: Clock) -> list[FeedState]:
    """List the feeds that are expected, and any other that ever delivered.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who asks. Needs `Permission.SEE_PIPELINE`.
    clock:
        The desk's clock: ages are counted up to its instant.

    Returns
    -------
    :
        Hourly feeds first, then the standing ones, then others by name.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see the pipeline.
    """
    require(actor, Permission.SEE_PIPELINE)
    delivered = {row.feed: row for row in list_feed_freshness(session)}
    expected = (*HOURLY_FEEDS, *STANDING_FEEDS)
    names = [*expected, *sorted(delivered.keys() - set(expected))]
    return [_feed_state(name, delivered.get(name), clock) for name in names]


def _feed_state(feed: str, freshness: FeedFreshness | None, clock: Clock) -> FeedState:
    age = clock.at - freshness.last_received_at if freshness else None
    return FeedState(feed, _interval_of(feed, clock), freshness, age)


def _interval_of(feed: str, clock: Clock) -> timedelta | None:
    if feed in HOURLY_FEEDS:
        return HOUR
    # A replay has the whole year's schedule from the start.
    return DAY if feed == "flight" and not clock.is_replay else None


def list_deliveries(session: Session, actor: Actor, feed: str, *, limit: int) -> list[BatchRow]:
    """List a feed's newest deliveries; needs `Permission.SEE_PIPELINE`."""
    require(actor, Permission.SEE_PIPELINE)
    return list_batches(session, feed=feed, limit=limit)


def count_refused(session: Session, actor: Actor) -> list[QuarantineReason]:
    """Count the refused rows that wait, by feed, column and reason.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who asks. Needs `Permission.SEE_PIPELINE` and `Permission.SEE_PERSONAL_DATA`: a reason
        may quote what it refuses, and Postgres hides the rows from everybody else.

    Returns
    -------
    :
        The commonest first.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see the pipeline, or not people.
    """
    _require_rows(actor)
    return count_quarantine(session)


def list_refused(
    session: Session,
    actor: Actor,
    *,
    feed: str | None,
    reason: QuarantineReason | None,
    limit: int,
    older_than: int | None = None,
) -> list[QuarantineRow]:
    """List a page of the refused rows that wait, newest first.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who asks. Needs `Permission.SEE_PIPELINE` and `Permission.SEE_PERSONAL_DATA`.
    feed:
        Of this feed only; None for all.
    reason:
        For this one's column and reason only, in any feed; None for any.
    limit:
        Size of the page.
    older_than:
        Id of the last row of the page before.

    Returns
    -------
    :
        At most `limit` rows with their text.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see the pipeline, or not people.
    """
    _require_rows(actor)
    return list_quarantine(
        session,
        feed=feed,
        column_name=reason.column_name if reason else None,
        reason=reason.reason if reason else None,
        limit=limit,
        older_than=older_than,
    )


def _require_rows(actor: Actor) -> None:
    require(actor, Permission.SEE_PIPELINE)
    require(actor, Permission.SEE_PERSONAL_DATA)


def list_components(session: Session, actor: Actor, *, clock: Clock) -> list[ComponentState]:
    """List the parts of the engine that should tick, and any other that ever did.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who asks. Needs `Permission.SEE_PIPELINE`.
    clock:
        The desk's clock: beats are told by its server's instant, also in a replay.

    Returns
    -------
    :
        In the order of `ENGINE`, then others by name.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see the pipeline.
    """
    require(actor, Permission.SEE_PIPELINE)
    beats = {row.component: row for row in list_heartbeats(session)}
    expected = [name for name in ENGINE if clock.is_replay or name not in REPLAY_COMPONENTS]
    acts = _list_last_acts(session)
    names = [*expected, *sorted(beats.keys() - set(expected))]
    return [_component_state(name, beats.get(name), acts, clock) for name in names]


def _component_state(
    name: str, beat: HeartbeatRow | None, acts: Mapping[AuditTag, datetime], clock: Clock
) -> ComponentState:
    done = [(acts[tag], tag) for tag in ENGINE.get(name, ()) if tag in acts]
    last_done_at, last_tag = max(done, default=(None, None))
    return ComponentState(
        component=name,
        beat_at=beat.beat_at if beat else None,
        age=clock.server_at - beat.beat_at if beat else None,
        every=timedelta(seconds=beat.every_seconds) if beat and beat.every_seconds else None,
        waiting_count=beat.waiting_count if beat else 0,
        oldest_due_at=beat.oldest_due_at if beat else None,
        last_tag=last_tag,
        last_done_at=last_done_at,
    )


_LAST_ACTS = text(
    """
    SELECT wanted.tag, newest.at
    FROM unnest(CAST(:tags AS text[])) AS wanted(tag), LATERAL (
      SELECT at FROM audit.entry WHERE tag = wanted.tag AND actor_username = 'SYSTEM'
      ORDER BY entry_id DESC LIMIT 1
    ) AS newest
    UNION ALL
    SELECT :sealed, max(sealed_at) FROM audit.seal HAVING count(*) > 0
    """
)


def _list_last_acts(session: Session) -> dict[AuditTag, datetime]:
    """Give the newest act of each kind; seals have a table of their own."""
    tags = [tag.value for of_component in ENGINE.values() for tag in of_component]
    values = {"tags": tags, "sealed": AuditTag.HISTORY_SEALED.value}
    return {AuditTag(row.tag): row.at for row in session.execute(_LAST_ACTS, values)}
