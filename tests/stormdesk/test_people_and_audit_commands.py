import csv
import json
import re
from datetime import UTC, datetime

import psycopg
import pytest
from typer.testing import CliRunner

from pipelines.audit_heads import HeadsFile
from stormdesk import audit_commands, user_commands
from stormdesk.audit_commands import AuditBroken
from stormdesk.errors import StormdeskRefused
from stormdesk.settings import HEADS_FILE
from warehouse.errors import NotFound, TransitionRefused
from warehouse.operations.audit_seals import seal_history
from warehouse.queries.audit_verification import verify_history
from warehouse.queries.clock import current_instant
from warehouse.queries.engine import database_identity
from warehouse.queries.people import find_actor
from warehouse.rules.passwords import is_password
from warehouse.session import Access, transaction

ERIK = ("add", "Erik", "--name", "Erik Ek", "--email", "erik@example.org", "--role", "agent")


@pytest.fixture(autouse=True)
def settings(server, database, tmp_path, monkeypatch):
    monkeypatch.setenv("STORMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_PG_URL", server.url("dagster", driver="psycopg2"))
    return tmp_path / "home"


def users(*arguments: str) -> str:
    return _run(user_commands.app, arguments)


def audit(*arguments: str) -> str:
    return _run(audit_commands.app, arguments)


def _run(app, arguments) -> str:
    outcome = CliRunner().invoke(app, arguments)
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def password_in(text: str) -> str:
    return re.search(r"signs in with (\S+)", text)[1]


def hash_of(server, database: str, username: str) -> str:
    with psycopg.connect(server.url(database).replace("+psycopg", "")) as connection:
        query = 'SELECT password_hash FROM people."user" WHERE username = %s'
        return str(connection.execute(query, [username]).fetchone()[0])


def test_a_user_is_added_with_a_password_that_works(server, database):
    password = password_in(users(*ERIK, "--role", "manager"))
    assert is_password(password, hash_of(server, database, "erik"))
    assert re.search(r"erik +Erik Ek +erik@example.org +agent, manager +yes", users("list"))


def test_a_name_that_is_taken_is_refused():
    users(*ERIK)
    with pytest.raises(TransitionRefused, match="taken"):
        users(*ERIK)


def test_a_reset_makes_the_old_password_useless(server, database):
    old = password_in(users(*ERIK))
    new = password_in(users("reset-password", "ERIK"))
    kept = hash_of(server, database, "erik")
    assert (is_password(new, kept), is_password(old, kept)) == (True, False)


def test_somebody_disabled_is_no_actor_until_enabled():
    users(*ERIK)
    users("disable", "erik")
    with transaction(Access.OWNER) as session:
        assert find_actor(session, "erik") is None
    users("enable", "erik")
    with transaction(Access.OWNER) as session:
        assert find_actor(session, "erik") is not None


def test_nobody_is_found_by_a_name_nobody_has():
    with pytest.raises(NotFound, match="no user nobody"):
        users("disable", "nobody")


def seal() -> None:
    with transaction(Access.OWNER) as session:
        seal_history(session, at=current_instant(session))


def test_a_history_that_lost_its_newest_seals_is_found_out(server, database, settings):
    users(*ERIK)
    seal()
    assert re.search(r"1 (seals )?over 1 entries", audit("verify"))
    _forget_seals(server, database)
    with pytest.raises(AuditBroken, match="Seal 1 is broken"):
        audit("verify")


def test_a_history_is_compared_with_every_head_that_was_exported(server, database, settings):
    users(*ERIK)
    seal()
    with transaction(Access.OWNER) as session:
        identity, head = database_identity(session), verify_history(session).head
    exported = HeadsFile(settings / HEADS_FILE)
    exported.append(identity, head, at=datetime(2013, 12, 10, tzinfo=UTC))
    assert "Every seal holds" in audit("verify")
    (settings / "secrets" / "audit-head").unlink()
    _forget_seals(server, database)
    seal()
    with pytest.raises(AuditBroken, match=r"Seal 1 is broken \(rewritten\)") as refused:
        audit("verify")
    assert str(exported.path) in refused.value.remedy


def _forget_seals(server, database: str) -> None:
    """Do what only somebody with the server's own files could: a superuser without triggers."""
    url = server.url(database, "postgres").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM audit.seal")


def test_an_export_holds_every_entry_and_becomes_one_itself(settings):
    users(*ERIK)
    file = settings.parent / "history.jsonl"
    audit("export", "--output", str(file))
    audit("export", "--output", str(file))
    exported = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(entry["tag"], entry["source"]) for entry in exported] == [
        ("user.added", "command_line"),
        ("audit.exported", "command_line"),
    ]


def test_an_export_to_standard_output_is_nothing_but_the_entries():
    users(*ERIK)
    rows = list(csv.DictReader(audit("export", "--format", "csv").splitlines()))
    assert [row["tag"] for row in rows] == ["user.added"]


def test_a_file_that_cannot_be_written_is_refused(settings):
    with pytest.raises(StormdeskRefused, match=r"none/x cannot be written: no such file"):
        audit("export", "--output", str(settings.parent / "none" / "x"))
