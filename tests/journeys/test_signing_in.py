"""Signing in and out in a real browser, and what a stranger cannot do."""

import re
from datetime import UTC, datetime

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select, text
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.journeys.conftest import NewPage
from tests.journeys.desk import PASSWORD, Desk, fill_form
from warehouse.operations import people, sessions, sign_ins
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role

pytestmark = pytest.mark.browser
EPOCH = datetime(2013, 12, 10, 11, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _people(desk: Desk) -> None:
    desk.add_person("mara", Role.AGENT)
    desk.add_person("tom", Role.MANAGER)
    desk.add_person("ada", Role.CUSTOMER)


def account(page: Page):
    return page.get_by_test_id("stPopover").first


def form(page: Page):
    return page.get_by_label("User name")


def sid_of(context: BrowserContext) -> str:
    (cookie,) = [cookie for cookie in context.cookies() if cookie["name"] == "stormdesk_sid"]
    return cookie["value"]


def sign_out(page: Page) -> None:
    account(page).get_by_role("button").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(form(page)).to_be_visible()


def test_a_reload_and_a_second_tab_keep_somebody_signed_in(desk: Desk, page: Page) -> None:
    desk.sign_in(page, "mara", "audit")
    page.reload()
    expect(account(page)).to_contain_text("Mara")
    second = page.context.new_page()
    second.goto(f"{desk.url}/audit")
    expect(account(second)).to_contain_text("Mara")


def test_the_address_asked_for_survives_signing_in(desk: Desk, page: Page) -> None:
    desk.sign_in(page, "tom", "audit?audit_who=mara")
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    expect(page.get_by_label("Who")).to_have_value("mara")


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(desk: Desk, page: Page) -> None:
    desk.sign_in(page, "mara", "audit")
    (cookie,) = [held for held in page.context.cookies() if held["name"] == "stormdesk_sid"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert "stormdesk_sid" not in page.evaluate("document.cookie")


def test_a_wrong_password_and_an_unknown_name_read_the_same(desk: Desk, page: Page) -> None:
    for name in ("mara", "nobody-at-all"):
        page.goto(desk.url)
        fill_form(page, name, "not the password")
        expect(page.get_by_text(sign_ins.REFUSED)).to_be_visible()
    expect(account(page)).not_to_be_visible()
    assert "stormdesk_sid" not in str(page.context.cookies())


def test_signing_out_ends_it_in_every_tab_and_for_the_old_cookie(
    desk: Desk, page: Page, new_page: NewPage
) -> None:
    desk.sign_in(page, "mara", "audit")
    second = page.context.new_page()
    second.goto(f"{desk.url}/audit")
    expect(account(second)).to_be_visible()
    sid = sid_of(page.context)
    sign_out(page)
    expect(form(second)).to_be_visible()
    thief = new_page()
    thief.context.add_cookies([{"name": "stormdesk_sid", "value": sid, "url": desk.url}])
    thief.goto(f"{desk.url}/audit")
    expect(form(thief)).to_be_visible()


def test_a_revoked_session_shows_the_form_at_the_next_tick(desk: Desk, page: Page) -> None:
    mara = desk.actors["mara"]
    desk.sign_in(page, "mara", "audit")
    with transaction(Access.OWNER) as session:
        sessions.revoke_sessions_of(session, SYSTEM, mara.user_id, at=EPOCH, reason="lost laptop")
    expect(form(page)).to_be_visible()


def test_a_change_of_roles_reaches_an_open_page_at_the_next_tick(desk: Desk, page: Page) -> None:
    ida = desk.add_person("ida", Role.MANAGER)
    desk.sign_in(page, "ida", "audit")
    expect(page.get_by_role("button", name="Verify")).to_be_visible()
    with transaction(Access.OWNER) as session:
        people.change_roles(session, SYSTEM, ida.user_id, [Role.AGENT], at=EPOCH)
    expect(form(page)).to_be_visible()
    fill_form(page, "ida", PASSWORD)
    expect(account(page)).to_be_visible()
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    expect(page.get_by_role("button", name="Verify")).not_to_be_visible()


def test_a_customer_cannot_open_the_inbox_by_its_address(desk: Desk, page: Page) -> None:
    desk.sign_in(page, "ada", "inbox")
    expect(page.get_by_text("Inbox is not open to you")).to_be_visible()
    expect(page.get_by_role("link", name="Inbox")).not_to_be_visible()
    with transaction(Access.OWNER) as session:
        refused = session.scalars(select(Entry).where(Entry.tag == "permission.refused")).all()
    assert [(entry.actor_username, entry.after) for entry in refused] == [
        ("ada", {"permission": "see_alerts", "act": "open the page Inbox"})
    ]


def test_a_stranger_sees_the_form_at_every_address(desk: Desk, page: Page) -> None:
    for path in ("", "inbox", "alert?id=1", "forecast", "my_trips", "audit", "home"):
        page.goto(f"{desk.url}/{path}")
        expect(form(page)).to_be_visible()
        expect(account(page)).not_to_be_visible()


def test_a_header_a_client_sends_identifies_nobody(
    desk: Desk, page: Page, new_page: NewPage
) -> None:
    desk.sign_in(page, "mara", "audit")
    liar = new_page(extra_http_headers={"x-stormdesk-sid": sid_of(page.context)})
    liar.goto(f"{desk.url}/audit")
    expect(form(liar)).to_be_visible()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_only_our_own_page_may_claim_a_session(desk: Desk, origin: str | None) -> None:
    headers = {"origin": origin} if origin else {}
    answer = requests.post(f"{desk.url}/session/claim", b"x" * 43, headers=headers, timeout=10)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_ticket_from_nowhere_opens_nothing(desk: Desk) -> None:
    for body in (b"", b"x" * 43, b"\xff" * 10, b"x" * 100_000):
        answer = requests.post(
            f"{desk.url}/session/claim", body, headers={"origin": desk.url}, timeout=10
        )
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_another_sites_link_signs_nobody_out(desk: Desk, page: Page) -> None:
    desk.sign_in(page, "mara", "audit")
    cookie = {"stormdesk_sid": sid_of(page.context)}
    requests.get(
        f"{desk.url}/auth/logout",
        cookies=cookie,
        headers={"sec-fetch-site": "cross-site"},
        allow_redirects=False,
        timeout=10,
    )
    page.reload()
    expect(account(page)).to_contain_text("Mara")


def test_knowing_a_streamlit_session_id_gives_a_stranger_nothing(desk: Desk, page: Page) -> None:
    frames: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(f)))
    desk.sign_in(page, "tom", "audit")
    victim = session_ids(frames)[-1]
    stranger = run_script(desk, session_id=victim)
    assert "User name" in words_of(stranger)
    assert "Tom" not in words_of(stranger)
    assert victim not in session_ids(stranger)
    expect(account(page)).to_contain_text("Tom")
    owner = run_script(desk, session_id=victim, cookie=sid_of(page.context))
    assert "Tom" in words_of(owner)


