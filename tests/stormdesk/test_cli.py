import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from psycopg import errors as postgres
from sqlalchemy.exc import OperationalError

from ml.errors import ColumnsMissing
from pipelines.sources.source_frame import SourceCorrupt
from stormdesk.errors import DatabaseRefused, StateFolderUnusable
from stormdesk.explained import explained
from stormdesk.services import all_services
from stormdesk.settings import Settings
from stormdesk.state_folder import refuse_full_disk
from warehouse.errors import NotFound

HOME = Path("/home/of/stormdesk")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stormdesk", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_refused(outcome: subprocess.CompletedProcess[str], sentence: str, remedy: str) -> None:
    assert outcome.returncode == 1
    assert "Traceback" not in outcome.stderr
    first, second = outcome.stderr.splitlines()
    assert re.search(sentence, first)
    assert re.search(remedy, second)


def test_help_shows_every_command_with_an_example():
    overview = run("--help").stdout
    commands = re.findall(r"^│ ([a-z-]+)  +\S", overview, re.MULTILINE)
    assert {"up", "demo", "doctor", "migrate", "check-schema", "serve"} <= set(commands)
    helped = run("up", "--help")
    assert "Example: STORMDESK_DASHBOARD_PORT=8600 stormdesk up" in helped.stdout


def test_an_unknown_command_is_a_matter_of_usage():
    outcome = run("sleep")
    assert outcome.returncode == 2
    assert "No such command 'sleep'" in outcome.stderr


def test_a_taken_port_is_said_before_anything_is_made(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        home = tmp_path / "home"
        outcome = run("up", STORMDESK_HOME=str(home), STORMDESK_DASHBOARD_PORT=port)
    assert_refused(outcome, f"dashboard cannot listen on 127.0.0.1:{port}", "STORMDESK_DASHBOARD_")
    assert not (home / "postgres").exists()


def test_a_file_in_place_of_the_state_folder_is_said(tmp_path):
    (tmp_path / "home").write_text("")
    outcome = run("up", STORMDESK_HOME=str(tmp_path / "home"))
    assert_refused(outcome, "a file stands where the folder should be", "STORMDESK_HOME")


def test_an_unreachable_database_is_said(tmp_path):
    url = "postgresql://owner@127.0.0.1:1/desk"
    outcome = run("migrate", STORMDESK_HOME=str(tmp_path), STORMDESK_DATABASE_URL=url)
    assert_refused(outcome, "desk at 127.0.0.1 cannot be reached: Connection refused", "unset")


def run_on_a_disk(mount_options: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run `up` on a file system of its own, which no other process sees."""
    mount = f"mount -t tmpfs -o size=30m tmpfs {home} && mount -o remount,{mount_options} {home}"
    outcome = subprocess.run(
        ["unshare", "-m", "sh", "-c", f"{mount} && exec {sys.executable} -m stormdesk up"],
        env=os.environ | {"STORMDESK_HOME": str(home / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare failed" in outcome.stderr or "mount:" in outcome.stderr:
        pytest.skip("this machine lets nobody mount a disk for a test")
    return outcome


def test_a_full_disk_is_said(tmp_path):
    outcome = run_on_a_disk("rw", tmp_path)
    assert_refused(outcome, r"the disk is full: \d+ MB are free and 2048 MB are needed", "Free")


def test_a_later_run_needs_less_room_than_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda _place: SimpleNamespace(f_bavail=3, f_frsize=1 << 29))
    with pytest.raises(StateFolderUnusable, match="1536 MB are free and 2048 MB are needed"):
        refuse_full_disk(tmp_path)
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    refuse_full_disk(tmp_path)


def test_a_read_only_disk_is_said(tmp_path):
    outcome = run_on_a_disk("ro", tmp_path)
    assert_refused(outcome, "it lies on a read-only file system", "STORMDESK_HOME")


@pytest.mark.parametrize("url", ["mysql://owner@db/desk", "nonsense", "postgresql://owner@db"])
def test_what_is_no_address_of_a_database_is_said(tmp_path, url):
    outcome = run("migrate", STORMDESK_HOME=str(tmp_path), STORMDESK_DATABASE_URL=url)
    assert_refused(outcome, "is not the address of a PostgreSQL database", "postgresql://owner")


def test_a_setting_that_means_nothing_is_named(tmp_path):
    outcome = run("doctor", STORMDESK_HOME=str(tmp_path), STORMDESK_SMTP_PORT="many")
    assert_refused(outcome, "STORMDESK_SMTP_PORT is 'many'", "Correct or unset it")


def test_a_service_without_its_database_is_refused(tmp_path):
    outcome = run("serve", "dashboard", STORMDESK_HOME=str(tmp_path))
    assert_refused(outcome, "dashboard needs STORMDESK_DASHBOARD_DATABASE_URL", "stormdesk up")


def test_an_unknown_service_is_answered_with_the_known_ones(tmp_path):
    outcome = run("serve", "kitchen", STORMDESK_HOME=str(tmp_path))
    assert_refused(outcome, "There is no service kitchen", ", ".join(all_services(Settings())))


@pytest.mark.parametrize(
    "refusal",
    [
        NotFound("alert", 7),
        ColumnsMissing("flights", ["origin"]),
        SourceCorrupt("flights.csv", "it ends within line 12"),
    ],
)
def test_the_named_refusals_of_every_package_keep_their_sentence(refusal):
    assert explained(refusal, HOME).sentence == str(refusal)


def test_what_the_database_refuses_is_explained():
    full = OperationalError("INSERT …", {}, postgres.DiskFull("could not extend file"))
    lost = OperationalError("SELECT 1", {}, postgres.AdminShutdown("terminating connection"))
    assert isinstance(explained(full, HOME), StateFolderUnusable)
    assert isinstance(explained(lost, HOME), DatabaseRefused)


def test_a_mistake_of_ours_is_not_dressed_up_as_a_refusal():
    assert explained(KeyError("leg"), HOME) is None
