"""Send what nobody acknowledges up its ladder: one sweep, safe from any number of callers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, literal, or_, select, text, update
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.desk_alerts import raise_desk_alert
from warehouse.operations.escalation_moves import Move, Page, make_moves
from warehouse.operations.ladders import Ladders
from warehouse.queries.responders import Reachable
from warehouse.rules.escalation_policy import (
    Ladder,
    Position,
    due_after,
    is_last,
    position_after,
    step_at,
)
from warehouse.rules.other_channels import CATCH_ALL_CHANNEL
from warehouse.schema.alerting import Alert
from warehouse.vocabulary import (
    SYSTEM,
    AlertId,
    AlertKind,
    AlertStatus,
    Channel,
    FallbackKind,
    Severity,
)

# With a limit Postgres expects a tenth of a large table, compiles and scans: 325 ms instead of 3.
_BY_INDEX = text("SELECT set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true)")
_AS_BEFORE = text("SELECT set_config('enable_seqscan', 'on', true)")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where on a version of a policy's ladder an alert stands, and what is particular about it."""

    policy_version_id: int
    position: Position
    was_suppressed: bool
    is_synthetic: bool
    is_critical: bool


@dataclass(frozen=True, slots=True)
class EscalatedAlert:
    """One alert that went up a step, and how many people that reached."""

    alert_id: AlertId
    level: int
    recipient_count: int


@dataclass(frozen=True, slots=True)
class EscalationSweep:
    """What one sweep did."""

    escalated: tuple[EscalatedAlert, ...]
    queued: int


@dataclass(frozen=True, slots=True)
class _Landing:
    """The rung an alert comes to rest on: the first with somebody there, else the catch-all."""

    position: Position
    recipients: tuple[Reachable, ...]
    pages: tuple[Page, ...]
    """Of this rung, and of those passed over whose people are to be left alone: these wait."""
    is_catch_all: bool
    fallback_kind: FallbackKind | None
    """What this rung, or one passed over for want of people, sets off."""


def escalate_due_alerts(session: Session, *, at: datetime, limit: int = 100) -> EscalationSweep:
    """Move every due alert up one step, with its pages and its audit entry.

    Recipients are who is on shift at `at` and can be reached by one of the step's channels. Whoever
    is reached off shift may be in their quiet hours: what is not critical then waits until these
    end, and they count as not reached. A step that reaches nobody is passed over at once; when the
    last one reaches nobody, the catch-all is paged and an alert about the desk raised. One that was
    put off at the end of its ladder begins it anew. Rules decide once per place on a ladder; what
    follows is written for all alerts there at once. Running it again at the same instant changes
    nothing.

    Parameters
    ----------
    session:
        Open transaction; rows another caller holds are skipped.
    at:
        Instant, UTC.
    limit:
        How many alerts to move at most.

    Returns
    -------
    :
        The alerts that moved, and how many notifications were queued.
    """
    ladders = Ladders(session, at)
    due = _lock_due(session, at=at, limit=limit)
    landings = {place: _land(ladders, place) for place in set(due.values())}
    moves = [
        _move_of(ladders.ladder(place.policy_version_id), place, landing, at=at)
        for place, landing in landings.items()
        if landing is not None
    ]
    moved = make_moves(session, [*due], moves, at=at)
    _tell_of_absence(session, landings.items(), at=at)
    _exhaust(session, [alert for alert, place in due.items() if landings[place] is None], at=at)
    return EscalationSweep(
        tuple(EscalatedAlert(AlertId(m.alert_id), m.level, m.recipient_count) for m in moved),
        moved[0].queued if moved else 0,
    )


def _lock_due(session: Session, *, at: datetime, limit: int) -> dict[int, _Place]:
    """Lock what is due, longest due first, and say where on its ladder each alert stands."""
    statement = (
        select(
            Alert.alert_id,
            Alert.policy_version_id,
            Alert.escalation_level,
            Alert.escalation_loop,
            Alert.suppressed_until_at.is_not(None).label("was_suppressed"),
            (Alert.kind == AlertKind.SYNTHETIC.value).label("is_synthetic"),
            (Alert.severity == Severity.CRITICAL.value).label("is_critical"),
        )
        .where(Alert.status == AlertStatus.OPEN.value, Alert.next_escalation_at <= at)
        .where(or_(Alert.suppressed_until_at.is_(None), Alert.suppressed_until_at <= at))
        .order_by(Alert.next_escalation_at, Alert.alert_id)
        .limit(literal(limit, literal_execute=True))
        .with_for_update(key_share=True, skip_locked=True)
    )
    session.execute(_BY_INDEX)
    due = session.execute(statement).all()
    session.execute(_AS_BEFORE)
    return {row.alert_id: _place(row) for row in due}


