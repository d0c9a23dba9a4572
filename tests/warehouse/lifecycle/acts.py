"""Everything that can happen at the desk, one act each; every promise holds after each of them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import select, text

from tests.factories.defaults import STORM_AT
from tests.warehouse.lifecycle import desk as desks
from tests.warehouse.lifecycle.desk import FLIGHTS, Desk, fact
from tests.warehouse.lifecycle.journal import last_change
from tests.warehouse.lifecycle.promises import PromiseBroken, hold, require
from warehouse.errors import AlreadyHandled, PermissionRefused, TransitionRefused
from warehouse.operations import (
    alert_batches,
    alert_suppression,
    alert_sweeps,
    alerts,
    escalations,
    notification_leases,
    notifications,
    raising,
    resending,
    shift_assignments,
)
from warehouse.operations.notifications import Dead, Retry, Sent
from warehouse.queries.notifications import ClaimedNotification
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.shifts import ShiftAssignment
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, AlertId, AlertStatus, NotificationStatus

MINUTE = timedelta(minutes=1)
SLOTS = st.integers(0, FLIGHTS - 1)
"""Flights."""
ALERTS = st.integers(0, FLIGHTS)
"""The newest alert of each flight, and after them the newest storm."""
PEOPLE = st.integers(0, 3)
LADDERS = st.sampled_from(["tall", "short", "by phone"])
"""What a desk opens with; storms come with a ladder of their own."""
FACTS = st.sampled_from([0.2, 0.4, None])
KEYS = st.sampled_from([None, "first click", "second click"])
WORKERS = st.sampled_from(["ada", "bob"])
OUTCOMES = st.sampled_from([
    Sent("250 ok"),
    Retry("451 busy"),
    Retry("429 later", 40.0),
    Dead("550 nobody"),
])
MINUTES = st.sampled_from([1, 5, 16, 31, 61, 241])
LEFT = text(
    "UPDATE travel.flight SET status = 'departed', actual_departure_at = :at WHERE flight_id = :id"
)


class Acts(RuleBasedStateMachine):
    """A desk, its instant, the letters its workers hold, and each act there is by itself."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk, self.at, self.since = desk, STORM_AT, 0
        self.held: list[tuple[str, ClaimedNotification]] = []
        self.written_keys: set[str] = set()
        desk.empty()

    @initialize(ladder=LADDERS, on_shift=st.sets(PEOPLE))
    def open_the_desk(self, ladder: str, on_shift: set[int]) -> None:
        desks.publish(self.desk, ladder, self.at - MINUTE)
        desks.put_on_shift(self.desk, sorted(on_shift), self.at)
        self.bring(0, None)

    @invariant()
    def promises_hold(self) -> None:
        with transaction(Access.OWNER) as session:
            newest = last_change(session)
            if newest > self.since:
                hold(session, since=self.since)
        self.since = newest

    @rule(slot=SLOTS, probability=FACTS)
    def bring(self, slot: int, probability: float | None, *, may_page: bool = True) -> None:
        """A prediction or report comes in: an alert is live from then on, and is going to page."""
        self._bring([slot], probability, may_page=may_page)

    def _bring(self, slots: Sequence[int], probability: float | None, *, may_page: bool) -> None:
        facts = [fact(self.desk.flights[slot], probability) for slot in slots]
        raise_ = raising.raise_flight_alerts
        self._pipeline(raise_, SYSTEM, facts, at=self.at, may_page=may_page)
        for alert in map(self._alert, slots):
            require(25, alert is not None and alert.status != AlertStatus.CLOSED)
            if may_page and alert is not None and alert.status == AlertStatus.OPEN:
                goes = alert.next_escalation_at is not None or alert.escalation_level > 0
                require(11, goes or alert.parent_alert_id is not None)

    @rule(slot=SLOTS, probability=FACTS)
    def backfill(self, slot: int, probability: float | None) -> None:
        """The same, about the past: nobody is paged for it until a fact of the present comes."""
        self.bring(slot, probability, may_page=False)

    @rule(slot=SLOTS)
    def take_back(self, slot: int) -> None:
        probabilities = {self.desk.flights[slot]: 0.01}
        self._pipeline(alert_sweeps.clear_predictions, SYSTEM, probabilities, at=self.at)

    @rule(minutes=MINUTES)
    def pass_time(self, minutes: int) -> None:
        self.at += minutes * MINUTE

    @rule(slot=ALERTS, person=PEOPLE, key=KEYS)
    def acknowledge(self, slot: int, person: int, key: str | None) -> None:
        """Somebody takes an alert; a click that left its row before changes nothing."""
        before, repeated = self._newest(), key in self.written_keys
        outcome = self._respond(alerts.acknowledge_alert, slot, person, idempotency_key=key)
        if repeated and outcome is not None:
            require(4, outcome.result == "no_op" and self._newest() == before)
        if key is not None and self._is_written(key):
            self.written_keys.add(key)

    @rule(slot=ALERTS, person=PEOPLE)
    def acknowledge_by_an_old_link(self, slot: int, person: int) -> None:
        """A link of an earlier generation is answered, and changes nothing."""
        alert = self._alert(slot)
        if alert is None or alert.generation == 1:
            return
        before, expected = self._newest(), alert.generation - 1
        try:
            self._respond(alerts.acknowledge_alert, slot, person, expected_generation=expected)
        except AlreadyHandled:
            require(9, self._newest() == before)
        else:
            raise PromiseBroken("9: an old link was taken for a current one")

    @rule(slot=ALERTS, person=PEOPLE)
    def release(self, slot: int, person: int) -> None:
        self._respond(alerts.release_alert, slot, person)

    @rule(slot=ALERTS, person=PEOPLE)
    def resolve(self, slot: int, person: int) -> None:
        self._respond(alerts.resolve_alert, slot, person)

    @rule(slot=ALERTS, person=PEOPLE, minutes=MINUTES)
    def suppress(self, slot: int, person: int, minutes: int) -> None:
        until_at = self.at + minutes * MINUTE
        suppress = alert_suppression.suppress_alert
        self._respond(suppress, slot, person, until_at=until_at, reason="it can wait")

    @rule(backwards=st.booleans(), person=PEOPLE, closes=st.booleans())
    def act_on_all(self, backwards: bool, person: int, closes: bool) -> None:
        with transaction(Access.OWNER) as session:
            ids = session.scalars(select(Alert.alert_id).order_by(Alert.alert_id)).all()
        act = alert_batches.resolve_alerts if closes else alert_batches.acknowledge_alerts
        self._as(self.desk.people[person], act, ids[::-1] if backwards else ids)

    @rule(slot=ALERTS, closes=st.booleans())
    def try_as_a_stranger(self, slot: int, closes: bool) -> None:
        """Who may not respond changes nothing."""
        alert_id, before = self._id(slot), self._newest()
        if alert_id is None:
            return
        act = alerts.resolve_alert if closes else alerts.acknowledge_alert
        try:
            self._as(self.desk.stranger, act, alert_id)
        except PermissionRefused:
            require(22, self._newest() == before)
        else:
            raise PromiseBroken("22: an analyst responded to an alert")

    @rule(limit=st.sampled_from([1, 100]))
    def escalate(self, limit: int = 100) -> None:
        self._pipeline(escalations.escalate_due_alerts, at=self.at, limit=limit)

    @rule()
    def let_acknowledgements_lapse(self) -> None:
        self._pipeline(alert_sweeps.reopen_overdue_acknowledgements, at=self.at)
        with transaction(Access.OWNER) as session:
            overdue = text("SELECT count(*) FROM alerting.alert WHERE ack_deadline_at <= :at")
            require(14, session.execute(overdue, {"at": self.at}).scalar_one() == 0)

    @rule(slot=SLOTS)
    def let_a_flight_leave(self, slot: int) -> None:
        with transaction(Access.OWNER) as session:
            session.execute(LEFT, {"id": self.desk.flights[slot], "at": self.at})
        self._pipeline(alert_sweeps.close_departed_alerts, at=self.at)

    @rule(worker=WORKERS, limit=st.sampled_from([1, 50]))
    def claim(self, worker: str, limit: int = 50) -> None:
        letters = self._pipeline(
            notifications.claim_notifications,
            worker=worker,
            at=self.at,
            server_at=self.at,
            limit=limit,
        )
        self.held += [(worker, letter) for letter in letters]

    @precondition(lambda self: self.held)
    @rule(data=st.data(), outcome=OUTCOMES)
    def finish(self, data: st.DataObject, outcome: Sent | Retry | Dead) -> None:
        """A worker reports, in time or long after its lease passed to another."""
        worker, letter = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        before = self._standing(letter)
        holds = before == ("sending", worker, letter.attempt)
        recorded = self._pipeline(
            notifications.record_delivery,
            notification_id=letter.notification_id,
            attempt=letter.attempt,
            worker=worker,
            at=self.at,
            outcome=outcome,
        )
        require(16, recorded == holds and (holds or self._standing(letter) == before))

    @rule(worker=WORKERS)
    def lose_a_worker(self, worker: str) -> None:
        """What a dead worker held is given back; should it live after all, it reports too late."""
        self._pipeline(notification_leases.return_leases, worker=worker, at=self.at)

    @rule(person=PEOPLE)
    def send_again(self, person: int) -> None:
        """Somebody sends again everything that is dead."""
        with transaction(Access.OWNER) as session:
            is_dead = Notification.status == NotificationStatus.DEAD.value
            dead = session.scalars(select(Notification.notification_id).where(is_dead)).all()
        self._as(self.desk.people[person], resending.resend_notifications, dead)

    @rule(person=PEOPLE, hours=st.integers(1, 12))
    def begin_a_shift(self, person: int, hours: int) -> None:
        desks.put_on_shift(self.desk, [person], self.at, hours)

    @rule(person=PEOPLE)
    def end_the_shifts(self, person: int) -> None:
        on_duty = select(ShiftAssignment.assignment_id).where(
            ShiftAssignment.user_id == self.desk.people[person].user_id
        )
        with transaction(Access.OWNER) as session:
            numbers = session.scalars(on_duty).all()
        for number in numbers:
            with suppress(TransitionRefused), transaction(Access.OWNER) as session:
                shift_assignments.unassign_user(session, SYSTEM, number, at=self.at)

    @rule(ladder=LADDERS)
    def publish(self, ladder: str) -> None:
        """A ladder is edited: alerts that climb one already climb on as they were."""
        desks.publish(self.desk, ladder, self.at)

    def _pipeline(self, act: Callable[..., Any], *arguments: object, **named: object) -> Any:
        with transaction(Access.PIPELINE) as session:
            return act(session, *arguments, **named)

    def _as(
        self, actor: Actor, act: Callable[..., Any], *arguments: object, **named: object
    ) -> Any:
        with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
            return act(session, actor, *arguments, at=self.at, **named)

    def _respond(self, act: Callable[..., Any], slot: int, person: int, **named: object) -> Any:
        """Act on a flight's newest alert; None where there is none or it stands elsewhere."""
        alert_id = self._id(slot)
        if alert_id is None:
            return None
        try:
            return self._as(self.desk.people[person], act, alert_id, **named)
        except TransitionRefused:
            return None

    def _alert(self, slot: int) -> Alert | None:
        if slot == FLIGHTS:
            return desks.latest_storm()
        return desks.latest_alert(self.desk.flights[slot])

    def _id(self, slot: int) -> AlertId | None:
        alert = self._alert(slot)
        return None if alert is None else AlertId(alert.alert_id)

    def _newest(self) -> int:
        with transaction(Access.OWNER) as session:
            return last_change(session)

    def _is_written(self, key: str) -> bool:
        written = text("SELECT count(*) FROM alerting.acknowledgement WHERE idempotency_key = :key")
        with transaction(Access.OWNER) as session:
            return session.execute(written, {"key": key}).scalar_one() > 0

    def _standing(self, letter: ClaimedNotification) -> tuple[str, str | None, int]:
        with transaction(Access.OWNER) as session:
            row = session.get_one(Notification, letter.notification_id)
            return row.status, row.lease_owner, row.attempts
