"""Send what nobody acknowledges up its ladder: one sweep, safe from any number of callers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.operations import audit
from warehouse.operations.desk_alerts import raise_desk_alert
from warehouse.queries.policies import get_ladder
from warehouse.queries.responders import Reachable, find_responder, list_responders
from warehouse.rules.escalation_policy import (
    Ladder,
    LadderStep,
    Position,
    addresses,
    due_after,
    is_last,
    position_after,
    step_at,
)
from warehouse.schema.alerting import Alert, Escalation, Notification
from warehouse.vocabulary import (
    SYSTEM,
    AlertId,
    AlertStatus,
    AuditTag,
    Channel,
    FallbackKind,
    NotificationKind,
    Severity,
    StepTarget,
)


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
    step: LadderStep
    recipients: tuple[Reachable, ...]
    is_catch_all: bool
    fallback_kind: FallbackKind | None
    """What this rung, or one passed over for want of people, sets off."""


class _Ladders:
    """The ladders and recipients of one sweep, each read once."""

    def __init__(self, session: Session, at: datetime) -> None:
        self._session, self._at = session, at
        self._ladders: dict[int, Ladder] = {}
        self._recipients: dict[tuple[int, int], tuple[Reachable, ...]] = {}

    def ladder(self, policy_version_id: int) -> Ladder:
        if policy_version_id not in self._ladders:
            self._ladders[policy_version_id] = get_ladder(self._session, policy_version_id)
        return self._ladders[policy_version_id]

    def recipients(self, ladder: Ladder, step: LadderStep) -> tuple[Reachable, ...]:
        key = (ladder.policy_version_id, step.level)
        if key not in self._recipients:
            self._recipients[key] = self._resolve(step)
        return self._recipients[key]

    def catch_all(self, ladder: Ladder) -> tuple[Reachable, ...]:
        found = find_responder(self._session, ladder.catch_all_user_id)
        return (found,) if found else ()

    def _resolve(self, step: LadderStep) -> tuple[Reachable, ...]:
        if step.target is StepTarget.ON_SHIFT and step.role is not None:
            return tuple(list_responders(self._session, step.role, at=self._at))
        found = find_responder(self._session, step.user_id) if step.user_id else None
        return (found,) if found else ()


def escalate_due_alerts(session: Session, *, at: datetime, limit: int = 100) -> EscalationSweep:
    """Move every due alert up one step, with its pages and its audit entry.

    Recipients are who is on shift at `at`. A step that reaches nobody is passed over at once;
    when the last one reaches nobody, the catch-all is paged and an alert about the desk raised.
    Running it again at the same instant changes nothing.

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
    ladders = _Ladders(session, at)
    escalated, queued = [], 0
    for alert in _lock_due(session, at=at, limit=limit):
        ladder = ladders.ladder(alert.policy_version_id)
        landing = _land(ladders, ladder, Position(alert.escalation_level, alert.escalation_loop))
        if landing is None:
            _exhaust(session, alert, at=at)
            continue
        queued += _escalate(session, alert, ladder, landing, at=at)
        escalated.append(
            EscalatedAlert(AlertId(alert.alert_id), landing.position.level, len(landing.recipients))
        )
    session.flush()
    return EscalationSweep(tuple(escalated), queued)


def _lock_due(session: Session, *, at: datetime, limit: int) -> Sequence[Alert]:
    statement = (
        select(Alert)
        .where(Alert.status == AlertStatus.OPEN.value, Alert.next_escalation_at <= at)
        .where(or_(Alert.suppressed_until_at.is_(None), Alert.suppressed_until_at <= at))
        .order_by(Alert.next_escalation_at, Alert.alert_id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).all()


def _land(ladders: _Ladders, ladder: Ladder, start: Position) -> _Landing | None:
    position, kind = position_after(ladder, start), None
    while position is not None:
        step = step_at(ladder, position)
        kind = step.fallback_kind or kind
        recipients = ladders.recipients(ladder, step)
        if recipients:
            return _Landing(position, step, recipients, is_catch_all=False, fallback_kind=kind)
        if is_last(ladder, position):
            rest = ladders.catch_all(ladder)
            return _Landing(position, step, rest, is_catch_all=True, fallback_kind=kind)
        position = position_after(ladder, position)
    return None


def _escalate(
    session: Session, alert: Alert, ladder: Ladder, landing: _Landing, *, at: datetime
) -> int:
    alert.escalation_level = landing.position.level
    alert.escalation_loop = landing.position.loop
    alert.next_escalation_at = due_after(ladder, landing.position, at=at)
    alert.suppressed_until_at = alert.suppressed_reason = None
    _write_escalation(session, alert, landing, at=at)
    queued = _queue_pages(session, alert, landing, at=at)
    if landing.is_catch_all:
        raise_desk_alert(session, alert.policy_version_id, landing.recipients, at=at)
    audit.record(
        session,
        SYSTEM,
        AuditTag.ALERT_ESCALATED,
        "alert",
        alert.alert_id,
        at=at,
        after={
            "level": landing.position.level,
            "loop": landing.position.loop,
            "recipients": [person.display_name for person in landing.recipients],
            "catch_all": landing.is_catch_all,
        },
    )
    return queued


def _write_escalation(session: Session, alert: Alert, landing: _Landing, *, at: datetime) -> None:
    kind = landing.fallback_kind
    session.execute(
        insert(Escalation)
        .values(
            alert_id=alert.alert_id,
            generation=alert.generation,
            loop=landing.position.loop,
            level=landing.position.level,
            policy_version_id=alert.policy_version_id,
            escalated_at=at,
            recipient_count=len(landing.recipients),
            is_catch_all=landing.is_catch_all,
            fallback_kind=kind.value if kind else None,
        )
        .on_conflict_do_nothing()
    )


def _queue_pages(session: Session, alert: Alert, landing: _Landing, *, at: datetime) -> int:
    channels = (Channel.EMAIL,) if landing.is_catch_all else landing.step.channels
    rows = [
        _page(alert, landing, person, channel, address, at)
        for person in landing.recipients
        for channel, address in addresses(channels, email=person.email, phone=person.phone)
    ]
    if not rows:
        return 0
    statement = (
        insert(Notification).on_conflict_do_nothing().returning(Notification.notification_id)
    )
    return len(session.execute(statement, rows).all())


def _page(
    alert: Alert,
    landing: _Landing,
    person: Reachable,
    channel: Channel,
    address: str,
    at: datetime,
) -> dict[str, Any]:
    return {
        "kind": NotificationKind.PAGE.value,
        "alert_id": alert.alert_id,
        "generation": alert.generation,
        "escalation_loop": landing.position.loop,
        "escalation_level": landing.position.level,
        "recipient_user_id": person.user_id,
        "channel": channel.value,
        "address": address,
        "priority": Severity.CRITICAL.rank - Severity(alert.severity).rank,
        "created_at": at,
        "not_before_at": at,
    }


def _exhaust(session: Session, alert: Alert, *, at: datetime) -> None:
    alert.next_escalation_at = None
    audit.record(session, SYSTEM, AuditTag.ALERT_EXHAUSTED, "alert", alert.alert_id, at=at)
