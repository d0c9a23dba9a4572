"""The Policies page: what is in force, published anew, and what running alerts keep."""

import pytest
from sqlalchemy import select, text

from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.dashboard.test_shifts_page import press, said
from tests.factories.alert import make_alert
from tests.factories.policy import make_policy_step, make_policy_version
from warehouse.queries.policies import get_ladder
from warehouse.schema.alerting import Alert
from warehouse.schema.audit import Entry
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Channel, Role


@pytest.fixture
def admin(replayed: str) -> Actor:
    """An administrator; a policy of one step that one live alert climbs, its storm cap 5."""
    admin = add_actor(Role.ADMIN, display_name="Ada")
    with transaction(Access.OWNER) as session:
        version = make_policy_version(
            session,
            catch_all_user_id=admin.user_id,
            storm_cap_alerts=5,
            storm_window_minutes=30,
        ).policy_version_id
        make_policy_step(session, policy_version_id=version)
        make_alert(session, policy_version_id=version)
    return admin


def versions() -> list[EscalationPolicyVersion]:
    with transaction(Access.OWNER) as session:
        number = EscalationPolicyVersion.policy_version_id
        return list(session.scalars(select(EscalationPolicyVersion).order_by(number)))


def versions_of_alerts() -> set[int]:
    with transaction(Access.OWNER) as session:
        return set(session.scalars(select(Alert.policy_version_id)))


def test_a_version_is_published_and_running_alerts_are_moved_on_request(
    open_page: OpenPage, admin: Actor
) -> None:
    page = open_page("policies", admin)
    assert not page.exception
    (first,) = versions()
    prefix = f"policy_{first.policy_version_id}"
    page.number_input(key=f"{prefix}_count").set_value(2).run()
    page.selectbox(key=f"{prefix}_2_whom").set_value(admin.username)
    page.number_input(key=f"{prefix}_2_delay").set_value(20)
    page.number_input(key=f"{prefix}_rate").set_value(3)
    page.number_input(key=f"{prefix}_storm").set_value(25)
    press(page, "Publish")
    assert not page.exception
    assert "Version 2 of" in said(page.success)
    _, second = versions()
    with transaction(Access.OWNER) as session:
        step = get_ladder(session, second.policy_version_id).steps[1]
    assert (step.user_id, step.delay_minutes, step.channels) == (
        admin.user_id,
        20,
        (Channel.EMAIL,),
    )
    assert (second.storm_cap_alerts, second.ack_timeout_minutes) == (25, first.ack_timeout_minutes)
    assert (second.page_rate_messages, second.page_rate_minutes) == (3, 15)
    words = words_of(page).replace("\\", "")
    assert "Pages one by one: 5 in 15 min → 3 in 15 min" in words
    assert "Storms: over 5 alerts of an airport in" in words
    assert versions_of_alerts() == {first.policy_version_id}
    assert "Step 2: none → after 20 min, Ada by email" in words
    press(page, "Move them to version 2")
    assert "say why" in said(page.error)
    page.text_input(key="policy_move_reason").set_value("the storm is near")
    press(page, "Move them to version 2")
    assert "1 alert moved to version 2" in said(page.success)
    assert versions_of_alerts() == {second.policy_version_id}


def test_two_administrators_do_not_publish_over_one_another(
    open_page: OpenPage, admin: Actor
) -> None:
    one, other = open_page("policies", admin), open_page("policies", admin)
    press(one, "Publish")
    press(other, "Publish")
    assert "reload the page and look at it first" in said(other.error)
    assert len(versions()) == 2


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AGENT, Role.ANALYST])
def test_nobody_else_opens_it(open_page: OpenPage, admin: Actor, role: Role) -> None:
    page = open_page("policies", add_actor(role))
    assert "Publish" not in [button.label for button in page.button]


def test_a_press_by_somebody_who_lost_the_role_changes_nothing_and_is_kept(
    open_page: OpenPage, admin: Actor
) -> None:
    page = open_page("policies", admin)
    with transaction(Access.OWNER) as session:
        session.execute(text("UPDATE people.user_role SET role = 'agent'"))
    press(page, "Publish")
    assert not page.exception
    assert len(versions()) == 1
    with transaction(Access.OWNER) as session:
        refused = select(Entry).where(Entry.tag == "permission.refused").order_by(Entry.entry_id)
        acts = [entry.after["act"] for entry in session.scalars(refused)]
    # The page behind the button is closed to them too by now, which is an attempt of its own.
    assert acts == ["publish", "open the page Policies"]
