"""What only happens when several act at once: crowds, and pairs of acts interleaved."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Event
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT
from tests.warehouse.lifecycle import desk as desks
from tests.warehouse.lifecycle.desk import Desk, fact
from tests.warehouse.lifecycle.promises import PromiseBroken, hold
from warehouse.errors import TransitionRefused
from warehouse.operations import (
    alert_suppression,
    alert_sweeps,
    alerts,
    escalations,
    notifications,
    raising,
)
from warehouse.operations.notifications import Retry, Sent
from warehouse.schema.alerting import Alert, Notification
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, NotificationId, NotificationStatus

MINUTE = timedelta(minutes=1)
LATE = STORM_AT + 300 * MINUTE
"""By then an acknowledgement of any severity has lapsed, and every next step is due."""

PATIENCE_S = 20.0
Act = Callable[[Session], object]


def promises_hold() -> None:
    """Look for broken promises over everything in the record."""
    with transaction(Access.OWNER) as session:
        hold(session)


def require(number: int, words: str, holds: bool) -> None:
    """Refuse what breaks a promise that a query over the rows cannot see."""
    if not holds:
        raise PromiseBroken(f"{number}: {words}")


def raise_alerts(desk: Desk) -> None:
    """Have one alert about each flight, reported and due at once."""
    candidates = [fact(flight_id, None) for flight_id in desk.flights]
    with transaction(Access.PIPELINE) as session:
        raising.raise_flight_alerts(session, SYSTEM, candidates, at=STORM_AT)


def begin(desk: Desk) -> None:
    """Start with one fresh alert about each flight, and nobody on shift."""
    desk.empty()
    desks.publish(desk, "short", STORM_AT - MINUTE)
    raise_alerts(desk)


def escalate(at: Any = STORM_AT) -> Act:
    return lambda session: escalations.escalate_due_alerts(session, at=at)


def claim(at: Any = STORM_AT, worker: str = "ada") -> Act:
    return lambda session: notifications.claim_notifications(
        session, worker=worker, at=at, server_at=at
    )


def settle(act: Act) -> None:
    """Run an act to its end."""
    with transaction(Access.PIPELINE) as session:
        act(session)


# Many at once.


def a_crowd_acknowledges(desk: Desk, people: int = 32) -> None:
    """Everybody takes each alert at the same moment: one has it, the others saw it."""
    begin(desk)
    settle(escalate())
    crowd = [desk.people[n % len(desk.people)] for n in range(people)]

    def take(number: int) -> list[str]:
        actor, key = crowd[number], f"click {number // 2}"
        return [_take(actor, slot, key, desk) for slot in range(len(desk.flights))]

    with ThreadPoolExecutor(people) as pool:
        results = list(pool.map(take, range(people)))
    promises_hold()
    for of_one_alert in zip(*results, strict=True):
        require(3, "of a crowd exactly one has it", of_one_alert.count("applied") == 1)


def _take(actor: Actor, slot: int, key: str, desk: Desk) -> str:
    alert_id = desks.latest_id(desk.flights[slot])
    assert alert_id is not None
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        # Each key is clicked twice, at the same moment.
        named = f"{key} on {alert_id}"
        act = alerts.acknowledge_alert
        return act(session, actor, alert_id, at=STORM_AT, idempotency_key=named).result


def a_crowd_raises(desk: Desk, writers: int = 16, rounds: int = 5) -> None:
    """The same facts come from everywhere at once, again and again: one alert each."""
    desk.empty()
    desks.publish(desk, "short", STORM_AT - MINUTE)
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(lambda _: raise_alerts(desk), range(writers * rounds)))
    promises_hold()
    with transaction(Access.OWNER) as session:
        counted = session.execute(select(func.count(), func.sum(Alert.occurrences))).one()
    told = (len(desk.flights), len(desk.flights) * writers * rounds)
    require(1, "one alert per flight, which counts how often it was said", tuple(counted) == told)


# Two at once, the first not yet committed when the second begins.


def acts(desk: Desk) -> dict[str, Act]:
    """Give what may happen to one alert that was escalated and whose page is being sent."""
    flight, mara = desk.flights[0], desk.agents[0]
    alert_id = desks.latest_id(flight)
    named = {"at": LATE}
    return {
        "acknowledge": lambda s: alerts.acknowledge_alert(s, mara, alert_id, **named),
        "release": lambda s: alerts.release_alert(s, mara, alert_id, **named),
        "resolve": lambda s: alerts.resolve_alert(s, mara, alert_id, **named),
        "suppress": lambda s: alert_suppression.suppress_alert(
            s, mara, alert_id, **named, until_at=LATE + 60 * MINUTE, reason="it can wait"
        ),
        "escalate": escalate(LATE),
        "lapse": lambda s: alert_sweeps.reopen_overdue_acknowledgements(s, **named),
        "claim": claim(STORM_AT, "bob"),
        "refused for now": lambda s: _refused_for_now(s),
        "worse": lambda s: raising.raise_flight_alerts(s, SYSTEM, [fact(flight, None)], **named),
    }


def _refused_for_now(session: Session) -> None:
    sending = session.scalars(
        select(Notification.notification_id).where(
            Notification.status == NotificationStatus.SENDING.value,
            Notification.lease_owner == "ada",
        )
    ).all()
    for number in sending:
        notifications.record_delivery(
            session,
            notification_id=NotificationId(number),
            attempt=1,
            worker="ada",
            at=STORM_AT,
            outcome=Retry("451 busy"),
        )


def two_at_once(desk: Desk, first: str, second: str, *, taken: bool) -> None:
    """Let the second act begin when the first has done all but commit."""
    one_page_on_its_way(desk, taken=taken)
    now = acts(desk)
    with ThreadPoolExecutor(1) as pool:
        with transaction(Access.PIPELINE) as session:
            allowing_refusal(now[first])(session)
            running = pool.submit(settle, allowing_refusal(now[second]))
            _wait_until_blocked_or_done(running)
        running.result(PATIENCE_S)
    promises_hold()


def one_page_on_its_way(desk: Desk, *, taken: bool) -> None:
    """One alert, escalated by two letters: one is being sent, the other waits; taken or open."""
    desk.empty()
    desks.publish(desk, "tall", STORM_AT - MINUTE)
    settle(
        lambda s: raising.raise_flight_alerts(s, SYSTEM, [fact(desk.flights[0], 0.2)], at=STORM_AT)
    )
    desks.put_on_shift(desk, (0, 1), at=STORM_AT)
    settle(escalate())
    settle(
        lambda s: notifications.claim_notifications(
            s, worker="ada", at=STORM_AT, server_at=LATE, limit=1
        )
    )
    if taken:
        ben, alert_id = desk.agents[1], desks.latest_id(desk.flights[0])
        settle(lambda s: alerts.acknowledge_alert(s, ben, alert_id, at=STORM_AT))


def allowing_refusal(act: Act) -> Act:
    """Let an act be refused where the alert stands elsewhere by now; that changes nothing."""

    def attempt(session: Session) -> None:
        with suppress(TransitionRefused):
            act(session)

    return attempt


BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def _wait_until_blocked_or_done(running: "Future[None]") -> None:
    paused = Event()
    while not running.done():
        with transaction(Access.OWNER) as session:
            if session.execute(BLOCKED).scalar_one():
                return
        paused.wait(0.002)


def a_sweep_waits_for_nobody(desk: Desk) -> None:
    """An alert that somebody has in hand is passed over, and the others go up."""
    begin(desk)
    one = desks.latest_id(desk.flights[0])
    with transaction(Access.PIPELINE) as holder:
        holder.execute(select(Alert).where(Alert.alert_id == one).with_for_update(key_share=True))
        with transaction(Access.PIPELINE) as session:
            session.execute(text("SET LOCAL lock_timeout = '500ms'"))
            escalated = escalations.escalate_due_alerts(session, at=STORM_AT).escalated
    require(11, "one alert in hand keeps no other waiting", len(escalated) == len(desk.flights) - 1)
    promises_hold()


LEFT_BY_CURRENCY = text(
    "SELECT alert.status = 'open' AND alert.generation = notification.generation, count(*)"
    " FROM alerting.notification JOIN alerting.alert USING (alert_id)"
    " WHERE notification.status = 'sending' GROUP BY 1"
)


def a_page_that_slipped_through_stays(desk: Desk) -> None:
    """Should a page outlive its generation by a fault elsewhere, no worker takes it."""
    begin(desk)
    settle(escalate())
    with transaction(Access.PIPELINE) as session:
        alerts.acknowledge_alert(
            session, desk.agents[0], desks.latest_id(desk.flights[0]), at=STORM_AT
        )
        alerts.resolve_alert(session, desk.agents[0], desks.latest_id(desk.flights[1]), at=STORM_AT)
    desk.as_superuser("UPDATE alerting.notification SET status = 'pending'")
    settle(claim())
    with transaction(Access.OWNER) as session:
        left = dict(session.execute(LEFT_BY_CURRENCY).all())
    require(5, "a page of an earlier generation never leaves", True in left and False not in left)


def a_late_report_changes_nothing(desk: Desk) -> None:
    """A worker whose lease another one has by now says how its try ended: nobody listens."""
    one_page_on_its_way(desk, taken=False)
    settle(claim(LATE + MINUTE, "bob"))
    with transaction(Access.OWNER) as session:
        bobs = session.scalars(_held_by("bob").where(Notification.attempts == 2)).one()
        told = notifications.record_delivery(
            session,
            notification_id=NotificationId(bobs),
            attempt=1,
            worker="ada",
            at=LATE + MINUTE,
            outcome=Sent("250 ok"),
        )
        require(16, "who holds no lease reports nothing", not told)
        require(16, "a lease stays with its holder", bobs in session.scalars(_held_by("bob")).all())


def _held_by(worker: str) -> Select[tuple[int]]:
    is_sending = Notification.status == NotificationStatus.SENDING.value
    return select(Notification.notification_id).where(
        is_sending, Notification.lease_owner == worker
    )


def one_of_two_has_the_channel(desk: Desk) -> None:
    """Two are on shift and one has a phone: the step by phone reached one."""
    desk.empty()
    desks.publish(desk, "by phone", STORM_AT - MINUTE)
    desks.put_on_shift(desk, (0, 1), at=STORM_AT)
    raise_alerts(desk)
    settle(escalate())
    promises_hold()
