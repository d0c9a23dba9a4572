"""A storm at the desk: sweepers, dispatchers and people at the same alerts at the same time."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from threading import Event

from sqlalchemy import insert, select, text

from tests.factories.defaults import STORM_AT
from tests.warehouse.lifecycle import desk as desks
from tests.warehouse.lifecycle.desk import Desk
from tests.warehouse.lifecycle.promises import hold
from warehouse.operations import alerts, escalations, notifications
from warehouse.operations.notifications import Retry, Sent
from warehouse.queries.notifications import ClaimedNotification
from warehouse.schema.alerting import Alert
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, AlertId

SWEEPERS, DISPATCHERS, ACKNOWLEDGERS = 2, 2, 6
SWEEP_BATCH, CLAIM_BATCH = 20, 10
"""Smaller than at the real desk, so that the same alerts are met more often."""

COUNTS = text(
    """
    SELECT
      (SELECT count(*) FROM alerting.alert WHERE status = 'acknowledged') AS acknowledged,
      (SELECT count(*) FROM alerting.notification WHERE kind = 'page') AS pages,
      (SELECT count(*) FROM alerting.notification WHERE status = 'sent') AS sent,
      (SELECT count(*) FROM alerting.notification WHERE status = 'cancelled') AS cancelled,
      (SELECT count(DISTINCT digest_id) FROM alerting.notification) AS digests,
      (SELECT count(DISTINCT notification_id) FROM journal.departure
        JOIN journal.change AS taken ON taken.noun = 'alert'
          AND taken.alert_id = departure.alert_id
        WHERE departure.kind = 'page' AND taken.xid <> departure.xid
          AND taken.before ->> 'status' = 'open' AND taken.after ->> 'status' = 'acknowledged'
          AND pg_visible_in_snapshot(taken.xid, departure.seen)) AS after_acknowledgement
    """
)


@dataclass(frozen=True)
class Storm:
    """What a storm came to."""

    alerts: int
    acknowledged: int
    pages: int
    sent: int
    cancelled: int
    digests: int
    after_acknowledgement: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.alerts:,} alerts, {self.acknowledged:,} acknowledged: {self.pages:,} pages,"
            f" {self.sent:,} sent, {self.cancelled:,} cancelled,"
            f" {self.after_acknowledgement} left after the acknowledgement; {self.seconds:.1f} s"
        )


def weather(
    desk: Desk, alerts: int, *, ladder: str = "short", pace: timedelta = timedelta()
) -> Storm:
    """Let a storm of so many alerts pass over the desk, and hold it to every promise.

    Each claim comes later than the one before by the pace.
    """
    ids = _due_alerts(desk, alerts, ladder)
    began = time.perf_counter()
    turns = count()
    _everybody_at_once(desk, ids, lambda: STORM_AT + next(turns) * pace)
    seconds = time.perf_counter() - began
    with transaction(Access.OWNER) as session:
        counts = session.execute(COUNTS).one()
        hold(session)
    return Storm(alerts=alerts, seconds=seconds, **counts._mapping)


def _due_alerts(desk: Desk, alerts: int, ladder: str) -> list[AlertId]:
    desk.empty()
    desks.publish(desk, ladder, STORM_AT)
    desks.put_on_shift(desk, (0, 1), STORM_AT)
    with transaction(Access.OWNER) as session:
        version = session.scalars(
            select(EscalationPolicyVersion.policy_version_id).order_by(
                EscalationPolicyVersion.policy_version_id.desc()
            )
        ).first()
        rows = [_row(desk, number, version) for number in range(alerts)]
        made = session.scalars(insert(Alert).returning(Alert.alert_id), rows).all()
        session.execute(text(AS_RAISED), {"at": STORM_AT})
    return [AlertId(number) for number in sorted(made)]


AS_RAISED = (
    "INSERT INTO audit.entry (at, actor_username, actor_roles, tag, noun, noun_id, source)"
    " SELECT :at, 'SYSTEM', '', 'alert.raised', 'alert', alert_id, 'pipeline' FROM alerting.alert"
)


def _row(desk: Desk, number: int, policy_version_id: int | None) -> dict[str, object]:
    return {
        "dedup_key": f"v1:storm:{number}",
        "kind": "flight",
        "basis": "reported",
        "flight_id": desk.flights[0],
        "headline": "B6 615 JFK to BOS is cancelled",
        "severity": "high",
        "policy_version_id": policy_version_id,
        "next_escalation_at": STORM_AT,
        "raised_at": STORM_AT,
        "last_seen_at": STORM_AT,
        "travellers_affected": 1,
        "money_at_risk_minor_units": 60_000,
        "currency": "USD",
    }


def _everybody_at_once(desk: Desk, ids: Sequence[AlertId], now: Callable[[], datetime]) -> None:
    all_taken = Event()
    with ThreadPoolExecutor(SWEEPERS + DISPATCHERS + ACKNOWLEDGERS) as pool:
        engine = [pool.submit(_until, all_taken, _sweep) for _ in range(SWEEPERS)]
        for number in range(DISPATCHERS):
            engine.append(pool.submit(_until, all_taken, _dispatcher(f"dispatcher {number}", now)))
        takers = [
            pool.submit(
                _take_each, desk.people[number % len(desk.people)], ids[number::ACKNOWLEDGERS]
            )
            for number in range(ACKNOWLEDGERS)
        ]
        try:
            _end(takers)
        finally:
            all_taken.set()
        _end(engine)


def _end(running: "Sequence[Future[None]]") -> None:
    for each in running:
        each.result()


def _until(over: Event, work: Callable[[], bool]) -> None:
    """Work until it is over and nothing is left to do."""
    while work() or not over.is_set():
        pass


def _sweep() -> bool:
    with transaction(Access.PIPELINE) as session:
        sweep = escalations.escalate_due_alerts(session, at=STORM_AT, limit=SWEEP_BATCH)
    return bool(sweep.escalated)


def _dispatcher(worker: str, now: Callable[[], datetime]) -> Callable[[], bool]:
    def dispatch() -> bool:
        at = now()
        with transaction(Access.PIPELINE) as session:
            letters = notifications.claim_notifications(
                session, worker=worker, at=at, server_at=STORM_AT, limit=CLAIM_BATCH
            )
        for letter in letters:
            _deliver(worker, letter, at)
        return bool(letters)

    return dispatch


def _deliver(worker: str, letter: ClaimedNotification, at: datetime) -> None:
    """Deliver nine of ten; the tenth is refused for now, at its first try."""
    is_refused = letter.notification_id % 10 == 0 and letter.attempt == 1
    with transaction(Access.PIPELINE) as session:
        notifications.record_delivery(
            session,
            notification_id=letter.notification_id,
            attempt=letter.attempt,
            worker=worker,
            at=at,
            outcome=Retry("451 busy") if is_refused else Sent("250 ok"),
        )


def _take_each(actor: Actor, ids: Sequence[AlertId]) -> None:
    for alert_id in ids:
        with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
            alerts.acknowledge_alert(session, actor, alert_id, at=STORM_AT)
