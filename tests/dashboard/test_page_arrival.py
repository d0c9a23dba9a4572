"""Whoever follows the link of a page signs in, and finds one button, or who was faster."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from warehouse.operations.alerts import acknowledge_alert, release_alert, resolve_alert
from warehouse.queries.page_links import get_link_key
from warehouse.rules.page_links import PageLink, sign_link
from warehouse.schema.alerting import Alert
from warehouse.session import Access, transaction
from warehouse.vocabulary import AlertId, Role


@pytest.fixture
def alert_id(replayed: str) -> AlertId:
    with transaction(Access.OWNER) as session:
        return AlertId(make_alert(session).alert_id)


def link_of(alert_id: AlertId, *, generation: int = 1, hours: float = 1.0) -> str:
    link = PageLink(alert_id, generation, None, STORM_AT + timedelta(hours=hours))
    with transaction(Access.OWNER) as session:
        return sign_link(link, get_link_key(session))


def status_of(alert_id: AlertId) -> str:
    with transaction(Access.OWNER) as session:
        return str(session.scalar(select(Alert.status).where(Alert.alert_id == alert_id)))


def has_button(page) -> bool:
    return "page_acknowledge" in [button.key for button in page.button]


def test_opening_it_changes_nothing_and_one_press_acknowledges(
    open_page: OpenPage, alert_id: AlertId
) -> None:
    page = open_page("alert", add_actor(Role.AGENT), id=str(alert_id), page=link_of(alert_id))
    assert "You were paged for this alert." in words_of(page)
    assert status_of(alert_id) == "open"
    page.button(key="page_acknowledge").click().run()
    assert status_of(alert_id) == "acknowledged"
    assert not has_button(page)
    assert "Already handled" not in words_of(page)


def test_an_old_page_says_who_was_faster(open_page: OpenPage, alert_id: AlertId) -> None:
    with transaction(Access.OWNER) as session:
        faster = add_actor(Role.AGENT, display_name="Mara Diaz")
        acknowledge_alert(session, faster, alert_id, at=STORM_AT - timedelta(minutes=4))
    page = open_page("alert", add_actor(Role.AGENT), id=str(alert_id), page=link_of(alert_id))
    assert "Already handled: Mara Diaz acknowledged it 4 min ago." in words_of(page)
    assert not has_button(page)


def test_one_that_was_given_back_pages_anew(open_page: OpenPage, alert_id: AlertId) -> None:
    with transaction(Access.OWNER) as session:
        agent = add_actor(Role.AGENT)
        acknowledge_alert(session, agent, alert_id, at=STORM_AT - timedelta(minutes=9))
        release_alert(session, agent, alert_id, at=STORM_AT - timedelta(minutes=5))
    page = open_page("alert", add_actor(Role.AGENT), id=str(alert_id), page=link_of(alert_id))
    assert "gave it back: it pages anew" in words_of(page)
    assert not has_button(page)


def test_one_that_is_closed_says_so(open_page: OpenPage, alert_id: AlertId) -> None:
    with transaction(Access.OWNER) as session:
        resolve_alert(session, add_actor(Role.AGENT), alert_id, at=STORM_AT - timedelta(minutes=7))
    page = open_page("alert", add_actor(Role.AGENT), id=str(alert_id), page=link_of(alert_id))
    assert "Already handled: this alert was closed 7 min ago." in words_of(page)


@pytest.mark.parametrize(
    ("hours", "changes", "says"),
    [(-1.0, "", "This link is too old."), (1.0, "x", "This link was changed on its way")],
)
def test_what_cannot_be_trusted_shows_the_alert_alone(
    open_page: OpenPage, alert_id: AlertId, hours: float, changes: str, says: str
) -> None:
    text = changes + link_of(alert_id, hours=hours)
    page = open_page("alert", add_actor(Role.AGENT), id=str(alert_id), page=text)
    assert [says in warning.value for warning in page.warning] == [True]
    assert not has_button(page)


def test_a_link_for_another_alert_is_no_link_for_this(
    open_page: OpenPage, alert_id: AlertId
) -> None:
    other = link_of(AlertId(alert_id + 1))
    page = open_page("alert", add_actor(Role.AGENT), id=str(alert_id), page=other)
    assert "belongs to another alert" in words_of(page)


def test_whoever_may_only_look_cannot_press(open_page: OpenPage, alert_id: AlertId) -> None:
    page = open_page("alert", add_actor(Role.ANALYST), id=str(alert_id), page=link_of(alert_id))
    assert page.button(key="page_acknowledge").disabled


def test_without_signing_in_there_is_only_the_form(open_page: OpenPage, alert_id: AlertId) -> None:
    page = open_page("alert", None, id=str(alert_id), page=link_of(alert_id))
    assert not has_button(page)
    assert status_of(alert_id) == "open"
