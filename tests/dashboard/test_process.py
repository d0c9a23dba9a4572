"""The dashboard's process: who it takes a request to be from, and when it refuses to start."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from starlette.responses import Response

from dashboard import launch
from dashboard.auth.identity import Identity, sid_of
from dashboard.auth.routes import set_cookie
from dashboard.auth.security_headers import content_security_policy
from dashboard.settings import Settings
from tests.pipelines.servers import free_port
from warehouse.session import Access

SID = "s" * 43
PLAIN, HTTPS = Settings(), Settings("https://desk.example.com")


def headers_seen(kind: str, *sent: tuple[bytes, bytes], settings: Settings = PLAIN) -> list:
    """Send a request through the middleware and give the identity headers that came out."""
    seen = []

    async def app(scope, _receive, _send) -> None:
        seen.extend(scope["headers"])

    asyncio.run(Identity(app, settings)({"type": kind, "headers": list(sent)}, None, None))
    return [value for name, value in seen if name.lower() == b"x-stormdesk-sid"]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("name", [b"x-stormdesk-sid", b"X-Stormdesk-Sid", b"X-STORMDESK-SID"])
def test_a_clients_own_header_is_dropped(kind: str, name: bytes) -> None:
    assert headers_seen(kind, (name, b"forged")) == []
    cookie = (b"cookie", f"stormdesk_sid={SID}".encode())
    assert headers_seen(kind, (name, b"forged"), cookie, (name, b"again")) == [SID.encode()]


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "other=1",
        "stormdesk_sid=",
        "stormdesk_sid=short",
        "stormdesk_sid=" + "é" * 43,
        "stormdesk_sid=" + "s" * 101,
        f"__Host-stormdesk_sid={SID}",
    ],
)
def test_what_is_no_session_id_becomes_no_header(cookie: str) -> None:
    assert headers_seen("websocket", (b"cookie", cookie.encode("latin-1"))) == []


def test_behind_https_only_the_prefixed_cookie_counts() -> None:
    plain = (b"cookie", f"stormdesk_sid={SID}".encode())
    bound = (b"cookie", f"__Host-stormdesk_sid={SID}".encode())
    assert headers_seen("http", plain, settings=HTTPS) == []
    assert headers_seen("http", plain, bound, settings=HTTPS) == [SID.encode()]
    assert sid_of([plain, bound], HTTPS.cookie) == SID


@pytest.mark.parametrize(("settings", "is_secure"), [(PLAIN, False), (HTTPS, True)])
def test_the_cookie_is_guarded(settings: Settings, is_secure: bool) -> None:
    response = Response()
    set_cookie(response, settings, SID, 60)
    parts = response.headers["set-cookie"].lower().split("; ")
    assert {"httponly", "samesite=strict", "path=/"} <= set(parts)
    assert ("secure" in parts) is is_secure
    assert not [part for part in parts if part.startswith("domain")]


def test_the_policy_names_streamlits_inline_script_by_its_hash() -> None:
    scripts = content_security_policy().split("script-src ")[1].split(";")[0]
    assert "sha256-" in scripts
    assert "unsafe" not in scripts


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"STREAMLIT_SERVER_TRUSTED_USER_HEADERS": "{}"},
            "The dashboard cannot tell who its users are",
        ),
        ({Access.DASHBOARD.value: ""}, "STORMDESK_DASHBOARD_DATABASE_URL is not set"),
    ],
)
def test_it_refuses_to_start_with_one_sentence(
    tmp_path: Path, changed: dict[str, str], sentence: str
) -> None:
    settings = {Access.DASHBOARD.value: "postgresql+psycopg://nobody@localhost/none"} | changed
    outcome = subprocess.run(
        launch.command(port=free_port()),
        cwd=tmp_path,
        env=os.environ | settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert outcome.returncode != 0
    assert sentence in outcome.stderr
    assert "Traceback" not in outcome.stderr