def _place(row: Row[*tuple[Any, ...]]) -> _Place:
    position = Position(row.escalation_level, row.escalation_loop)
    return _Place(
        row.policy_version_id,
        position,
        row.was_suppressed,
        row.is_synthetic,
        row.is_critical,
    )


def _begins_anew(ladder: Ladder, place: _Place) -> bool:
    return place.was_suppressed and position_after(ladder, place.position) is None


def _land(ladders: Ladders, place: _Place) -> _Landing | None:
    ladder = ladders.ladder(place.policy_version_id)
    start = Position(0, 0) if _begins_anew(ladder, place) else place.position
    position, kind = position_after(ladder, start), None
    waiting: list[Page] = []
    while position is not None:
        step = step_at(ladder, position)
        kind = step.fallback_kind or kind
        recipients = ladders.recipients(ladder, step)
        pages = tuple(
            ladders.pages(position, step.channels, recipients, is_critical=place.is_critical)
        )
        if any(page.not_before_at <= ladders.at for page in pages):
            return _Landing(
                position, recipients, (*waiting, *pages), is_catch_all=False, fallback_kind=kind
            )
        waiting += pages
        if is_last(ladder, position):
            rest = ladders.catch_all(ladder)
            pages = tuple(
                ladders.pages(position, (CATCH_ALL_CHANNEL,), rest, is_critical=place.is_critical)
            )
            return _Landing(
                position, rest, (*waiting, *pages), is_catch_all=True, fallback_kind=kind
            )
        position = position_after(ladder, position)
    return None


def _move_of(ladder: Ladder, place: _Place, landing: _Landing, *, at: datetime) -> Move:
    move = _move(ladder, place, landing, at=at)
    if not place.is_synthetic:
        return move
    # Who is there was looked up as for any other; the page itself is for nobody.
    sink = Channel.SINK.value
    page = Page(
        user_id=ladder.catch_all_user_id,
        channel=sink,
        address=sink,
        level=move.level,
        loop=move.loop,
        not_before_at=at,
    )
    return replace(move, pages=(page,), fallback_kind=None, next_escalation_at=None)


def _move(ladder: Ladder, place: _Place, landing: _Landing, *, at: datetime) -> Move:
    return Move(
        policy_version_id=ladder.policy_version_id,
        from_level=place.position.level,
        from_loop=place.position.loop,
        was_suppressed=place.was_suppressed,
        is_synthetic=place.is_synthetic,
        is_critical=place.is_critical,
        begins_anew=_begins_anew(ladder, place),
        level=landing.position.level,
        loop=landing.position.loop,
        next_escalation_at=due_after(ladder, landing.position, at=at),
        is_catch_all=landing.is_catch_all,
        fallback_kind=landing.fallback_kind.value if landing.fallback_kind else None,
        recipients=tuple(person.display_name for person in landing.recipients),
        pages=landing.pages,
    )


def _tell_of_absence(
    session: Session, landings: Iterable[tuple[_Place, _Landing | None]], *, at: datetime
) -> None:
    """Raise the alert about the desk where nobody was found on a ladder."""
    for place, landing in landings:
        if landing is not None and landing.is_catch_all and not place.is_synthetic:
            raise_desk_alert(session, place.policy_version_id, landing.recipients, at=at)


def _exhaust(session: Session, alert_ids: Sequence[int], *, at: datetime) -> None:
    if not alert_ids:
        return
    session.execute(
        update(Alert)
        .where(Alert.alert_id.in_(alert_ids))
        .values(next_escalation_at=None)
        .execution_options(synchronize_session=False)
    )
    changes = [(alert_id, None, None) for alert_id in alert_ids]
    audit.record_many(session, SYSTEM, AuditTag.ALERT_EXHAUSTED, "alert", changes, at=at)
