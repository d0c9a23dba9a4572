"""Users: added, disabled, re-roled."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.policy import make_policy_version
from tests.factories.user import make_actor, make_user
from warehouse.errors import PermissionRefused, TransitionRefused
from warehouse.operations import people
from warehouse.operations.alerts import resolve_alert
from warehouse.queries.people import find_actor, list_users
from warehouse.schema.audit import Entry
from warehouse.schema.people import User
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, AlertId, Role, UserId

AT = datetime(2013, 12, 10, 11, tzinfo=UTC)
HASH = "$2b$04$" + "x" * 53


def add(session, username: str = "Mara", actor: Actor = SYSTEM, **overrides) -> UserId:
    values = {
        "username": username,
        "display_name": "Mara Diaz",
        "email": "mara@desk.example.test",
        "roles": [Role.AGENT],
        "password_hash": HASH,
        "at": AT,
    }
    return people.add_user(session, actor, **(values | overrides))


def entries(session, tag: str) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.tag == tag)))


def test_an_added_user_is_found_whatever_the_case_of_the_name(database: str) -> None:
    with transaction(Access.OWNER) as session:
        user_id = add(session)
        actor = find_actor(session, "MARA")
    assert (actor.user_id, actor.username, actor.roles) == (user_id, "mara", {Role.AGENT})


def test_no_audit_entry_ever_holds_a_password_hash(database: str) -> None:
    with transaction(Access.OWNER) as session:
        user_id = add(session)
        people.change_password(session, SYSTEM, user_id, HASH, at=AT)
        written = str([(entry.before, entry.after) for entry in session.scalars(select(Entry))])
    assert "$2b$" not in written


def test_a_taken_name_is_refused(database: str) -> None:
    with transaction(Access.OWNER) as session:
        add(session)
        with pytest.raises(TransitionRefused, match="taken"):
            add(session, "mara")


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT, Role.MANAGER, Role.ANALYST])
def test_only_an_administrator_changes_users(database: str, role: Role) -> None:
    with transaction(Access.OWNER) as session:
        actor, other = make_actor(session, role), make_user(session)
        for act in (
            lambda: add(session, actor=actor),
            lambda: people.disable_user(session, actor, other.user_id, at=AT),
            lambda: people.enable_user(session, actor, other.user_id, at=AT),
            lambda: people.change_roles(session, actor, other.user_id, [Role.ADMIN], at=AT),
            lambda: people.change_password(session, actor, other.user_id, HASH, at=AT),
            lambda: list_users(session, actor),
        ):
            with pytest.raises(PermissionRefused):
                act()


def test_everybody_changes_their_own_password(database: str) -> None:
    with transaction(Access.OWNER) as session:
        actor = make_actor(session, Role.CUSTOMER)
        people.change_password(session, actor, actor.user_id, HASH, at=AT)
        assert session.get_one(User, actor.user_id).password_hash == HASH


def test_the_dashboard_role_can_administer_users(database: str) -> None:
    with transaction(Access.OWNER) as session:
        admin = make_actor(session, Role.ADMIN)
    with transaction(Access.DASHBOARD, on_behalf_of=admin) as session:
        user_id = add(session, actor=admin)
        people.change_roles(session, admin, user_id, [Role.MANAGER], at=AT)
        people.disable_user(session, admin, user_id, at=AT, reason="left")
        assert [user.is_active for user in list_users(session, admin)] == [False, True]


def test_a_change_of_roles_says_before_and_after(database: str) -> None:
    with transaction(Access.OWNER) as session:
        user_id = add(session)
        people.change_roles(session, SYSTEM, user_id, [Role.MANAGER, Role.AGENT], at=AT)
        (entry,) = entries(session, "user.changed")
    assert (entry.before, entry.after) == (
        {"roles": ["agent"]},
        {"roles": ["agent", "manager"]},
    )


def test_a_disabled_user_is_no_actor_until_enabled(database: str) -> None:
    with transaction(Access.OWNER) as session:
        user_id = add(session)
        people.disable_user(session, SYSTEM, user_id, at=AT)
        assert find_actor(session, "mara") is None
        people.enable_user(session, SYSTEM, user_id, at=AT)
        assert find_actor(session, "mara") is not None


def test_the_last_administrator_cannot_leave(database: str) -> None:
    with transaction(Access.OWNER) as session:
        admin = make_actor(session, Role.ADMIN)
        with pytest.raises(TransitionRefused, match="last administrator"):
            people.disable_user(session, admin, admin.user_id, at=AT)
        with pytest.raises(TransitionRefused, match="last administrator"):
            people.change_roles(session, admin, admin.user_id, [Role.AGENT], at=AT)
        make_actor(session, Role.ADMIN)
        people.disable_user(session, admin, admin.user_id, at=AT)


def test_the_catch_all_stays_while_alerts_may_have_to_reach_them(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = make_alert(session)
        catch_all = session.get_one(EscalationPolicyVersion, alert.policy_version_id)
        user_id = UserId(catch_all.catch_all_user_id)
        with pytest.raises(TransitionRefused, match="catch-all of a ladder"):
            people.disable_user(session, SYSTEM, user_id, at=AT)
        make_policy_version(session)
        with pytest.raises(TransitionRefused, match="close the alerts that climb"):
            people.disable_user(session, SYSTEM, user_id, at=AT)
        resolve_alert(session, SYSTEM, AlertId(alert.alert_id), at=AT)
        people.disable_user(session, SYSTEM, user_id, at=AT)


def test_postgres_keeps_the_catch_all_too(database: str) -> None:
    with transaction(Access.OWNER) as session:
        user_id = make_policy_version(session).catch_all_user_id
    with (
        pytest.raises(DBAPIError, match="catch-all of a ladder"),
        transaction(Access.OWNER) as session,
    ):
        session.get_one(User, user_id).is_active = False
