import io
import json
import os
import re
import stat
import sys
from types import SimpleNamespace

import psycopg
import pytest
from rich.console import Console
from sqlalchemy import text

from stormdesk import embedded, stages
from stormdesk.database import Database, opened_database
from stormdesk.demo_database import demo_database
from stormdesk.errors import AlreadyRunning, DatabaseRefused, StateFolderUnusable
from stormdesk.services import OWNER_URL
from stormdesk.state_folder import held_lock, open_state_folder
from stormdesk.welcome import SignIn, kept_sign_ins, show_welcome
from warehouse.session import Access, forget_engines, transaction

ANNA = SignIn("anna", "agent", "correct-horse")


class FakeStory(SimpleNamespace):
    """Counts what the real story would do for minutes, and can be interrupted."""

    def __init__(self) -> None:
        super().__init__(prepared=0, created=0, is_interrupted=False)

    def prepare(self, progress) -> None:
        with progress.step("Loading", total=2) as advance:
            advance(1)
            if self.is_interrupted:
                raise KeyboardInterrupt
        self.prepared += 1

    def create_users(self) -> list[SignIn]:
        self.created += 1
        return [ANNA]


@pytest.fixture
def story(monkeypatch):
    fake = FakeStory()
    monkeypatch.setitem(sys.modules, "stormdesk.story", fake)
    return fake


@pytest.fixture
def settings(make_settings, server, database, monkeypatch):
    """Name the test's database as one of the user's own."""
    chosen = make_settings(database_url=server.url(database))
    for name in ("STORMDESK_PIPELINE_DATABASE_URL", "STORMDESK_DASHBOARD_DATABASE_URL"):
        monkeypatch.setenv(name, os.environ[name])
    monkeypatch.setattr("stormdesk.stages.bring_schema_up_to_date", lambda _database: None)
    open_state_folder(chosen.home)
    return chosen


def get_ready(settings) -> list[SignIn]:
    record = Database({OWNER_URL: settings.database_url})
    return stages.get_ready(settings, record, Console(file=io.StringIO()))


def test_a_second_run_repeats_nothing(settings, story):
    assert get_ready(settings) == [ANNA]
    get_ready(settings)
    assert (story.prepared, story.created) == (1, 1)


def test_an_interrupted_stage_is_begun_again(settings, story):
    story.is_interrupted = True
    with pytest.raises(KeyboardInterrupt):
        get_ready(settings)
    story.is_interrupted = False
    get_ready(settings)
    assert (story.prepared, story.created) == (1, 1)


def test_what_libraries_say_goes_to_a_log(settings, story, monkeypatch, capfd):
    def talk(_progress) -> None:
        os.write(2, b"RESOURCE_INIT_STARTED")

    monkeypatch.setattr(story, "prepare", talk)
    get_ready(settings)
    assert "RESOURCE_INIT_STARTED" not in capfd.readouterr().err
    assert "RESOURCE_INIT_STARTED" in (settings.logs / "first-run.log").read_text()


def test_a_database_created_anew_begins_from_the_first_stage(settings, story):
    get_ready(settings)
    file = settings.home / "stages.json"
    record = json.loads(file.read_text())
    file.write_text(json.dumps(record | {"database": "another#1"}))
    get_ready(settings)
    assert story.prepared == 2


@pytest.mark.parametrize("text", ['{"done": [', "[]", "{}", "\x00\x00"])
def test_a_damaged_record_of_stages_is_said(settings, story, text):
    (settings.home / "stages.json").write_text(text)
    with pytest.raises(StateFolderUnusable, match=r"stages\.json is damaged") as refused:
        get_ready(settings)
    assert "Remove" in refused.value.remedy
    assert (story.prepared, story.created) == (0, 0)


