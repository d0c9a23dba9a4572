"""Escalation policies: published as versions, compared, and followed by running alerts or not."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.shift import hours, put_on_shift
from tests.factories.user import make_actor, make_user
from warehouse.errors import NotFound, PermissionRefused, TransitionRefused
from warehouse.operations.alerts import acknowledge_alert, resolve_alert
from warehouse.operations.escalations import escalate_due_alerts
from warehouse.operations.policies import publish_escalation_policy, publish_next_version
from warehouse.operations.policy_moves import move_live_alerts
from warehouse.queries.policies import get_ladder, get_page_rate
from warehouse.queries.policy_versions import list_policy_versions
from warehouse.rules.escalation_policy import Ladder, LadderStep, Position
from warehouse.rules.page_rate import PageRate
from warehouse.rules.policy_changes import complaint_about, due_on, place_on
from warehouse.rules.storm_control import StormControl
from warehouse.schema.alerting import Alert
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Channel, Role, StepTarget, UserId

MINUTE = timedelta(minutes=1)
AGENTS = LadderStep(1, 60, StepTarget.ON_SHIFT, Role.AGENT, None, (Channel.EMAIL,), None)
MANAGERS = replace(AGENTS, level=2, delay_minutes=15, role=Role.MANAGER)
ADMINS = replace(AGENTS, level=3, delay_minutes=30, role=Role.ADMIN)


def publish(session, *steps: LadderStep, catch_all: UserId, actor=SYSTEM, **options) -> int:
    values = {
        "name": "Flights",
        "repeat_count": 0,
        "ack_timeout_minutes": {},
        "reopens_on_severity_rise": True,
        "at": STORM_AT,
    }
    return publish_escalation_policy(
        session, actor, steps=steps, catch_all_user_id=catch_all, **(values | options)
    )


@pytest.fixture
def session(database: str):
    with transaction(Access.OWNER) as opened:
        yield opened


@pytest.fixture
def catch_all(session) -> UserId:
    return make_actor(session, Role.ADMIN, display_name="Ada").user_id


class TestPublishing:
    @pytest.mark.parametrize(
        ("steps", "words"),
        [
            ((), "count 1, 2, 3"),
            ((MANAGERS,), "count 1, 2, 3"),
            ((replace(AGENTS, channels=()),), "step 1 has no channel"),
            ((replace(AGENTS, channels=(Channel.SMS, Channel.SMS)),), "a channel twice"),
            ((replace(AGENTS, delay_minutes=-1),), "less than no time"),
            ((replace(AGENTS, role=None),), "so it names a role"),
            ((replace(AGENTS, user_id=UserId(1)),), "asks one user"),
        ],
    )
    def test_steps_that_are_no_ladder_are_refused(self, session, catch_all, steps, words) -> None:
        with pytest.raises(TransitionRefused, match=words):
            publish(session, *steps, catch_all=catch_all)
        assert complaint_about([AGENTS, MANAGERS], repeat_count=0) is None

    def test_a_rate_that_lets_no_page_through_is_refused(self, session, catch_all) -> None:
        with pytest.raises(TransitionRefused, match="at least one page"):
            publish(session, AGENTS, catch_all=catch_all, rate=PageRate(0, 15))

    def test_the_next_version_keeps_the_rate_unless_it_says_another(
        self, session, catch_all
    ) -> None:
        base = publish(session, AGENTS, catch_all=catch_all, rate=PageRate(2, 30))
        ladder = {"steps": [AGENTS], "repeat_count": 0, "catch_all_user_id": catch_all}
        kept = publish_next_version(session, SYSTEM, base, **ladder, at=STORM_AT)
        assert get_page_rate(session, at=STORM_AT) == PageRate(2, 30)
        publish_next_version(session, SYSTEM, kept, **ladder, at=STORM_AT, rate=PageRate(9, 5))
        assert get_page_rate(session, at=STORM_AT) == PageRate(9, 5)
        assert get_page_rate(session, at=STORM_AT - MINUTE) == PageRate()

    def test_the_next_version_keeps_storm_control_unless_it_says_another(
        self, session, catch_all
    ) -> None:
        base = publish(session, AGENTS, catch_all=catch_all)
        ladder = {"steps": [AGENTS], "repeat_count": 0, "catch_all_user_id": catch_all}
        control = StormControl(25, 60)
        told = publish_next_version(session, SYSTEM, base, **ladder, at=STORM_AT, storm=control)
        kept = publish_next_version(session, SYSTEM, told, **ladder, at=STORM_AT)
        assert list_policy_versions(session, SYSTEM)[0].storm == control
        publish_next_version(session, SYSTEM, kept, **ladder, at=STORM_AT, storm=None)
        assert list_policy_versions(session, SYSTEM)[0].storm is None

    def test_the_catch_all_is_active_and_can_be_reached(self, session, catch_all) -> None:
        off = make_user(session, is_active=False).user_id
        unverified = make_user(session, email_verified_at=None).user_id
        for user_id, words in (
            (off, "disabled"),
            (unverified, "verify their e-mail"),
            (999, "dis"),
        ):
            with pytest.raises(TransitionRefused, match=words):
                publish(session, AGENTS, catch_all=user_id)
        step = LadderStep(1, 0, StepTarget.USER, None, off, (Channel.EMAIL,), None)
        with pytest.raises(TransitionRefused, match="name somebody else"):
            publish(session, step, catch_all=catch_all)

    @pytest.mark.parametrize(
        "unfit", [{"is_active": False}, {"email_verified_at": None}], ids=["off", "unverified"]
    )
    def test_postgres_refuses_such_a_catch_all_too(self, session, unfit) -> None:
        user_id = make_user(session, **unfit).user_id
        with pytest.raises(DBAPIError, match="cannot be the catch-all"):
            make_policy_version(session, catch_all_user_id=user_id)

    def test_six_at_once_get_six_numbers(self, database: str) -> None:
        with transaction(Access.OWNER) as session:
            ada = make_actor(session, Role.ADMIN).user_id

        def one(_number: int) -> int:
            with transaction(Access.OWNER) as session:
                return publish(session, AGENTS, catch_all=ada)

        with ThreadPoolExecutor(6) as pool:
            assert len(set(pool.map(one, range(6)))) == 6
        with transaction(Access.OWNER) as session:
            versions = list_policy_versions(session, SYSTEM)
        assert [each.version for each in versions] == [6, 5, 4, 3, 2, 1]

    def test_an_administrator_publishes_as_the_dashboard_and_nobody_else(
        self, database: str
    ) -> None:
        with transaction(Access.OWNER) as session:
            admin, manager = make_actor(session, Role.ADMIN), make_actor(session, Role.MANAGER)
        with transaction(Access.DASHBOARD, on_behalf_of=admin) as session:
            version = publish(session, AGENTS, catch_all=admin.user_id, actor=admin)
            make_nothing = move_live_alerts(session, admin, version, at=STORM_AT, reason="x")
        assert make_nothing == 0
        with transaction(Access.DASHBOARD, on_behalf_of=manager) as session:
            for act in (
                lambda: publish(session, AGENTS, catch_all=admin.user_id, actor=manager),
                lambda: move_live_alerts(session, manager, version, at=STORM_AT, reason="x"),
                lambda: list_policy_versions(session, manager),
            ):
                with pytest.raises(PermissionRefused):
                    act()

    def test_versions_tell_what_they_changed(self, session, catch_all) -> None:
        ben = make_actor(session, display_name="Ben").user_id
        publish(session, AGENTS, MANAGERS, catch_all=catch_all)
        publish(
            session,
            AGENTS,
            replace(MANAGERS, delay_minutes=5, channels=(Channel.EMAIL, Channel.SMS)),
            ADMINS,
            catch_all=ben,
            repeat_count=2,
        )
        newest, first = list_policy_versions(session, SYSTEM)
        assert first.changes == ()
        assert first.steps[1] == "2: after 15 min, managers on shift by email"
        assert newest.changes == (
            "Step 2: after 15 min, managers on shift by email → "
            "after 5 min, managers on shift by email and sms",
            "Step 3: none → after 30 min, admins on shift by email",
            "Repeats: 0 → 2",
            "Catch-all: Ada → Ben",
        )


class TestMoving:
    @pytest.fixture
    def alerts(self, session, catch_all) -> list[Alert]:
        """Three alerts of a ladder of two steps, escalated to the first of them."""
        old = publish(session, AGENTS, MANAGERS, catch_all=catch_all)
        put_on_shift(session, hours(0, 8))
        made = [make_alert(session, policy_version_id=old) for _ in range(3)]
        escalate_due_alerts(session, at=STORM_AT)
        return made

    def test_publishing_changes_no_running_alert(self, session, catch_all, alerts) -> None:
        old = alerts[0].policy_version_id
        publish(session, replace(AGENTS, delay_minutes=1), catch_all=catch_all)
        session.expire_all()
        assert {each.policy_version_id for each in alerts} == {old}
        assert {each.next_escalation_at for each in alerts} == {STORM_AT + 15 * MINUTE}

    def test_live_alerts_are_moved_on_request_and_each_has_it_in_its_history(
        self, session, catch_all, alerts
    ) -> None:
        agent = make_actor(session)
        acknowledge_alert(session, agent, alerts[1].alert_id, at=STORM_AT)
        resolve_alert(session, agent, alerts[2].alert_id, at=STORM_AT, reason="done")
        old = alerts[0].policy_version_id
        sooner = replace(MANAGERS, delay_minutes=3)
        new = publish(session, AGENTS, sooner, ADMINS, catch_all=catch_all)
        at = STORM_AT + MINUTE
        assert move_live_alerts(session, SYSTEM, new, at=at, reason="the storm is near") == 2
        assert move_live_alerts(session, SYSTEM, new, at=at, reason="again") == 0
        session.expire_all()
        assert [each.policy_version_id for each in alerts] == [new, new, old]
        assert [each.next_escalation_at for each in alerts] == [STORM_AT + 4 * MINUTE, None, None]
        entries = session.scalars(select(Entry).where(Entry.tag == "alert.policy_changed")).all()
        assert [entry.noun_id for entry in entries] == [each.alert_id for each in alerts[:2]]
        assert {entry.reason for entry in entries} == {"the storm is near"}
        escalate_due_alerts(session, at=STORM_AT + 4 * MINUTE)
        session.expire_all()
        assert get_ladder(session, new).steps[1] == sooner
        assert alerts[0].escalation_level == 3

    def test_a_shorter_ladder_takes_them_at_its_end(self, session, catch_all, alerts) -> None:
        put_on_shift(session, hours(0, 8), role=Role.MANAGER, name="Lead")
        escalate_due_alerts(session, at=STORM_AT + 15 * MINUTE)
        new = publish(session, AGENTS, catch_all=catch_all)
        move_live_alerts(session, SYSTEM, new, at=STORM_AT + 16 * MINUTE, reason="simpler")
        session.expire_all()
        assert {(each.escalation_level, each.next_escalation_at) for each in alerts} == {(1, None)}

    def test_an_unknown_version_is_refused(self, session) -> None:
        with pytest.raises(NotFound, match="policy version 99"):
            move_live_alerts(session, SYSTEM, 99, at=STORM_AT, reason="x")

    def test_postgres_lets_an_alert_have_only_a_newer_version_of_its_policy(
        self, database: str
    ) -> None:
        with transaction(Access.OWNER) as session:
            first = make_policy_version(session)
            second = make_policy_version(session, policy_id=first.policy_id, version=2)
            foreign = make_policy_version(session, version=3)
            make_policy_step(session, policy_version_id=second.policy_version_id)
            make_alert(session, policy_version_id=second.policy_version_id)
        for version in (first, foreign):
            number = version.policy_version_id
            with (
                pytest.raises(DBAPIError, match="only ever gets a newer version"),
                transaction(Access.OWNER) as session,
            ):
                session.execute(text(f"UPDATE alerting.alert SET policy_version_id = {number}"))
        with transaction(Access.OWNER) as session:
            assert session.scalar(select(func.count()).select_from(Alert)) == 1

    def test_moving_never_makes_an_alert_wait_longer(self) -> None:
        ladder = Ladder(1, (AGENTS, MANAGERS), 0, UserId(1))
        place = place_on(ladder, Position(1, 0))
        for minutes, expected in ((5, 5), (40, 15), (None, 15)):
            was = None if minutes is None else STORM_AT + minutes * MINUTE
            due = due_on(ladder, place, was_due_at=was, at=STORM_AT)
            assert due == STORM_AT + expected * MINUTE
        assert due_on(ladder, Position(0, 0), was_due_at=None, at=STORM_AT) == STORM_AT
        assert (
            due_on(ladder, place_on(ladder, Position(5, 0)), was_due_at=STORM_AT, at=STORM_AT)
            is None
        )
