"""My account: contacts verified by a code, tests, quiet hours; for everybody at the desk."""

from datetime import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.user import verify_phone
from warehouse.operations.notifications import claim_notifications
from warehouse.queries.clock import read_clock
from warehouse.queries.notifications import ClaimedNotification
from warehouse.schema.people import User
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Role

PHONE = "+12125550100"


def press(page: AppTest, label: str, position: int = 0) -> AppTest:
    return [each for each in page.button if each.label == label][position].click().run()


def said(boxes) -> str:
    return boxes[0].value.replace("\\", "")


def letters() -> list[ClaimedNotification]:
    with transaction(Access.PIPELINE) as session:
        clock = read_clock(session)
        return claim_notifications(session, worker="w", at=clock.at, server_at=clock.server_at)


def stored(actor: Actor) -> User:
    with transaction(Access.OWNER) as session:
        return session.get_one(User, actor.user_id)


def ask_for_a_code(page: AppTest) -> str:
    page.text_input(key="account_new_sms").set_value("+1 212 555 0100")
    press(page, "Send a code", 1)
    assert not page.exception
    assert "A code is on its way" in said(page.success)
    (letter,) = letters()
    return letter.short_text.split("code ")[1].split(",")[0]


def test_a_phone_is_verified_by_the_code_that_was_sent_to_it(open_page: OpenPage) -> None:
    mara = add_actor(Role.AGENT)
    page = open_page("account", mara)
    assert "**Phone**: none" in words_of(page)
    code = ask_for_a_code(page)
    page.text_input(key="account_code_sms").set_value(code)
    press(page, "Verify")
    assert not page.exception
    assert f"{PHONE} is verified" in said(page.success)
    assert "verified 10 Dec 2013" in words_of(page)
    assert stored(mara).phone == PHONE
    press(page, "Forget this phone")
    assert stored(mara).phone is None


def test_a_wrong_code_counts_and_is_told(open_page: OpenPage) -> None:
    page = open_page("account", add_actor(Role.MANAGER))
    code = ask_for_a_code(page)
    page.text_input(key="account_code_sms").set_value(f"{(int(code) + 1) % 1_000_000:06}")
    press(page, "Verify")
    assert said(page.error) == "That is not the code: 4 tries are left."


def test_what_is_no_number_is_refused_with_what_to_write(open_page: OpenPage) -> None:
    page = open_page("account", add_actor(Role.AGENT))
    page.text_input(key="account_new_sms").set_value("555 0100")
    press(page, "Send a code", 1)
    assert "write it as +1 212 555 0100" in said(page.error)
    assert letters() == []


@pytest.mark.parametrize("role", [Role.AGENT, Role.MANAGER, Role.ANALYST, Role.ADMIN])
def test_everybody_at_the_desk_sends_themselves_a_test(open_page: OpenPage, role: Role) -> None:
    actor = add_actor(role)
    page = open_page("account", actor)
    press(page, "Send me a test")
    assert said(page.success) == "A test is on its way."
    (letter,) = letters()
    assert letter.address == stored(actor).email
    press(page, "Send me a test")
    assert "Wait half a minute" in said(page.error)


def test_quiet_hours_are_kept_and_turned_off(open_page: OpenPage) -> None:
    mara = add_actor(Role.AGENT)
    page = open_page("account", mara)
    page.time_input(key="quiet_starts").set_value(time(23))
    page.selectbox(key="quiet_zone").set_value("Europe/Paris")
    press(page, "Keep these quiet hours")
    assert not page.exception
    assert "**Quiet hours**: 23:00 to 07:00, Europe/Paris." in words_of(page)
    assert (stored(mara).quiet_ends_local, stored(mara).time_zone) == (time(7), "Europe/Paris")
    press(page, "Turn quiet hours off")
    assert "**Quiet hours**: none." in words_of(page)
    assert stored(mara).quiet_starts_local is None


def test_hours_that_are_none_are_refused(open_page: OpenPage) -> None:
    page = open_page("account", add_actor(Role.AGENT))
    page.time_input(key="quiet_ends").set_value(time(22))
    press(page, "Keep these quiet hours")
    assert "turn them off" in said(page.error)


def test_a_number_is_shown_as_it_is(open_page: OpenPage) -> None:
    mara = add_actor(Role.AGENT)
    with transaction(Access.OWNER) as session:
        verify_phone(session, mara.user_id, PHONE)
    assert PHONE in words_of(open_page("account", mara)).replace("\\", "")
