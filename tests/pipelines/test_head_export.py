"""The history's head leaves the database once a day: into a file, and by mail to the auditors."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from pipelines.audit_heads import HeadsFile, HeadsUnreadable
from pipelines.channels.email import EmailChannel
from pipelines.channels.setup import Outbound
from pipelines.head_export import HistoryBroken, export_head
from pipelines.jobs.audit_head import export_audit_head
from pipelines.resources import Warehouse
from pipelines.sensors.replay_daily import DAY_TAG, MOST_ATTEMPTS, replay_head_due
from stormdesk.credentials import SUPERUSER
from stormdesk.embedded import EmbeddedServer
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.user import make_user
from tests.pipelines.servers import LOOPBACK, Inbox, serving_mail
from warehouse.queries.engine import database_identity
from warehouse.rules.sealed_history import SealHead
from warehouse.session import Access, transaction
from warehouse.vocabulary import Role

TODAY = "2013-12-10"


@pytest.fixture(autouse=True)
def _desk(database: str) -> None:
    set_clock(STORM_AT)
    with transaction(Access.OWNER) as session:
        make_user(session, roles=(Role.ADMIN,), email="ada@desk.example")
        make_user(session, roles=(Role.ANALYST,), email="noor@desk.example")
        make_user(session, roles=(Role.ADMIN,), email="old@desk.example", is_active=False)
        make_user(session, roles=(Role.AGENT,), email="agent@desk.example")


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def post(inbox: Inbox) -> Iterator[EmailChannel]:
    with serving_mail(inbox) as port:
        yield EmailChannel(LOOPBACK, port)


@pytest.fixture
def heads(tmp_path: Path) -> HeadsFile:
    return HeadsFile(tmp_path / "kept" / "audit-heads.jsonl")


def identity() -> str:
    with transaction() as session:
        return database_identity(session)


def tamper(server: EmbeddedServer, database: str, statement: str) -> None:
    with psycopg.connect(server.url(database, SUPERUSER).replace("+psycopg", "")) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(statement)


def test_the_head_is_kept_in_a_private_file_and_mailed_to_administrators_and_analysts(
    heads: HeadsFile, post: EmailChannel, inbox: Inbox
) -> None:
    done = export_head(Warehouse(), heads, post)
    assert done.head
    assert heads.read(identity()) == (done.head,)
    assert stat.S_IMODE(heads.path.stat().st_mode) == 0o600
    assert [mail["To"] for mail in inbox.received] == ["ada@desk.example", "noor@desk.example"]
    assert done.head.hash in inbox.received[0].get_content()
    assert "Every seal holds" in inbox.received[0].get_content()


def test_the_file_only_grows_and_no_head_stands_twice(heads: HeadsFile, post: EmailChannel) -> None:
    first = export_head(Warehouse(), heads, post).head
    kept = heads.path.read_text()
    second = export_head(Warehouse(), heads, post).head  # the first export is an entry itself
    assert heads.path.read_text().startswith(kept)
    assert heads.read(identity()) == (first, second)
    assert second is not None
    heads.append(identity(), second, at=STORM_AT)
    assert len(heads.path.read_text().splitlines()) == 2


def test_heads_of_another_database_are_left_out(heads: HeadsFile) -> None:
    heads.append("another", SealHead(9, "ab"), at=STORM_AT)
    assert heads.read(identity()) == ()
    assert heads.read("another") == (SealHead(9, "ab"),)


def test_a_damaged_line_is_named(heads: HeadsFile) -> None:
    heads.append("another", SealHead(9, "ab"), at=STORM_AT)
    with heads.path.open("a") as file:
        file.write(json.dumps({"database": "another"}) + "\n")
    with pytest.raises(HeadsUnreadable, match=r"Line 2 of .* is no exported head"):
        heads.read("another")


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE audit.entry SET reason = 'because'", "Seal 1 is broken (edited)"),
        ("TRUNCATE audit.entry, audit.seal", "Seal 1 is broken (truncated)"),
    ],
)
def test_tampering_is_mailed_as_an_alarm_and_its_head_is_not_kept(
    heads: HeadsFile,
    post: EmailChannel,
    inbox: Inbox,
    server: EmbeddedServer,
    database: str,
    statement: str,
    finding: str,
) -> None:
    first = export_head(Warehouse(), heads, post).head
    inbox.received.clear()
    tamper(server, database, statement)
    with pytest.raises(HistoryBroken) as raised:
        export_head(Warehouse(), heads, post)
    assert finding in str(raised.value)
    assert heads.read(identity()) == (first,)
    assert [mail["Subject"] for mail in inbox.received] == [
        "The audit history was tampered with, found on 2013-12-10 11:00 UTC"
    ] * 2
    assert finding in " ".join(inbox.received[0].get_content().split())


def test_a_replay_asks_once_a_day_and_the_run_does_it(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORMDESK_AUDIT_HEADS_FILE", str(tmp_path / "heads.jsonl"))
    with dg.DagsterInstance.ephemeral() as instance:
        request = look(instance)
        assert isinstance(request, dg.RunRequest)
        assert (request.run_key, request.tags[DAY_TAG]) == (f"export_audit_head:{TODAY}:1", TODAY)
        with serving_mail(inbox) as port:
            monkeypatch.setenv("STORMDESK_SMTP_PORT", str(port))
            done = export_audit_head.execute_in_process(
                instance=instance, resources={"warehouse": Warehouse(), "outbound": Outbound()}
            )
        assert done.success
        assert len(inbox.received) == 2
        assert look(instance).skip_message == f"export_audit_head is done for {TODAY}."
        set_clock(STORM_AT + timedelta(days=1))
        assert isinstance(look(instance), dg.RunRequest)


def test_a_day_that_fails_is_not_tried_for_ever() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(MOST_ATTEMPTS):
            instance.add_run(
                dg.DagsterRun(
                    job_name="export_audit_head",
                    status=dg.DagsterRunStatus.FAILURE,
                    tags={DAY_TAG: TODAY},
                )
            )
        assert look(instance).skip_message == f"{TODAY} failed 3 times: see its runs."


def look(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, resources={"warehouse": Warehouse()})
    return replay_head_due(context)
