"""A page that is dead lets the next channel, the next step or the catch-all go; or goes again."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_actor, make_shift_assignment, make_user
from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, PermissionRefused, TransitionRefused
from warehouse.operations.alert_suppression import suppress_alert
from warehouse.operations.alerts import acknowledge_alert, release_alert
from warehouse.operations.escalations import escalate_due_alerts
from warehouse.operations.notifications import (
    Dead,
    Retry,
    Sent,
    claim_notifications,
    record_delivery,
)
from warehouse.operations.resending import resend_notification, resend_notifications
from warehouse.queries.notifications import ClaimedNotification
from warehouse.rules.delivery import MOST_ATTEMPTS
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, AlertId, NotificationId, Role

MINUTE = timedelta(minutes=1)
PHONE = {"phone": "+12125550100", "phone_verified_at": STORM_AT}
NOBODY = Dead("550 no such box")


def a_desk(*agents: dict[str, object], channels: tuple[str, ...] = ("email",)) -> AlertId:
    """These agents are on shift; a manager follows 15 minutes later by e-mail and SMS."""
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version, channels=list(channels))
        make_policy_step(
            session,
            policy_version_id=version,
            level=2,
            delay_minutes=15,
            role="manager",
            channels=["email", "sms"],
        )
        for contacts in agents:
            make_shift_assignment(session, user_id=make_user(session, **contacts).user_id)
        manager = make_user(session, roles=[Role.MANAGER])
        make_shift_assignment(session, user_id=manager.user_id, role="manager")
        return AlertId(make_alert(session, policy_version_id=version).alert_id)


def sweep(at: datetime = STORM_AT) -> list[int]:
    with transaction(Access.PIPELINE) as session:
        return [each.level for each in escalate_due_alerts(session, at=at).escalated]


def claim(at: datetime = STORM_AT) -> list[ClaimedNotification]:
    with transaction(Access.PIPELINE) as session:
        return claim_notifications(session, worker="w", at=at, server_at=at)


def finish(
    letter: ClaimedNotification, outcome: Sent | Retry | Dead, at: datetime = STORM_AT
) -> None:
    with transaction(Access.PIPELINE) as session:
        assert record_delivery(
            session,
            notification_id=letter.notification_id,
            attempt=letter.attempt,
            worker="w",
            at=at,
            outcome=outcome,
        )


def letters() -> list[tuple[int | None, str, str]]:
    with transaction(Access.OWNER) as session:
        row = Notification
        query = select(row.escalation_level, row.channel, row.status)
        return [tuple(each) for each in session.execute(query.order_by(row.notification_id))]


def due_at(alert_id: AlertId) -> datetime | None:
    with transaction(Access.OWNER) as session:
        return session.get_one(Alert, alert_id).next_escalation_at


class TestNextChannel:
    def test_the_same_person_is_tried_by_the_next_channel_of_the_policy_at_once(
        self, database: str
    ) -> None:
        alert_id = a_desk(PHONE)
        sweep()
        (mail,) = claim()
        finish(mail, NOBODY)
        (text_message,) = claim()
        assert (text_message.channel, text_message.address) == ("sms", "+12125550100")
        assert due_at(alert_id) == STORM_AT + 15 * MINUTE

    def test_each_channel_is_tried_once_and_then_the_next_step_is_due(self, database: str) -> None:
        alert_id = a_desk(PHONE)
        sweep()
        for _ in range(2):
            (letter,) = claim()
            finish(letter, NOBODY)
        assert letters() == [(1, "email", "dead"), (1, "sms", "dead")]
        assert due_at(alert_id) == STORM_AT
        assert sweep() == [2]

    @pytest.mark.parametrize(
        "contacts", [{}, {"phone": "+12125550100"}], ids=["no phone", "not verified"]
    )
    def test_what_is_no_verified_contact_is_not_tried(
        self, database: str, contacts: dict[str, object]
    ) -> None:
        alert_id = a_desk(contacts)
        sweep()
        finish(claim()[0], NOBODY)
        assert letters() == [(1, "email", "dead")]
        assert due_at(alert_id) == STORM_AT

    def test_a_colleague_of_the_step_who_is_reached_keeps_the_ladder_waiting(
        self, database: str
    ) -> None:
        alert_id = a_desk({}, {})
        sweep()
        first, second = claim()
        finish(first, NOBODY)
        assert due_at(alert_id) == STORM_AT + 15 * MINUTE
        finish(second, NOBODY)
        assert due_at(alert_id) == STORM_AT

    def test_a_person_whose_other_page_is_alive_needs_no_more(self, database: str) -> None:
        a_desk(PHONE, channels=("sms", "email"))
        sweep()
        by_channel = {letter.channel: letter for letter in claim()}
        finish(by_channel["email"], NOBODY)
        assert len(letters()) == 2

    def test_an_unanswered_page_is_dead_like_any_other(self, database: str) -> None:
        a_desk(PHONE)
        sweep()
        for attempt in range(MOST_ATTEMPTS + 1):
            claim(STORM_AT + attempt * MINUTE)
        assert letters() == [(1, "email", "dead"), (1, "sms", "sending")]

    def test_past_the_last_step_the_catch_all_is_paged(self, database: str) -> None:
        alert_id = a_desk({})
        sweep()
        sweep(STORM_AT + 15 * MINUTE)
        assert due_at(alert_id) is None
        for letter in claim(STORM_AT + 15 * MINUTE):
            finish(letter, NOBODY, STORM_AT + 15 * MINUTE)
        assert letters()[2:] == [(2, "email", "pending")]

    @pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "put off"])
    def test_a_page_whose_alert_moved_on_sets_nothing_off(
        self, database: str, is_taken: bool
    ) -> None:
        alert_id = a_desk(PHONE)
        sweep()
        (letter,) = claim()
        with transaction(Access.OWNER) as session:
            agent = make_actor(session)
            if is_taken:
                acknowledge_alert(session, agent, alert_id, at=STORM_AT)
            else:
                put_off = {"at": STORM_AT, "until_at": STORM_AT + 9 * MINUTE, "reason": "gate"}
                suppress_alert(session, agent, alert_id, **put_off)
        finish(letter, NOBODY)
        assert letters() == [(1, "email", "dead")]
        assert due_at(alert_id) == (None if is_taken else STORM_AT + 9 * MINUTE)


def a_dead_page(**overrides: object) -> NotificationId:
    with transaction(Access.OWNER) as session:
        values = {"status": "dead", "attempts": 4, "last_error": "550 no such box"}
        return NotificationId(make_notification(session, **(values | overrides)).notification_id)


def resend(actor: Actor, number: NotificationId, at: datetime = STORM_AT) -> str:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return resend_notification(session, actor, number, at=at).result


def an_actor(*roles: Role) -> Actor:
    with transaction(Access.OWNER) as session:
        return make_actor(session, *roles)


class TestSendingAgain:
    @pytest.mark.parametrize("role", [Role.AGENT, Role.MANAGER, Role.ADMIN])
    def test_it_leaves_for_the_contact_of_now_with_a_fresh_budget(
        self, database: str, role: Role
    ) -> None:
        number = a_dead_page(address="old@desk.example.test")
        assert resend(an_actor(role), number) == "applied"
        for attempt in range(MOST_ATTEMPTS):
            (letter,) = claim(STORM_AT + attempt * 60 * MINUTE)
            assert letter.address != "old@desk.example.test"
            assert (letter.attempt, letter.most_attempts) == (5 + attempt, 8)
            finish(letter, Retry("451 busy"), STORM_AT + attempt * 60 * MINUTE)
        assert letters() == [(1, "email", "dead")]

    def test_asking_twice_is_asking_once_and_both_are_told(self, database: str) -> None:
        number, agent = a_dead_page(), an_actor()
        assert [resend(agent, number), resend(agent, number)] == ["applied", "no_op"]
        with transaction(Access.OWNER) as session:
            entries = session.scalars(select(Entry).where(Entry.noun == "notification")).all()
        (entry,) = entries
        assert (entry.tag, entry.noun_id) == (AuditTag.NOTIFICATION_RESENT, number)
        assert (entry.actor_username, entry.after) == (agent.username, {"most_attempts": 8})

    @pytest.mark.parametrize("role", [Role.ANALYST, Role.CUSTOMER])
    def test_who_may_not_respond_may_not_send(self, database: str, role: Role) -> None:
        number = a_dead_page()
        with pytest.raises(PermissionRefused):
            resend(an_actor(role), number)
        assert letters() == [(1, "email", "dead")]

    @pytest.mark.parametrize("is_given_back", [False, True])
    def test_a_page_of_an_alert_that_moved_on_stays_dead(
        self, database: str, is_given_back: bool
    ) -> None:
        number, agent = a_dead_page(), an_actor()
        with transaction(Access.OWNER) as session:
            alert_id = AlertId(session.scalars(select(Notification.alert_id)).one())
            acknowledge_alert(session, agent, alert_id, at=STORM_AT)
            if is_given_back:
                release_alert(session, agent, alert_id, at=STORM_AT)
        with pytest.raises(TransitionRefused, match="its alert was taken, closed or put off"):
            resend(agent, number)

    def test_without_a_verified_contact_it_says_what_is_missing(self, database: str) -> None:
        number = a_dead_page(channel="sms", address="+12125550100")
        with pytest.raises(TransitionRefused, match="no verified contact for sms"):
            resend(an_actor(), number)

    def test_a_message_nobody_wrote_is_not_found(self, database: str) -> None:
        with pytest.raises(NotFound):
            resend(an_actor(), NotificationId(77))

    def test_each_of_several_has_its_own_answer(self, database: str) -> None:
        first, second = a_dead_page(), a_dead_page(channel="sms")
        agent = an_actor()
        with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
            outcomes = resend_notifications(session, agent, [second, first], at=STORM_AT)
        assert [each.result for each in outcomes] == ["refused", "applied"]
        assert letters() == [(1, "email", "pending"), (1, "sms", "dead")]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("status = 'pending'", "only sending a dead one again"),
        ("status = 'sent', sent_at = created_at, most_attempts = 8", "only sending a dead one"),
        ("attempts = 5", "attempts_within_budget"),
    ],
)
def test_postgres_lets_a_dead_message_move_only_with_a_fresh_budget(
    database: str, change: str, constraint: str
) -> None:
    a_dead_page()
    with pytest.raises(DBAPIError, match=constraint), transaction(Access.OWNER) as session:
        session.execute(text(f"UPDATE alerting.notification SET {change}"))


def test_a_new_message_has_the_budget_that_the_rule_says(database: str) -> None:
    with transaction(Access.OWNER) as session:
        number = make_notification(session).notification_id
    with transaction(Access.OWNER) as session:
        assert session.get_one(Notification, number).most_attempts == MOST_ATTEMPTS
