"""The database Stormdesk works on: the embedded one, or one the user names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote

import psycopg
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from stormdesk import embedded
from stormdesk.credentials import DAGSTER, DASHBOARD, OWNER, PIPELINE, password_of
from stormdesk.errors import DatabaseRefused
from stormdesk.roles import ensure_database, ensure_role, set_password
from stormdesk.services import DAGSTER_URL, DASHBOARD_URL, OWNER_URL, PIPELINE_URL
from stormdesk.settings import Settings
from stormdesk.state_folder import open_state_folder

OLDEST_SERVER_VERSION = 160000
_UNSET = {
    OWNER_URL: "the embedded PostgreSQL",
    DAGSTER_URL: f"a database of Dagster's own beside {OWNER_URL}",
}
"""What a setting means when it is not set."""


@dataclass(frozen=True)
class Database:
    """The URLs of everyone who uses the database; the owner's is for the command line only."""

    urls: dict[str, str]
    server: embedded.EmbeddedServer | None = None
    """The embedded server, where it is one."""

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Connect as the owner, outside any transaction."""
        return _connected(make_url(self.urls[OWNER_URL]))

    @property
    def identity(self) -> str:
        """Tell this database from one that was dropped and created again under its name."""
        statement = "SELECT oid FROM pg_database WHERE datname = current_database()"
        with self.connect() as connection:
            row = connection.execute(statement).fetchone()
        url = make_url(self.urls[OWNER_URL])
        return f"{url.host or 'embedded'}/{url.database}#{row[0] if row else 0}"


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """Reach the database, and point this process's environment at it.

    Yields
    ------
    :
        A database that answers; the embedded server stops with the block if it was started here.
    """
    open_state_folder(settings.home)
    if settings.database_url is not None:
        database = _external(settings, settings.database_url)
        os.environ.update(database.urls)
        yield database
        return
    server = embedded.start(settings.home)
    try:
        database = Database(_embedded_urls(server), server)
        os.environ.update(database.urls)
        yield database
    finally:
        server.stop()


def _embedded_urls(server: embedded.EmbeddedServer) -> dict[str, str]:
    return {
        OWNER_URL: server.url("stormdesk", OWNER),
        PIPELINE_URL: server.url("stormdesk", PIPELINE),
        DASHBOARD_URL: server.url("stormdesk", DASHBOARD),
        DAGSTER_URL: server.url("dagster", DAGSTER, driver="psycopg2"),
    }


def _external(settings: Settings, text: str) -> Database:
    owner = _parsed(text)
    _connected(owner).close()
    urls = {
        OWNER_URL: _text(owner),
        PIPELINE_URL: settings.pipeline_database_url or _as_role(settings, owner, PIPELINE),
        DASHBOARD_URL: settings.dashboard_database_url or _as_role(settings, owner, DASHBOARD),
        DAGSTER_URL: settings.dagster_pg_url or _dagsters_own(settings, owner),
    }
    dagster = make_url(urls[DAGSTER_URL])
    _let_dagster_in(owner, dagster)
    _connected(dagster, DAGSTER_URL).close()
    return Database(urls)


def _as_role(settings: Settings, owner: URL, role: str) -> str:
    return _text(owner.set(username=role, password=password_of(settings.home, role)))


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as failure:
        raise _not_a_url() from failure
    if url.get_backend_name() != "postgresql" or not url.database:
        raise _not_a_url()
    return url.set(drivername="postgresql+psycopg")


def _not_a_url() -> DatabaseRefused:
    return DatabaseRefused(
        f"{OWNER_URL} is not the address of a PostgreSQL database.",
        "Write it as postgresql://owner:password@host:5432/stormdesk, or unset it.",
    )


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _connected(url: URL, variable: str = OWNER_URL) -> psycopg.Connection[tuple[object, ...]]:
    """Connect to a URL of ours, in words if it fails."""
    address = _text(url.set(drivername="postgresql"))
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as failure:
        where = unquote(url.host or str(url.query.get("host", "")))
        first_line = str(failure).strip().splitlines()[0]
        reason = first_line.rpartition(" failed: ")[2].rpartition("FATAL: ")[2].strip()
        raise DatabaseRefused(
            f"The database {url.database} at {where} cannot be reached: {reason}",
            f"Start it, or correct {variable}; unset, it means {_UNSET[variable]}.",
        ) from failure
    if connection.info.server_version < OLDEST_SERVER_VERSION:
        connection.close()
        raise DatabaseRefused(
            "The database server is older than PostgreSQL 16.",
            f"Upgrade it, or unset {variable} to use {_UNSET[variable]}.",
        )
    return connection


def _dagsters_own(settings: Settings, owner: URL) -> str:
    """Name a role and a database of Dagster's own beside ours."""
    url = owner.set(database=f"{owner.database}_dagster", drivername="postgresql+psycopg2")
    return _as_role(settings, url, DAGSTER)


def _let_dagster_in(owner: URL, url: URL) -> None:
    """Create Dagster's role and database if they are ours to create and missing."""
    if url.username != DAGSTER or url.host != owner.host:
        return
    with _connected(owner) as connection:
        try:
            ensure_role(connection, DAGSTER, str(url.password), "LOGIN")
            ensure_database(connection, str(url.database), owner=DAGSTER)
        except psycopg.errors.InsufficientPrivilege as failure:
            raise DatabaseRefused(
                f"The owner of {owner.database} may not create a role and a database for Dagster.",
                f"Grant it CREATEROLE and CREATEDB, or set {DAGSTER_URL} to a database of its own.",
            ) from failure


def set_role_passwords(database: Database) -> None:
    """Give the roles that the migrations created the passwords our processes use."""
    with database.connect() as connection:
        for variable, role in ((PIPELINE_URL, PIPELINE), (DASHBOARD_URL, DASHBOARD)):
            url = make_url(database.urls[variable])
            if url.username == role:
                set_password(connection, role, str(url.password))
