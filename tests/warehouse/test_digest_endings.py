"""Each page of a digest keeps a life of its own, and all of them end as their message does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.user import make_actor, make_user
from tests.warehouse.digesting import (
    MINUTE,
    SECOND,
    alert_of,
    by_somebody,
    claim,
    finish,
    more,
    pages,
    statuses,
    stored,
)
from warehouse.operations.alert_suppression import suppress_alert
from warehouse.operations.alerts import acknowledge_alert, resolve_alert
from warehouse.operations.history_cleaning import clean_history
from warehouse.operations.notification_leases import return_leases
from warehouse.operations.notifications import (
    Dead,
    Retry,
    Sent,
)
from warehouse.operations.provider_callbacks import Callback, CallbackResult, take_callback
from warehouse.queries.alert_page import list_timeline
from warehouse.queries.clock import Clock
from warehouse.rules.page_rate import PageRate
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.schema.deliveries import DeliveryAttempt
from warehouse.schema.people import User
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM


class TestEndings:
    def test_sent_once_it_is_sent_for_each(self, database: str) -> None:
        ids = pages("high", "medium", "low")
        (digest,) = claim()
        assert finish(digest, Sent("250 ok"))
        rows = [stored(each) for each in ids]
        assert {(row.status, row.provider_message_id, row.sent_at) for row in rows} == {
            ("sent", "250 ok", STORM_AT)
        }
        with transaction(Access.OWNER) as session:
            attempts = session.execute(
                select(DeliveryAttempt.notification_id, DeliveryAttempt.outcome)
            ).all()
            sent = session.scalars(select(Entry).where(Entry.tag == "notification.sent")).all()
        assert sorted(attempts) == [(number, "sent") for number in ids]
        assert [entry.after["others"] for entry in sent if entry.after] == [2, 2, 2]

    def test_a_digest_counts_as_one_message(self, database: str) -> None:
        (first, *_) = pages("high", "medium", "low", "low", rate=PageRate(3, 15))
        for letter in claim():
            finish(letter, Sent("1"))
        more(first, "low")
        assert claim(STORM_AT + MINUTE) == []
        with transaction(Access.OWNER) as session:
            sent = session.scalars(select(Notification.provider_message_id)).all()
        assert sent.count("1") == 4

    def test_the_timeline_of_each_alert_says_so(self, database: str) -> None:
        ids = pages("high", "medium", "low", rate=PageRate(2, 15))
        for letter in claim():
            finish(letter, Sent("1"))
        with transaction(Access.OWNER) as session:
            agent = make_actor(session)
            whom = session.scalars(select(User.display_name).join(Notification)).first()
        with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
            told = [list_timeline(session, agent, alert_of(each)) for each in ids]
        assert told[0] == []
        facts = {"recipient": whom, "channel": "email", "others": 1}
        assert [[entry.after for entry in entries] for entries in told[1:]] == [[facts], [facts]]

    @pytest.mark.parametrize(("is_delivered", "status"), [(True, "delivered"), (False, "dead")])
    def test_what_its_provider_says_is_said_of_each(
        self, database: str, is_delivered: bool, status: str
    ) -> None:
        taken, *ids = pages("high", "low", "low")
        finish(claim()[0], Retry("451 busy"))
        by_somebody(acknowledge_alert, taken)
        (digest,) = claim(STORM_AT + MINUTE)
        finish(digest, Sent("SM1"))
        callback = Callback("twilio", "SM1", 1, is_delivered, "signature")
        clock = Clock(at=STORM_AT, server_at=STORM_AT, is_replay=False, speed=1)
        with transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
            assert take_callback(session, callback, clock=clock) is CallbackResult.APPLIED
        assert [(stored(each).status, stored(each).provider_seq) for each in ids] == [
            (status, 1),
            (status, 1),
        ]
        assert stored(taken).status == "cancelled"

    def test_who_is_taken_meanwhile_does_not_go_again(self, database: str) -> None:
        ids = pages("high", "medium", "low")
        (digest,) = claim()
        by_somebody(acknowledge_alert, ids[0])
        finish(digest, Retry("451 busy"))
        assert statuses(ids) == ["cancelled", "pending", "pending"]
        (again,) = claim(STORM_AT + MINUTE)
        assert [page.alert_id for page in again.folded] == [alert_of(each) for each in ids[1:]]
        assert (again.message_id, again.attempt) == (digest.message_id, 2)
        assert len({stored(each).not_before_at for each in ids[1:]}) == 1

    def test_a_digest_of_which_one_is_left_is_that_page_under_its_name(self, database: str) -> None:
        ids = pages("high", "low")
        (digest,) = claim()
        finish(digest, Retry("451 busy"))
        by_somebody(resolve_alert, ids[0])
        (letter,) = claim(STORM_AT + MINUTE)
        assert (letter.notification_id, letter.folded) == (ids[1], ())
        assert letter.message_id == digest.message_id

    @pytest.mark.parametrize("act", ["take", "put off"])
    def test_a_digest_whose_alerts_are_all_taken_is_cancelled(
        self, database: str, act: str
    ) -> None:
        ids = pages("high", "low")
        (digest,) = claim()
        finish(digest, Retry("451 busy"))
        for number in ids:
            if act == "take":
                by_somebody(acknowledge_alert, number)
            else:
                put_off = {"until_at": STORM_AT + 9 * MINUTE, "reason": "gate"}
                by_somebody(suppress_alert, number, **put_off)
        assert statuses(ids) == ["cancelled", "cancelled"]
        assert claim(STORM_AT + MINUTE) == []

    def test_held_pages_of_alerts_that_are_taken_are_cancelled(self, database: str) -> None:
        (first,) = pages("high")
        finish(claim()[0], Sent("1"))
        ids = more(first, "medium", "low")
        claim(STORM_AT + MINUTE)
        by_somebody(acknowledge_alert, ids[0])
        (letter,) = claim(STORM_AT + 3 * MINUTE)
        assert (letter.notification_id, statuses(ids)) == (ids[1], ["cancelled", "sending"])

    def test_dead_it_is_dead_for_each_and_what_follows_is_made_ready(self, database: str) -> None:
        phone = {"phone": "+12125550100", "phone_verified_at": STORM_AT}
        with transaction(Access.OWNER) as session:
            user_id = make_user(session, **phone).user_id
        ids = pages("high", "low", user_id=user_id)
        with transaction(Access.OWNER) as session:
            session.execute(
                text(
                    "INSERT INTO alerting.policy_step (policy_version_id, level, delay_minutes,"
                    " target, role, channels) SELECT policy_version_id, 1, 0, 'on_shift',"
                    " 'agent', '[\"email\", \"sms\"]' FROM alerting.escalation_policy_version"
                )
            )
        (digest,) = claim()
        finish(digest, Dead("550 nobody"))
        assert statuses(ids) == ["dead", "dead"]
        (by_phone,) = claim()
        assert (by_phone.channel, len(by_phone.folded)) == ("sms", 2)

    def test_when_its_worker_dies_all_go_again_under_the_same_name(self, database: str) -> None:
        ids = pages("high", "medium", "low")
        (digest,) = claim()
        with transaction(Access.PIPELINE) as session:
            return_leases(session, worker="w", at=STORM_AT)
        (again,) = claim(worker="v")
        assert (again.message_id, len(again.folded)) == (digest.message_id, 3)
        assert not finish(digest, Sent("late"))
        assert statuses(ids) == ["sending"] * 3

    def test_a_lapsed_lease_lets_all_be_claimed_again(self, database: str) -> None:
        pages("high", "low")
        (digest,) = claim()
        assert claim(server_at=STORM_AT + 29 * SECOND) == []
        (again,) = claim(server_at=STORM_AT + 31 * SECOND)
        assert (again.message_id, len(again.folded)) == (digest.message_id, 2)

    def test_while_somebody_has_one_of_its_alerts_in_hand_a_digest_waits(
        self, database: str
    ) -> None:
        """A part of it would leave under the name of all, and the rest be dropped as a repeat."""
        ids = pages("high", "low")
        finish(claim()[0], Retry("451 busy"))
        with transaction(Access.OWNER) as holder:
            held = select(Alert).where(Alert.alert_id == alert_of(ids[1]))
            holder.execute(held.with_for_update(key_share=True))
            assert claim(STORM_AT + MINUTE) == []
        (again,) = claim(STORM_AT + MINUTE)
        assert len(again.folded) == 2

    def test_history_lets_it_go_a_page_at_a_time(self, database: str) -> None:
        ids = pages("high", "low")
        (digest,) = claim()
        finish(digest, Sent("1"))
        for number in ids:
            by_somebody(resolve_alert, number)
        later = STORM_AT + timedelta(days=100)
        set_clock(later)
        for left in (1, 0):
            with transaction(Access.PIPELINE) as session:
                clean_history(session, at=later, limit=1)
            with transaction(Access.OWNER) as session:
                assert session.scalar(select(func.count()).select_from(Notification)) == left