def test_passwords_are_kept_until_shown_and_then_forgotten(settings, story):
    get_ready(settings)
    kept = settings.home / "secrets" / "sign-ins-not-yet-shown"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert get_ready(settings) == [ANNA]  # the first run was stopped before it showed them
    shown = shown_at(settings, kept_sign_ins(settings.home), width=80)
    assert ANNA.password in shown
    assert get_ready(settings) == []
    assert ANNA.password not in shown_at(settings, [], width=80)


def shown_at(settings, sign_ins: list[SignIn], *, width: int) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    show_welcome(console, settings, sign_ins)
    return console.export_text()


def test_the_welcome_is_readable_at_eighty_columns(settings):
    shown = shown_at(settings, [ANNA], width=80)
    assert max(len(line) for line in shown.splitlines()) <= 80
    for words in (settings.dashboard_url, settings.dagster_url, "anna", "Inbox", "Ctrl-C"):
        assert words in shown


def test_dagster_gets_its_home_from_the_project(settings):
    stages.lay_out_dagster_home(settings)
    assert "run_monitoring" in (settings.dagster_home / "dagster.yaml").read_text()
    assert (settings.logs / "dagster").is_dir()


def test_one_folder_is_used_by_one_up_at_a_time(settings):
    lock = settings.home / "up.lock"
    refusal = pytest.raises(AlreadyRunning, match=f"process {os.getpid()}")
    with held_lock(lock), refusal, held_lock(lock):
        pass
    with held_lock(lock):
        pass


@pytest.fixture
def users_own_server(tmp_path):
    """Give a server that knows nothing of Stormdesk but an owner and an empty database."""
    server = embedded.start(tmp_path / "elsewhere", durable=False)
    with server.connect() as superuser:
        superuser.execute("DROP DATABASE dagster")
        superuser.execute("DROP ROLE stormdesk_dagster")
        superuser.execute("ALTER ROLE stormdesk_owner CREATEDB")
    yield server
    server.stop()


def test_a_users_own_server_gets_dagsters_database_and_our_roles_passwords(
    users_own_server, make_settings, monkeypatch
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    url = users_own_server.url("stormdesk").replace("+psycopg", "")
    with opened_database(make_settings(database_url=url)) as ours:
        stages.bring_schema_up_to_date(ours)
        connected_as = {connect_as(url) for url in ours.urls.values()}
        forget_engines()
    assert connected_as == {
        "stormdesk_owner on stormdesk",
        "stormdesk_pipeline on stormdesk",
        "stormdesk_dashboard on stormdesk",
        "stormdesk_dagster on stormdesk_dagster",
    }


def test_only_the_demo_s_database_does_not_wait_for_the_disk(
    users_own_server, make_settings, monkeypatch
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    settings = make_settings(database_url=users_own_server.url("stormdesk"))
    with demo_database(settings), transaction(Access.PIPELINE) as session:
        assert session.scalar(text("SELECT current_database()")) == "stormdesk_demo"
    with users_own_server.connect() as superuser:
        query = (
            "SELECT datname, setconfig FROM pg_db_role_setting"
            " JOIN pg_database ON pg_database.oid = setdatabase WHERE setrole = 0"
        )
        assert superuser.execute(query).fetchall() == [
            ("stormdesk_demo", ["synchronous_commit=off"])
        ]


def test_dagsters_own_database_is_looked_for_before_anything_is_done(
    users_own_server, make_settings, monkeypatch
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setenv("DAGSTER_PG_URL", "postgresql://dagster@127.0.0.1:1/dagster")
    settings = make_settings(database_url=users_own_server.url("stormdesk"))
    refusal = pytest.raises(DatabaseRefused, match=r"dagster at 127\.0\.0\.1 cannot be reached")
    with refusal as refused, opened_database(settings):
        pass
    assert "correct DAGSTER_PG_URL" in refused.value.remedy


def connect_as(url: str) -> str:
    plain = re.sub(r"^postgresql[+]psycopg2?", "postgresql", url)
    with psycopg.connect(plain) as connection:
        query = "SELECT current_user || ' on ' || current_database()"
        return str(connection.execute(query).fetchone()[0])
