"""The watchdog mails the catch-all by itself when the engine stops, and when it runs again."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text

from pipelines.channels.email import EmailChannel
from pipelines.resources import Warehouse
from pipelines.sensors.ticking import ticking
from stormdesk.incident import Incident, IncidentFile
from stormdesk.settings import Settings
from stormdesk.watchdog import FIRST_LOOKS, PATIENT_LOOKS, Watchdog
from tests.factories.alert import make_alert
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_version
from tests.factories.user import make_user
from tests.pipelines.servers import LOOPBACK, Inbox, free_port, serving_mail
from warehouse.operations.clock import set_replay_clock
from warehouse.queries.engine import list_heartbeats
from warehouse.queries.engine_watch import DRIVEN, REPLAY_DRIVEN
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.session import Access, forget_engines, transaction
from warehouse.vocabulary import SYSTEM

CATCH_ALL = "cleo@desk.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STANDSTILL = "Stormdesk: The engine stands still"


@pytest.fixture(autouse=True)
def _desk(database: str) -> None:
    set_clock(STORM_AT)
    with transaction(Access.OWNER) as session:
        make_policy_version(session, catch_all_user_id=make_user(session, email=CATCH_ALL).user_id)
    tick()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def post(inbox: Inbox) -> Iterator[EmailChannel]:
    with serving_mail(inbox) as port:
        yield EmailChannel(LOOPBACK, port)


@pytest.fixture
def file(tmp_path: Path) -> IncidentFile:
    return IncidentFile(tmp_path / "watch.json")


@pytest.fixture
def dog(file: IncidentFile, post: EmailChannel) -> Watchdog:
    return watchdog(file, post)


def watchdog(file: IncidentFile, post: EmailChannel, **changed: object) -> Watchdog:
    values = {"first_looks": PATIENT_LOOKS, "dashboard_url": "http://desk.example"}
    return Watchdog(file, post, **(values | changed))


def tick() -> None:
    """Let every part of the engine tick as its sensor does."""
    for component in (*DRIVEN, *REPLAY_DRIVEN):
        with ticking(Warehouse(), component):
            pass


def stop(*components: str, age: timedelta = timedelta(minutes=6)) -> None:
    """Let parts of the engine have been silent for a while, all of them unless some are named."""
    with transaction(Access.OWNER) as session:
        session.execute(
            text(
                "UPDATE engine.heartbeat SET beat_at = beat_at - :age WHERE component = ANY(:all)"
            ),
            {"age": age, "all": list(components or (*DRIVEN, *REPLAY_DRIVEN))},
        )


def look(dog: Watchdog, times: int = PATIENT_LOOKS) -> None:
    for _ in range(times):
        dog.watch_once(at=NOW)


def subjects(inbox: Inbox) -> list[str]:
    return [str(mail["Subject"]) for mail in inbox.received]


def test_an_engine_that_runs_is_no_news(dog: Watchdog, inbox: Inbox) -> None:
    look(dog, 5)
    assert inbox.received == []
    with transaction() as session:
        assert "watch" in {row.component for row in list_heartbeats(session)}


def test_an_engine_that_stops_is_told_once_to_the_catch_all_and_once_more_when_it_runs_again(
    dog: Watchdog, inbox: Inbox
) -> None:
    stop()
    look(dog, 1)
    assert inbox.received == []
    look(dog, 6)
    assert subjects(inbox) == [STANDSTILL]
    mail = inbox.received[0]
    assert mail["To"] == CATCH_ALL
    assert "Nothing has ticked for 6 min: nobody is paged" in mail.get_content()
    assert "stormdesk up" in mail.get_content()
    tick()
    look(dog, 1)
    assert len(inbox.received) == 1
    look(dog, 6)
    assert subjects(inbox) == [STANDSTILL, "Stormdesk: all is well again"]
    assert len({mail["Message-ID"] for mail in inbox.received}) == 2


def test_a_second_stop_is_another_incident(dog: Watchdog, inbox: Inbox) -> None:
    for _ in range(2):
        stop()
        look(dog, 3)
        tick()
        look(dog, 3)
    assert subjects(inbox) == [STANDSTILL, "Stormdesk: all is well again"] * 2


def test_a_watchdog_that_starts_again_neither_forgets_nor_repeats(
    file: IncidentFile, post: EmailChannel, inbox: Inbox
) -> None:
    stop()
    look(watchdog(file, post))
    look(watchdog(file, post))
    assert subjects(inbox) == [STANDSTILL]
    tick()
    look(watchdog(file, post))
    assert subjects(inbox)[1:] == ["Stormdesk: all is well again"]


def test_what_gets_worse_is_told_again(dog: Watchdog, inbox: Inbox) -> None:
    stop("sweeps_due")
    look(dog, 4)
    assert subjects(inbox) == ["Stormdesk: sweeps_due has not run for 6 min, and should every 4 s"]
    stop()
    look(dog, 4)
    assert subjects(inbox)[1:] == [STANDSTILL]


def test_an_alert_that_did_not_go_up_is_told_though_everything_ticks(
    dog: Watchdog, inbox: Inbox
) -> None:
    with transaction(Access.OWNER) as session:
        version = session.scalar(select(EscalationPolicyVersion.policy_version_id))
        make_alert(
            session,
            policy_version_id=version,
            next_escalation_at=STORM_AT - timedelta(minutes=9),
        )
        set_replay_clock(session, SYSTEM, replayed_at=STORM_AT, speed=1)
    look(dog, 3)
    assert subjects(inbox) == [
        "Stormdesk: An alert should have gone up its ladder 9 min ago, and nobody was paged"
    ]


def test_the_engine_is_given_time_to_start(file: IncidentFile, post: EmailChannel) -> None:
    stop()
    dog = watchdog(file, post, first_looks=FIRST_LOOKS)
    look(dog, FIRST_LOOKS - 1)
    assert not file.read().is_open
    look(dog, 1)
    assert file.read().is_open


def test_a_database_that_is_gone_is_told_to_whom_it_last_named(
    dog: Watchdog, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(dog, 1)
    with monkeypatch.context() as patch:
        patch.setenv(
            Access.PIPELINE.value, f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
        )
        forget_engines()
        look(dog, 3)
        forget_engines()
    assert subjects(inbox) == [
        "Stormdesk: The database does not answer: nothing is recorded, nobody is paged and "
        "nothing is sent"
    ]
    assert inbox.received[0]["To"] == CATCH_ALL


def test_a_mail_that_was_refused_is_tried_at_the_next_look(dog: Watchdog, inbox: Inbox) -> None:
    inbox.data_reply = "451 later"
    stop()
    look(dog, 3)
    inbox.received.clear()
    inbox.data_reply = "250 OK"
    look(dog, 3)
    assert subjects(inbox) == [STANDSTILL]


def test_others_may_be_told_too_and_without_anybody_it_is_said(
    file: IncidentFile, post: EmailChannel, inbox: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction(Access.OWNER) as session:
        # Nobody may do this any more; a database from before that was so may hold it.
        session.execute(text('ALTER TABLE people."user" DISABLE TRIGGER catch_all_stays'))
        session.execute(text('UPDATE people."user" SET is_active = false'))
    stop()
    look(watchdog(file, post))
    assert "Nobody to tell" in capsys.readouterr().out
    look(watchdog(file, post, also_told=["ops@desk.example"]))
    assert [mail["To"] for mail in inbox.received] == ["ops@desk.example"]


def test_a_damaged_file_counts_as_no_incident(file: IncidentFile) -> None:
    file.path.write_text("{")
    assert file.read() == Incident()


class TestDeadMan:
    @pytest.fixture
    def calls(self) -> Iterator[tuple[str, list[str]]]:
        """Serve the address of a dead-man service, and list the calls."""
        heard: list[str] = []

        class Listener(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer((LOOPBACK, 0), Listener)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_address[1]}/desk", heard
        server.shutdown()
        thread.join()
        server.server_close()

    def test_it_is_called_while_all_is_well_and_never_while_something_is_late(
        self, file: IncidentFile, post: EmailChannel, calls: tuple[str, list[str]]
    ) -> None:
        url, heard = calls
        dog = watchdog(file, post, dead_man_url=url)
        look(dog, 2)
        assert heard == ["/desk", "/desk"]
        stop()
        look(dog, 3)
        assert len(heard) == 2

    def test_one_that_does_not_answer_stops_nothing(
        self, file: IncidentFile, post: EmailChannel, capsys: pytest.CaptureFixture[str]
    ) -> None:
        look(watchdog(file, post, dead_man_url=f"http://{LOOPBACK}:{free_port()}/"))
        assert "did not answer" in capsys.readouterr().out

    def test_only_web_addresses_are_taken(self) -> None:
        with pytest.raises(ValidationError):
            Settings(dead_man_url="file:///etc/passwd")


def test_it_stands_on_nothing_of_dagster() -> None:
    program = "import sys, stormdesk.watchdog; sys.exit('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
