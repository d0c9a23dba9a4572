"""The embedded PostgreSQL: private to this user, and gone when its starter is."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from stormdesk.credentials import DAGSTER, OWNER, SUPERUSER, password_of
from stormdesk.errors import DatabaseRefused
from stormdesk.leash import Leash
from stormdesk.postgres_account import postgres_account
from stormdesk.postgres_cluster import (
    PORT,
    answers_before_it_ends,
    create_cluster,
    launch,
    open_place,
    running_process_id,
    socket_folder_of,
    wait_until_ready,
)
from stormdesk.restarts import Restarts
from stormdesk.roles import ensure_role
from stormdesk.state_folder import (
    LOCK_PATIENCE_SECONDS,
    held_lock,
    open_state_folder,
    refusals_explained,
)


@dataclass
class EmbeddedServer:
    """A running server; whoever started it stops it, everyone else only connects."""

    home: Path
    socket_folder: Path
    is_durable: bool = True
    process: subprocess.Popen[bytes] | None = None
    leash: Leash | None = field(default=None, repr=False)
    restarts: Restarts = field(default_factory=Restarts, repr=False)

    @property
    def log(self) -> Path:
        """Where PostgreSQL writes its words."""
        return self.home / "logs" / "postgres.log"

    def url(self, database: str, user: str = OWNER, *, driver: str = "psycopg") -> str:
        """Build an SQLAlchemy URL; the password is generated for a role not yet known."""
        password = quote(password_of(self.home, user), safe="")
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql+{driver}://{user}:{password}@/{database}?host={host}&port={PORT}"

    def create_database(
        self, name: str, template: str | None = None, *, owner: str = OWNER
    ) -> None:
        """Create a database, as a copy of `template` if one is named."""
        # Copying files takes half as long as logging pages, but for the checkpoints around it:
        # they cost a server nothing that is not durable.
        strategy = "WAL_LOG" if self.is_durable else "FILE_COPY"
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
            sql.Identifier(name),
            sql.Identifier(owner),
            sql.Identifier(template or "template0"),
            sql.SQL(strategy),
        )
        self._run(statement)

    def drop_database(self, name: str) -> None:
        """Drop a database and end its connections; one that is not there is no matter."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def restart_ended(self) -> list[str]:
        """Start the server again if this process started it and it has ended by itself.

        Returns
        -------
        :
            A sentence where it had ended.

        Raises
        ------
        DatabaseRefused
            It ends again and again, or does not start; its reason is quoted.
        """
        if self.process is None or (code := self.process.poll()) is None:
            return []
        if not self.restarts.allow_another(time.monotonic()):
            raise DatabaseRefused(
                f"PostgreSQL stopped by itself again and again (exit code {code}).",
                f"Its last words are in {self.log}",
            )
        _run_and_wait(self)
        return [
            f"PostgreSQL stopped by itself (exit code {code}) and was started again; its log is "
            f"{self.log}"
        ]

    def stop(self) -> None:
        """End the server if this process started it, and wait until it has ended."""
        if self.process is None or self.leash is None:
            return
        self.process.send_signal(signal.SIGINT)
        self.leash.release()
        self.process.wait()
        self.process = None
        if self.socket_folder != self.home / "postgres":
            self.socket_folder.rmdir()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Connect as the superuser, outside any transaction."""
        return psycopg.connect(
            host=str(self.socket_folder),
            port=PORT,
            user=SUPERUSER,
            dbname="postgres",
            password=password_of(self.home, SUPERUSER),
            autocommit=True,
            connect_timeout=5,
        )

    def _run(self, statement: sql.Composed) -> None:
        with self.connect() as connection:
            connection.execute(statement)


def start(home: Path, *, durable: bool = True) -> EmbeddedServer:
    """Start the server of this state folder, creating it the first time.

    A server that already runs from the folder is used and left running by `stop`.

    Parameters
    ----------
    home:
        State folder; the data lies in `postgres/data` below it.
    durable:
        False gives up safety against a crash for speed: for tests only.

    Returns
    -------
    :
        A server that answers, with the role `stormdesk_owner`.

    Raises
    ------
    StateFolderUnusable
        The folder is read-only, full, another user's, or not a folder.
    DatabaseRefused
        PostgreSQL itself refused; its reason is quoted.
    """
    open_state_folder(home)
    lock = home / "postgres.lock"
    with refusals_explained(home), held_lock(lock, patience_seconds=LOCK_PATIENCE_SECONDS):
        return _started(home, durable=durable)


def _started(home: Path, *, durable: bool) -> EmbeddedServer:
    place, account = home / "postgres", postgres_account()
    open_place(place, account)
    if not (place / "data").exists():
        create_cluster(home, account, durable=durable)
    server = EmbeddedServer(home, socket_folder_of(place, account), durable)
    if not _joins_running(server, place / "data"):
        server.leash = Leash()
        _run(server)
    try:
        _make_ready(server)
    except BaseException:
        server.stop()
        raise
    return server


def _run(server: EmbeddedServer) -> None:
    account = postgres_account()
    server.process = launch(server.home, server.socket_folder, account, durable=server.is_durable)
    if server.leash is not None:
        server.leash.hold(server.process.pid, signal.SIGINT, grace_seconds=30)


def _run_and_wait(server: EmbeddedServer) -> None:
    # The children of a killed server hold its shared memory until they notice.
    running_process_id(server.home / "postgres" / "data")
    _run(server)
    _make_ready(server)


def _joins_running(server: EmbeddedServer, data: Path) -> bool:
    """Tell whether somebody's server runs on the files, and wait until it answers or is gone."""

    def has_ended() -> bool:
        return running_process_id(data) is None

    return answers_before_it_ends(has_ended, server.connect, server.log)


def _make_ready(server: EmbeddedServer) -> None:
    own = server.process

    def has_ended() -> bool:
        return own is not None and own.poll() is not None

    wait_until_ready(has_ended, server.connect, server.log)
    _give_owners_their_databases(server)


def _give_owners_their_databases(server: EmbeddedServer) -> None:
    with server.connect() as connection:
        ensure_role(connection, OWNER, password_of(server.home, OWNER), "LOGIN CREATEROLE CREATEDB")
        ensure_role(connection, DAGSTER, password_of(server.home, DAGSTER), "LOGIN")
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    known = {row[0] for row in rows}
    for name, owner in (("stormdesk", OWNER), ("dagster", DAGSTER)):
        if name not in known:
            server.create_database(name, owner=owner)
