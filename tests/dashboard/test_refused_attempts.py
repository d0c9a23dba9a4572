"""Whatever somebody tries and no role of theirs allows is one entry of the history, and is told."""

import ast
import inspect
import logging
import pkgutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dashboard.auth import reading
from dashboard.auth.reading import acting
from dashboard.components.audit_table import _line
from dashboard.components.timeline import sentence
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from warehouse import operations, queries
from warehouse.audit_tags import AuditTag
from warehouse.errors import PermissionRefused
from warehouse.operations import audit
from warehouse.operations.alerts import acknowledge_alert
from warehouse.operations.refused_attempts import LAST_WORDS, MOST_IN_WINDOW, WINDOW
from warehouse.operations.refused_attempts import record_refused_attempt as record
from warehouse.queries.alert_page import TimelineEntry
from warehouse.queries.audit import AuditFilter, list_audit
from warehouse.queries.clock import Clock, read_clock
from warehouse.rules.permissions import ALLOWED, require
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, AlertId, Permission, Role, Source, TravellerId, UserId

LACKING = [
    (role, permission)
    for role in Role
    for permission in Permission
    if permission not in ALLOWED[role]
]


@pytest.fixture(autouse=True)
def _clock(database: str) -> None:
    set_clock(STORM_AT)


def somebody(role: Role, name: str = "ida") -> Actor:
    return Actor(UserId(7), f"{role}.{name}", frozenset({role}), TravellerId(3), Source.DASHBOARD)


def entries() -> list[Entry]:
    with transaction(Access.OWNER) as session:
        refused = select(Entry).where(Entry.tag == "permission.refused").order_by(Entry.entry_id)
        return list(session.scalars(refused))


def try_it(actor: Actor, permission: Permission) -> None:
    with pytest.raises(PermissionRefused), acting(actor):
        require(actor, permission, "acknowledge", "alert", 7)


def kept(entry: Entry) -> tuple[Any, ...]:
    who = (entry.actor_user_id, entry.actor_username, entry.actor_roles, entry.source)
    return (*who, entry.noun, entry.noun_id, entry.after, entry.reason, entry.at)


def test_each_permission_that_a_role_lacks_leaves_one_entry_that_says_all() -> None:
    assert {role for role, _ in LACKING} == set(Role)
    for role, permission in LACKING:
        try_it(somebody(role, permission), permission)
    assert [kept(entry) for entry in entries()] == [
        (
            *(7, f"{role}.{permission}", role, "dashboard", "alert", 7),
            {"permission": permission.value, "act": "acknowledge"},
            f"{role}.{permission} may not {permission.replace('_', ' ')}.",
            STORM_AT,
        )
        for role, permission in LACKING
    ]


def guarded() -> Iterator[tuple[Any, Permission]]:
    """Every operation and query that asks for a permission first, with the one it asks for."""
    for package in (operations, queries):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, function in inspect.getmembers(import_module(module.name)):
                if inspect.isfunction(function) and function.__module__ == module.name:
                    asked = _asked_first(function)
                    if asked is not None and not name.startswith("_"):
                        yield function, asked


def _asked_first(function: Any) -> Permission | None:
    for node in ast.walk(ast.parse(inspect.getsource(function))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "require",
            "permissions.require",
        }:
            return Permission[ast.unparse(node.args[1]).removeprefix("Permission.")]
    return None


def dummy(name: str) -> Any:
    if name.endswith("_ids"):
        return [11, 12]
    return 11 if name.endswith("_id") or name in {"first", "second"} else None


GUARDED = list(guarded())


def refuse(function: Any, permission: Permission) -> list[tuple[str, str, str]]:
    """Have everybody who may not try it, and say what the history has to hold of that."""
    needed = list(inspect.signature(function).parameters.values())[2:]
    given = {each.name: dummy(each.name) for each in needed if each.default is each.empty}
    actors = [somebody(role, function.__name__) for role in Role if permission not in ALLOWED[role]]
    for actor in actors:
        with pytest.raises(PermissionRefused) as refused, acting(actor) as (session, _at):
            function(session, actor, **given)
        assert (refused.value.actor, refused.value.permission) == (actor, permission)
        # Every operation says what it would have done on what; looking is its permission's words.
        is_look = ".queries." in function.__module__
        assert (refused.value.noun == "permission") is is_look, function.__name__
    return [(each.username, ",".join(each.roles), permission.value) for each in actors]


def test_each_operation_refused_to_each_role_that_lacks_its_permission_leaves_one_entry() -> None:
    expected = [each for function, asked in GUARDED for each in refuse(function, asked)]
    assert len(expected) > 150
    assert [
        (entry.actor_username, entry.actor_roles, entry.after["permission"]) for entry in entries()
    ] == expected