def run_script(desk: Desk, *, session_id: str, cookie: str | None = None) -> list[bytes]:
    """Speak Streamlit's own protocol: resume a session, run the script, give what came back."""
    rerun = BackMsg()
    rerun.rerun_script.query_string = ""
    headers = {"cookie": f"stormdesk_sid={cookie}"} if cookie else {}
    received: list[bytes] = []
    with connect(
        f"{desk.url.replace('http', 'ws')}/_stcore/stream",
        subprotocols=["streamlit", "x", session_id],
        origin=desk.url,
        additional_headers=headers,
    ) as socket:
        socket.send(rerun.SerializeToString())
        while not received or ForwardMsg.FromString(received[-1]).WhichOneof("type") != (
            "script_finished"
        ):
            received.append(socket.recv(timeout=30))
    return received


def session_ids(frames: list[bytes]) -> list[str]:
    messages = [ForwardMsg.FromString(frame) for frame in frames]
    return [
        message.new_session.initialize.session_id
        for message in messages
        if message.WhichOneof("type") == "new_session"
    ]


def words_of(frames: list[bytes]) -> str:
    return b"".join(frames).decode(errors="ignore")


def test_every_answer_carries_the_guards_and_no_script_may_be_slipped_in(
    desk: Desk, page: Page
) -> None:
    answer = requests.get(desk.url, timeout=10)
    policy = answer.headers["content-security-policy"]
    assert re.search(r"script-src 'self' blob: 'sha256-[^']+';", policy)
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text))
    desk.sign_in(page, "mara", "audit")
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    assert [line for line in complaints if "Content Security Policy" in line] == []


def test_no_page_asks_anything_of_another_host(desk: Desk, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    desk.sign_in(page, "tom", "audit")
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    foreign = [url for url in asked if not url.startswith((desk.url, "data:", "blob:"))]
    assert foreign == []


def test_the_desk_says_when_it_is_ready_and_when_the_schema_is_another(desk: Desk) -> None:
    assert requests.get(f"{desk.url}/readyz", timeout=10).json() == {"ready": True, "why": None}
    move = "UPDATE public.alembic_version SET version_num = :version RETURNING version_num"
    with transaction(Access.OWNER) as session:
        newest = session.scalar(text("SELECT version_num FROM public.alembic_version"))
        session.execute(text(move), {"version": "0000"})
    answer = requests.get(f"{desk.url}/readyz", timeout=10)
    with transaction(Access.OWNER) as session:
        session.execute(text(move), {"version": newest})
    assert answer.status_code == 503
    assert "stormdesk migrate" in answer.json()["why"]
