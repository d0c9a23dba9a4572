"""Every page for every role: shown, refused, or the sign-in form; and the guards around it."""

import ast
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import select, text
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.auth import identity
from dashboard.navigation import PAGES, PageSpec
from dashboard.settings import SID_HEADER, SID_KEY, Settings
from tests.dashboard.conftest import APP, OpenPage, add_actor
from tests.factories.defaults import STORM_AT
from warehouse.operations import people
from warehouse.rules.permissions import ALLOWED
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Permission, Role

SOURCES = sorted(Path(dashboard.__file__).parent.rglob("*.py"))
WHO_OPENS = {
    "inbox": {Role.AGENT, Role.MANAGER, Role.ANALYST, Role.ADMIN},
    "alert": {Role.AGENT, Role.MANAGER, Role.ANALYST, Role.ADMIN},
    "forecast": {Role.AGENT, Role.MANAGER, Role.ANALYST, Role.ADMIN},
    "shifts": {Role.AGENT, Role.MANAGER, Role.ADMIN},
    "policies": {Role.ADMIN},
    "my_trips": {Role.CUSTOMER},
    "pipeline": {Role.MANAGER, Role.ANALYST, Role.ADMIN},
    "audit": set(Role),
    "account": {Role.AGENT, Role.MANAGER, Role.ANALYST, Role.ADMIN},
}


def words_of(page: AppTest) -> str:
    shown = [*page.title, *page.subheader, *page.markdown, *page.caption, *page.error, *page.info]
    return " ".join(element.value for element in shown)


def is_sign_in(page: AppTest) -> bool:
    return [field.label for field in page.text_input] == ["User name", "Password"]


def test_the_matrix_below_names_every_page() -> None:
    assert set(WHO_OPENS) == {spec.path for spec in PAGES}
    for spec in PAGES:
        may = {role for role in Role if spec.permission in ALLOWED[role]}
        assert may == WHO_OPENS[spec.path]


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.path)
@pytest.mark.parametrize("role", list(Role))
def test_a_page_opens_for_its_roles_and_is_refused_to_the_others(
    open_page: OpenPage, spec: PageSpec, role: Role
) -> None:
    page = open_page(spec.path, add_actor(role))
    assert not page.exception
    refused = f"{spec.title} is not open to you" in words_of(page)
    assert refused is (role not in WHO_OPENS[spec.path])
    assert not is_sign_in(page)


@pytest.mark.parametrize("path", ["", *(spec.path for spec in PAGES)])
def test_a_stranger_gets_the_form_at_every_address(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    assert not page.exception
    assert is_sign_in(page)


@pytest.mark.parametrize("sid", ["", "x" * 43, 7, None])
def test_an_id_of_no_session_identifies_nobody(open_page: OpenPage, sid: object) -> None:
    page = open_page("audit", add_actor(Role.ADMIN))
    page.user = {"sid": sid}
    assert is_sign_in(page.run())


def test_what_lies_in_session_state_identifies_nobody(open_page: OpenPage) -> None:
    page = open_page("audit")
    for name, value in {
        "authentication_status": True,
        "username": "root",
        "roles": ["admin"],
    }.items():
        page.session_state[name] = value
    assert is_sign_in(page.run())


def test_a_refused_page_is_audited_once_per_visit(open_page: OpenPage) -> None:
    page = open_page("inbox", add_actor(Role.CUSTOMER))
    page.run()
    with transaction(Access.OWNER) as session:
        entries = session.scalars(select(Entry).where(Entry.tag == "permission.refused")).all()
    assert [entry.after for entry in entries] == [
        {"permission": "see_alerts", "act": "open the page Inbox"}
    ]


def test_a_disabled_user_sees_the_form_at_the_next_run(open_page: OpenPage) -> None:
    actor = add_actor(Role.AGENT)
    page = open_page("audit", actor)
    assert page.title[0].value == "Audit"
    with transaction(Access.OWNER) as session:
        people.disable_user(session, SYSTEM, actor.user_id, at=STORM_AT)
    assert is_sign_in(page.run())


def test_a_role_lost_closes_the_page_at_the_next_run(open_page: OpenPage) -> None:
    page = open_page("inbox", add_actor(Role.AGENT))
    with transaction(Access.OWNER) as session:
        session.execute(text("UPDATE people.user_role SET role = 'customer'"))
    assert "Inbox is not open to you" in words_of(page.run())


def test_somebody_without_a_role_is_told_whom_to_ask(open_page: OpenPage) -> None:
    actor = add_actor(Role.AGENT)
    with transaction(Access.OWNER) as session:
        session.execute(text("DELETE FROM people.user_role"))
    page = open_page("", actor)
    assert "no role yet" in words_of(page)
    assert not page.exception


def test_the_banner_says_what_is_replayed_and_what_is_generated(open_page: OpenPage) -> None:
    page = open_page("audit", add_actor(Role.AGENT))
    assert (
        "Replaying **10 December 2013 06:00 New York** at speed 0 — travellers, bookings and "
        "hotels are generated; flights and weather are real." in words_of(page)
    )


def test_without_the_middleware_the_app_shows_nothing(
    replayed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "_installed", False)
    page = AppTest.from_file(APP, default_timeout=60).run()
    assert "asgi.py" in page.error[0].value
    assert not page.text_input


def test_the_configuration_lets_streamlit_trust_our_header_alone() -> None:
    written = tomllib.loads((APP.parent / ".streamlit" / "config.toml").read_text())
    assert written["server"]["trustedUserHeaders"] == f'{{"{SID_HEADER}": "{SID_KEY}"}}'
    assert written["client"]["showErrorDetails"] == "none"
    assert written["runner"]["magicEnabled"] is False


def test_behind_https_the_cookie_is_bound_to_the_host() -> None:
    assert Settings("https://desk.example.com").cookie == "__Host-stormdesk_sid"
    assert Settings(None).cookie == "stormdesk_sid"


def test_there_is_no_pages_folder_which_streamlit_would_serve_past_the_gate() -> None:
    assert not list(APP.parent.rglob("pages"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_page_draws_raw_html_or_asks_the_clock(source: Path) -> None:
    written = source.read_text(encoding="utf-8")
    for forbidden in ("unsafe_allow", "datetime.now", "date.today", "time.time"):
        assert forbidden not in written


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_fragments_and_dialogs_start_from_a_resolved_actor(source: Path) -> None:
    """A fragment skips the entry script, so each asks the gate itself."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        decorators = {ast.unparse(decorator).split("(")[0] for decorator in function.decorator_list}
        if decorators & {"st.fragment", "st.dialog"}:
            asks = {"gate.current_actor", "current_actor", "require", "gate.require"}
            called = {
                ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)
            }
            assert called & asks, f"{function.name} asks nobody who is there"


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.path)
def test_a_pages_permission_is_one_somebody_holds(spec: PageSpec) -> None:
    assert isinstance(spec.permission, Permission)
    assert any(spec.permission in held for held in ALLOWED.values())
