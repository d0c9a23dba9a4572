"""The whole app run in process, as any person, at any address."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import dashboard
from dashboard.auth import identity
from dashboard.components import engine_banner
from tests.factories.defaults import STORM_AT
from tests.factories.user import make_actor
from warehouse.operations.clock import found_database, set_replay_clock
from warehouse.operations.engine import beat
from warehouse.operations.sessions import SESSION_LIFE
from warehouse.queries.clock import read_clock
from warehouse.queries.engine_watch import DRIVEN, REPLAY_DRIVEN
from warehouse.schema.people import BrowserSession
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Role

APP = Path(dashboard.__file__).parent / "app.py"
PATIENCE_SECONDS = 60

OpenPage = Callable[..., AppTest]


@pytest.fixture
def replayed(database: str) -> str:
    """Put the desk at the storm's morning, where time stands still and the engine runs."""
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=True, at=STORM_AT)
        set_replay_clock(session, SYSTEM, replayed_at=STORM_AT, speed=0)
        # An hour ahead: a test that takes minutes must not see the engine fall silent.
        ticked_at = read_clock(session).server_at + timedelta(hours=1)
        for component in (*DRIVEN, *REPLAY_DRIVEN):
            beat(session, component, at=ticked_at, every_seconds=4)
    engine_banner.list_what_is_late.clear()
    return database


@pytest.fixture
def open_page(replayed: str, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Give a function that opens an address as a person, or as a stranger."""
    monkeypatch.setattr(identity, "_installed", True)

    def run(path: str, actor: Actor | None = None, **query: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=PATIENCE_SECONDS)
        page._page_hash = calc_hash(path) if path else ""
        page.user = {"sid": start_session(actor)} if actor else {}
        page.query_params.update(query)
        return page.run()

    return run


def start_session(actor: Actor) -> str:
    """Insert a live session of somebody and give the id its cookie would hold."""
    sid = secrets.token_urlsafe(32)
    with transaction(Access.OWNER) as session:
        now = read_clock(session).server_at
        session.add(
            BrowserSession(
                sid_sha256=sha256(sid.encode()).digest(),
                user_id=actor.user_id,
                session_epoch=1,
                created_at=now,
                seen_at=now,
                expires_at=now + SESSION_LIFE,
            )
        )
    return sid


def add_actor(*roles: Role, **overrides: object) -> Actor:
    """Insert somebody in these roles."""
    with transaction(Access.OWNER) as session:
        return make_actor(session, *roles, **overrides)