def test_the_operations_above_are_all_that_ask() -> None:
    assert len(GUARDED) > 70
    assert {permission for _, permission in GUARDED} >= {
        Permission.RESPOND,
        Permission.ADMINISTER,
        Permission.ADMINISTER_SHIFTS,
        Permission.SEE_PIPELINE,
    }


def test_what_is_refused_is_undone_and_only_its_entry_stands() -> None:
    actor = somebody(Role.AGENT)

    def act(session: Session) -> None:
        audit.record(session, actor, AuditTag.ALERT_SEEN, "alert", 7, at=STORM_AT)
        require(actor, Permission.ADMINISTER, "publish a", "policy_file")

    with pytest.raises(PermissionRefused), acting(actor) as (session, _at):
        act(session)
    with transaction(Access.OWNER) as session:
        ours = select(Entry.tag).where(Entry.actor_username == actor.username)
        assert session.scalars(ours).all() == ["permission.refused"]


def test_whoever_hammers_a_button_adds_only_so_many_and_the_last_one_says_so() -> None:
    ida, ben = somebody(Role.ANALYST), somebody(Role.ANALYST, "ben")
    for _ in range(MOST_IN_WINDOW + 5):
        try_it(ida, Permission.RESPOND)
    try_it(ben, Permission.RESPOND)
    reasons = [entry.reason for entry in entries() if entry.actor_username == ida.username]
    assert len(reasons) == MOST_IN_WINDOW
    assert [LAST_WORDS in reason for reason in reasons] == [False] * (MOST_IN_WINDOW - 1) + [True]
    assert len(entries()) == MOST_IN_WINDOW + 1
    with transaction(Access.DASHBOARD, on_behalf_of=ida) as session:
        now = read_clock(session)
        later = Clock(
            now.at, now.server_at + WINDOW + timedelta(seconds=1), is_replay=True, speed=0
        )
        refusal = PermissionRefused(ida, Permission.RESPOND)
        assert [record(session, refusal, clock=clock) for clock in (now, later)] == [False, True]


@pytest.mark.parametrize("access", list(Access))
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit.entry SET reason = 'none' WHERE tag = 'permission.refused'",
        "DELETE FROM audit.entry WHERE tag = 'permission.refused'",
        "TRUNCATE audit.entry",
    ],
)
def test_postgres_lets_nobody_change_it(access: Access, change: str) -> None:
    try_it(somebody(Role.CUSTOMER), Permission.RESPOND)
    with pytest.raises(DBAPIError), transaction(access) as session:
        session.execute(text(change))
    assert len(entries()) == 1


def test_a_refusal_stands_when_its_entry_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened = iter([reading.transaction, None])

    def failing(*arguments: Any, **options: Any) -> Any:
        chosen = next(opened)
        if chosen is None:
            raise ConnectionError("the database is gone")
        return chosen(*arguments, **options)

    monkeypatch.setattr(reading, "transaction", failing)
    actor = somebody(Role.ANALYST)
    with (
        caplog.at_level(logging.ERROR, "stormdesk.audit"),
        pytest.raises(PermissionRefused, match="may not respond"),
        acting(actor) as (session, at),
    ):
        acknowledge_alert(session, actor, AlertId(7), at=at)
    assert "is not in the audit history: analyst.ida tried to acknowledge alert 7" in caplog.text
    assert "the database is gone" in caplog.text
    monkeypatch.undo()
    assert entries() == []


def test_the_audit_page_words_it() -> None:
    try_it(somebody(Role.ANALYST), Permission.RESPOND)
    actor = somebody(Role.ADMIN, "ada")
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        (row,) = list_audit(session, actor, AuditFilter(tags=(AuditTag.PERMISSION_REFUSED,)))
    line = _line(row)
    assert line["What happened"] == "Tried to acknowledge alert 7"
    assert line["Reason"] == "Refused: analyst.ida may not respond."
    assert (line["Who"], line["As"], line["About"]) == ("analyst.ida", "analyst", "alert 7")


def test_the_alerts_own_timeline_words_it() -> None:
    after = {"permission": "respond", "act": "acknowledge"}
    tag = AuditTag.PERMISSION_REFUSED
    entry = TimelineEntry(1, STORM_AT, tag, "ida", None, None, after, "ida may not respond.")
    assert sentence(entry) == "ida tried to acknowledge it, refused"


def test_an_entry_from_before_acts_were_kept_names_the_permission() -> None:
    tag = AuditTag.PERMISSION_REFUSED
    after = {"permission": "see_alerts"}
    entry = TimelineEntry(1, STORM_AT, tag, "ida", None, None, after, None)
    assert sentence(entry) == "ida tried to see alerts, refused"


def test_attempts_at_once_are_bounded_too() -> None:
    actor = somebody(Role.CUSTOMER)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: try_it(actor, Permission.RESPOND), range(MOST_IN_WINDOW + 4)))
    assert len(entries()) == MOST_IN_WINDOW
