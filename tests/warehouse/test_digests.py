"""Pages over a person's rate come in one message; what is critical never waits."""

from sqlalchemy import select

from tests.factories.defaults import STORM_AT
from tests.factories.digest import make_page, make_page_rate
from tests.factories.user import make_actor, make_user
from tests.warehouse.digesting import (
    MINUTE,
    SECOND,
    alert_of,
    claim,
    finish,
    more,
    pages,
    statuses,
    stored,
)
from warehouse.operations.notifications import (
    Dead,
    Sent,
)
from warehouse.operations.resending import resend_notification
from warehouse.queries.notifications import count_waiting
from warehouse.rules.page_rate import MOST_IN_DIGEST, PageRate
from warehouse.schema.alerting import Alert, Notification
from warehouse.session import Access, transaction
from warehouse.vocabulary import NotificationId


class TestFolding:
    def test_what_is_over_the_rate_is_one_message_at_once(self, database: str) -> None:
        ids = pages("high", "medium", "low", "low", rate=PageRate(2, 15))
        first, digest = claim()
        assert (first.notification_id, first.folded) == (ids[0], ())
        assert [page.alert_id for page in digest.folded] == [alert_of(each) for each in ids[1:]]
        assert digest.message_id == stored(ids[1]).message_id
        assert {stored(each).digest_id for each in ids[1:]} == {digest.message_id}
        assert statuses(ids) == ["sending"] * 4
        assert claim() == []

    def test_one_by_one_the_same_leave_as_at_once(self, database: str) -> None:
        pages("high", "medium", "low", "low", rate=PageRate(2, 15))
        letters = [letter for _ in range(3) for letter in claim(limit=1)]
        assert [len(letter.folded) for letter in letters] == [0, 3]

    def test_without_room_they_wait_three_minutes_at_most_and_go_together(
        self, database: str
    ) -> None:
        ids = pages("high")
        finish(claim()[0], Sent("1"))
        ids += more(ids[0], "medium", "low", not_before_at=STORM_AT + MINUTE)
        assert claim(STORM_AT + MINUTE) == []
        assert {stored(each).not_before_at for each in ids[1:]} == {STORM_AT + 4 * MINUTE}
        with transaction(Access.PIPELINE) as session:
            assert count_waiting(session, at=STORM_AT + MINUTE) == 0
        assert claim(STORM_AT + 4 * MINUTE - SECOND) == []
        (digest,) = claim(STORM_AT + 4 * MINUTE)
        assert len(digest.folded) == 2

    def test_room_before_that_lets_them_go(self, database: str) -> None:
        ids = pages("high")
        finish(claim()[0], Sent("1"))
        ids += more(ids[0], "medium", "low", not_before_at=STORM_AT + 14 * MINUTE)
        assert claim(STORM_AT + 14 * MINUTE) == []
        (digest,) = claim(STORM_AT + 15 * MINUTE)
        assert len(digest.folded) == 2

    def test_one_that_nothing_joins_goes_by_itself(self, database: str) -> None:
        ids = pages("high")
        finish(claim()[0], Sent("1"))
        ids += more(ids[0], "low")
        assert claim(STORM_AT + MINUTE) == []
        (letter,) = claim(STORM_AT + 3 * MINUTE)
        assert (letter.notification_id, letter.folded) == (ids[1], ())
        assert stored(ids[1]).digest_id is None

    def test_what_was_due_long_ago_does_not_wait_again(self, database: str) -> None:
        (first,) = pages("high")
        finish(claim()[0], Sent("1"), at=STORM_AT + 60 * MINUTE)
        more(first, "low", "low")
        (digest,) = claim(STORM_AT + 60 * MINUTE)
        assert len(digest.folded) == 2

    def test_two_steps_of_one_alert_are_one_page(self, database: str) -> None:
        (first,) = pages("high")
        with transaction(Access.OWNER) as session:
            page = session.get_one(Notification, first)
            again = Notification(
                **{
                    column.name: getattr(page, column.name)
                    for column in Notification.__table__.columns
                    if column.name not in {"notification_id", "message_id", "escalation_level"}
                },
                escalation_level=2,
            )
            session.add(again)
        (letter,) = claim()
        assert letter.folded == ()
        assert letter.subject.startswith("[high] B6 615")
        finish(letter, Sent("1"))
        with transaction(Access.OWNER) as session:
            assert set(session.scalars(select(Notification.status))) == {"sent"}

    def test_a_digest_has_an_end_and_the_next_begins(self, database: str) -> None:
        pages(*["low"] * (MOST_IN_DIGEST + 3))
        letters = claim(STORM_AT + 3 * MINUTE)
        assert [len(letter.folded) for letter in letters] == [MOST_IN_DIGEST, 3]


class TestBypassing:
    def test_critical_never_waits(self, database: str) -> None:
        ids = pages("critical", "critical", "high")
        letters = claim()
        assert [letter.notification_id for letter in letters] == ids[:2]
        assert stored(ids[2]).held_since_at == STORM_AT

    def test_what_becomes_critical_while_it_waits_leaves_at_once(self, database: str) -> None:
        (first,) = pages("high")
        finish(claim()[0], Sent("1"))
        (second,) = more(first, "low")
        assert claim(STORM_AT + MINUTE) == []
        with transaction(Access.OWNER) as session:
            session.get_one(Alert, alert_of(second)).severity = "critical"
        (letter,) = claim(STORM_AT + MINUTE)
        assert letter.notification_id == second

    def test_what_somebody_sends_again_goes_by_itself(self, database: str) -> None:
        ids = pages("high", "low", "low", rate=PageRate(1, 15))
        (digest,) = claim()
        finish(digest, Dead("550 nobody"))
        with transaction(Access.OWNER) as session:
            agent = make_actor(session)
        for number in ids[:2]:
            with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
                resend_notification(session, agent, NotificationId(number), at=STORM_AT)
        letters = claim()
        assert [(each.notification_id, each.folded) for each in letters] == [
            (number, ()) for number in ids[:2]
        ]
        assert {stored(each).digest_id is None for each in ids[:2]} == {True}

    def test_other_people_channels_and_addresses_have_their_own(self, database: str) -> None:
        first, second = pages("high", "high")
        with transaction(Access.OWNER) as session:
            user_id = session.get_one(Notification, first).recipient_user_id
            version = session.get_one(Alert, alert_of(first)).policy_version_id
            other = make_user(session).user_id
            by_phone = {"channel": "sms", "address": "+12125550100"}
            moved = {"address": "new@desk.example.test"}
            make_page(session, "high", other, version)
            make_page(session, "high", user_id, version, **by_phone)
            make_page(session, "high", user_id, version, **moved)
        letters = claim()
        assert sorted(len(letter.folded) for letter in letters) == [0, 0, 0, 2]
        (digest,) = (letter for letter in letters if letter.folded)
        assert {stored(first).digest_id, stored(second).digest_id} == {digest.message_id}


def test_the_rate_is_that_of_the_policy_in_force(database: str) -> None:
    pages("high", "medium", "low", rate=PageRate(3, 15))
    with transaction(Access.OWNER) as session:
        make_page_rate(session, PageRate(1, 15))
    (digest,) = claim()
    assert len(digest.folded) == 3
