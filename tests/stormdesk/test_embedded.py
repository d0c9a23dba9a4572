import errno
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from stormdesk import embedded, postgres_cluster
from stormdesk.embedded import EmbeddedServer
from stormdesk.errors import DatabaseRefused, StateFolderUnusable


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    started = embedded.start(tmp_path_factory.mktemp("server") / "home", durable=False)
    yield started
    started.stop()


def connect(server: EmbeddedServer, database: str, **changed: str) -> psycopg.Connection:
    url = server.url(database, driver="psycopg").replace("+psycopg", "")
    return psycopg.connect(url, **changed)


def test_the_owner_is_no_superuser_and_owns_the_record_but_not_dagsters_tables(server):
    with connect(server, "stormdesk") as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owned = connection.execute(
            "SELECT datname FROM pg_database WHERE datdba = current_user::regrole ORDER BY 1"
        ).fetchall()
    assert rights == (False, True)
    assert owned == [("stormdesk",)]


def test_a_wrong_password_opens_nothing(server):
    for user in ("postgres", "stormdesk_owner"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(server, "stormdesk", user=user, password="guess")


def test_the_server_listens_on_no_network_port(server):
    process = psutil.Process(server.process.pid)
    assert not [c for c in process.net_connections("inet") if c.status == "LISTEN"]


def test_secrets_and_sockets_are_closed_to_other_users(server):
    for path in (server.home / "secrets" / "postgres", server.socket_folder):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_database_is_copied_from_a_template_and_dropped(server):
    with connect(server, "stormdesk") as connection:
        connection.execute("CREATE TABLE planted AS SELECT 7 AS seed")
    server.create_database("copy", template="stormdesk")
    with connect(server, "copy") as connection:
        assert connection.execute("SELECT seed FROM planted").fetchone() == (7,)
    server.drop_database("copy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(server, "copy")


def test_a_second_start_uses_the_running_server_and_leaves_it_running(server):
    second = embedded.start(server.home, durable=False)
    second.stop()
    with connect(server, "stormdesk") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def knock_until_refused(server: EmbeddedServer) -> None:
    while True:
        connect(server, "stormdesk").close()


def test_a_server_that_is_going_down_is_waited_out_and_another_started(tmp_path, monkeypatch):
    first = embedded.start(tmp_path / "home", durable=False)
    guest, wait = connect(first, "stormdesk"), postgres_cluster.time.sleep
    first.process.send_signal(signal.SIGTERM)  # waits for the guest, and lets nobody else in
    with pytest.raises(psycopg.OperationalError, match="shutting down"):
        knock_until_refused(first)
    refused = []

    def leave(seconds):
        refused.append(seconds)
        guest.close()
        wait(seconds)

    monkeypatch.setattr(postgres_cluster.time, "sleep", leave)
    second = embedded.start(tmp_path / "home", durable=False)
    assert refused
    assert second.process is not None
    with connect(second, "stormdesk") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.stop()
    first.stop()


def test_a_password_that_no_longer_fits_is_refused_in_words(server):
    file = server.home / "secrets" / "postgres"
    kept = file.read_text()
    file.write_text("forgotten")
    with pytest.raises(DatabaseRefused, match="does not accept the password"):
        embedded.start(server.home, durable=False)
    file.write_text(kept)


def test_data_outlives_a_stop(tmp_path):
    first = embedded.start(tmp_path / "home", durable=False)
    with connect(first, "stormdesk") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")
    first.stop()
    second = embedded.start(tmp_path / "home", durable=False)
    with connect(second, "stormdesk") as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    second.stop()


def test_a_stale_process_file_of_a_killed_server_is_cleared(tmp_path):
    home = tmp_path / "home"
    first = embedded.start(home, durable=False)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    note = home / "postgres" / "data" / "postmaster.pid"
    lines = note.read_text().splitlines()
    note.write_text("\n".join([str(os.getpid()), *lines[1:]]))  # its number was given away
    first.stop()
    second = embedded.start(home, durable=False)
    with connect(second, "stormdesk") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.stop()


def test_an_empty_process_file_is_cleared(tmp_path):
    note = tmp_path / "postmaster.pid"
    note.write_text("")
    assert postgres_cluster.running_process_id(tmp_path) is None
    assert not note.exists()


def test_a_half_made_cluster_is_removed_and_made_again(tmp_path):
    place = tmp_path / "home" / "postgres"
    for name in ("unfinished-1", "unfinished-2"):
        (place / name / "base").mkdir(parents=True)
    (place / "password-x").write_text("secret")
    server = embedded.start(tmp_path / "home", durable=False)
    left = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    server.stop()
    assert left == ["data"]


def test_a_long_path_gets_a_short_private_socket_folder(tmp_path):
    home = tmp_path / ("long-" * 20) / "home"
    server = embedded.start(home, durable=False)
    short = server.socket_folder
    with connect(server, "stormdesk") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert stat.S_IMODE(short.stat().st_mode) == 0o700
    server.stop()
    assert not short.exists()


def test_a_short_folder_that_others_can_enter_is_not_trusted(tmp_path):
    place = tmp_path / ("long-" * 20)
    short = postgres_cluster.socket_folder_of(place, None)
    short.chmod(0o777)
    with pytest.raises(StateFolderUnusable, match="another user made it"):
        postgres_cluster.socket_folder_of(place, None)
    short.rmdir()


def test_a_killed_starter_takes_its_server_with_it(tmp_path):
    program = (
        "import sys; from pathlib import Path; from stormdesk import embedded;"
        "server = embedded.start(Path(sys.argv[1]), durable=False);"
        "print(server.process.pid, flush=True); sys.stdin.read()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "home")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    server = psutil.Process(int(starter.stdout.readline()))
    starter.kill()
    starter.communicate()
    server.wait(30)
    assert not (tmp_path / "home" / "postgres" / "data" / "postmaster.pid").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "home").write_text("")
    with pytest.raises(StateFolderUnusable, match="a file stands where the folder should be"):
        embedded.start(tmp_path / "home")


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "may not write")],
)
def test_what_the_system_refuses_is_said_in_words(tmp_path, monkeypatch, number, words):
    def refuse(*_args, **_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(StateFolderUnusable, match=words):
        embedded.start(tmp_path / "home")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets a folder of somebody else's")
def test_another_users_folder_is_refused(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 12345, 12345)
    with pytest.raises(StateFolderUnusable, match="belongs to another user"):
        embedded.start(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user needs no second account")
def test_root_opens_a_private_folder_to_the_databases_account_only(tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = embedded.start(private / "home", durable=False)
    stranger = subprocess.run(
        ["ls", str(private / "home" / "postgres")], user=65534, group=65534, extra_groups=[],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    server.stop()
    assert "Permission denied" in stranger.stderr


def test_a_broken_cluster_is_quoted_in_one_sentence(tmp_path):
    server = embedded.start(tmp_path / "home", durable=False)
    server.stop()
    (tmp_path / "home" / "postgres" / "data" / "PG_VERSION").write_text("11\n")
    with pytest.raises(DatabaseRefused, match=r"did not start: .*incompatible"):
        embedded.start(tmp_path / "home", durable=False)


def test_a_socket_folder_never_exceeds_what_the_kernel_takes():
    longest = "/" + "x" * (postgres_cluster.LONGEST_SOCKET_FOLDER_BYTES - 1)
    address = f"{longest}/.s.PGSQL.5432.lock"
    with socket.socket(socket.AF_UNIX) as trial, pytest.raises(FileNotFoundError):
        trial.connect(address)
