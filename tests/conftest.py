"""A real Postgres for every test: one server, one migrated template, one fresh copy each."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic import command
from alembic.config import Config

from stormdesk import embedded
from stormdesk.credentials import password_of
from stormdesk.embedded import EmbeddedServer
from stormdesk.roles import set_password
from tests.databases import USERS, database_for
from warehouse.session import Access, forget_engines

pytest_plugins = ["tests.worlds"]

PROJECT = Path(__file__).parent.parent
SHARED = "STORMDESK_SHARED"


def pytest_configure() -> None:
    """Keep a developer's own settings out of the tests."""
    for name in list(os.environ):
        is_for_tests = name.startswith("STORMDESK_TEST_") or name == SHARED
        if name.startswith("STORMDESK_") and not is_for_tests:
            del os.environ[name]


@pytest.fixture(scope="session")
def shared_fixtures() -> Path:
    """Payloads written by others, read in place: see STORMDESK_SHARED, or a folder beside us."""
    folder = Path(os.environ.get(SHARED) or PROJECT.parent / "shared") / "fixtures"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: set {SHARED} to the folder that holds fixtures/")
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """Give one embedded server per test process, outside what pytest tidies up by itself."""
    with TemporaryDirectory(prefix="stormdesk-test-", ignore_cleanup_errors=True) as home:
        running = embedded.start(Path(home), durable=False)
        yield running
        running.stop()


@pytest.fixture(scope="session")
def template(server: EmbeddedServer) -> str:
    """Give the name of a migrated database to copy."""
    server.create_database("template_stormdesk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(Access.OWNER.value, server.url("template_stormdesk"))
        command.upgrade(Config(toml_file=PROJECT / "pyproject.toml"), "head")
        forget_engines()
    with server.connect() as superuser:
        for role in (USERS[Access.PIPELINE], USERS[Access.DASHBOARD]):
            set_password(superuser, role, password_of(server.home, role))
    return "template_stormdesk"


@pytest.fixture
def database(server: EmbeddedServer, template: str) -> Iterator[str]:
    """Give a fresh migrated database and point all three accesses at it."""
    with database_for(server, template) as name:
        yield name
