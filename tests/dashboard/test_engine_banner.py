"""When the engine stops, every page of the desk says so by itself; a traveller's says nothing."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import heartbeat
from dashboard.components import engine_banner
from dashboard.navigation import PAGES
from tests.dashboard.conftest import OpenPage, add_actor
from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_alert_policy, make_policy_version
from tests.factories.user import make_user
from warehouse.operations.clock import set_replay_clock
from warehouse.operations.engine import beat
from warehouse.queries.clock import read_clock
from warehouse.queries.engine import list_heartbeats
from warehouse.queries.engine_watch import DRIVEN, REPLAY_DRIVEN
from warehouse.rules import permissions
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Permission, Role

STANDSTILL = "The engine stands still."


def tick(*, age: timedelta = timedelta(0)) -> None:
    with transaction(Access.OWNER) as session:
        at = read_clock(session).server_at - age
        for component in (*DRIVEN, *REPLAY_DRIVEN):
            beat(session, component, at=at, every_seconds=4)
    engine_banner.list_what_is_late.clear()


def errors(page: AppTest) -> str:
    return " ".join(each.value for each in page.error)


@pytest.fixture
def _policies(replayed: str) -> None:
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        make_policy_version(session, catch_all_user_id=make_user(session).user_id)


@pytest.mark.parametrize("role", [Role.AGENT, Role.MANAGER, Role.ANALYST, Role.ADMIN])
@pytest.mark.usefixtures("_policies")
def test_every_page_of_every_role_at_the_desk_says_that_the_engine_stopped(
    open_page: OpenPage, role: Role
) -> None:
    actor = add_actor(role)
    tick(age=timedelta(minutes=7))
    paths = [page.path for page in PAGES if permissions.may(actor, page.permission)]
    assert paths
    for path in paths:
        told = errors(open_page(path, actor))
        assert STANDSTILL in told, path
        assert "Nothing has ticked for 7 min" in told
        assert "stormdesk up" in told


def test_a_running_engine_is_not_mentioned(open_page: OpenPage) -> None:
    tick()
    assert STANDSTILL not in errors(open_page("inbox", add_actor()))


def test_a_traveller_is_not_told(open_page: OpenPage) -> None:
    tick(age=timedelta(minutes=7))
    assert STANDSTILL not in errors(open_page("my-trips", add_actor(Role.CUSTOMER)))


def test_a_part_that_is_silent_alone_is_a_warning(open_page: OpenPage) -> None:
    tick()
    with transaction(Access.OWNER) as session:
        at = read_clock(session).server_at - timedelta(minutes=9)
        beat(session, "history_unsealed", at=at, every_seconds=30)
    page = open_page("inbox", add_actor())
    assert STANDSTILL not in errors(page)
    told = " ".join(each.value for each in page.warning)
    assert "history_unsealed has not run for 9 min" in told


def test_an_alert_that_nobody_was_paged_for_is_an_error(open_page: OpenPage) -> None:
    tick()
    with transaction(Access.OWNER) as session:
        make_alert(session, next_escalation_at=STORM_AT - timedelta(minutes=5))
        set_replay_clock(session, SYSTEM, replayed_at=STORM_AT, speed=1)
    assert "gone up its ladder 5 min ago" in errors(open_page("inbox", add_actor()))


def test_the_process_leaves_a_heartbeat_of_its_own(replayed: str) -> None:
    heartbeat.beat_once()
    with transaction() as session:
        rows = {row.component: row.every_seconds for row in list_heartbeats(session)}
    assert rows["dashboard"] == heartbeat.EVERY_SECONDS


def test_everybody_at_the_desk_may_see_alerts_and_no_traveller() -> None:
    assert {role for role in Role if Permission.SEE_ALERTS in permissions.ALLOWED[role]} == set(
        Role
    ) - {Role.CUSTOMER}
