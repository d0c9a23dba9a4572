"""Tampering with the history shows, whoever did it and however."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import text

from stormdesk.credentials import SUPERUSER
from stormdesk.embedded import EmbeddedServer
from warehouse.operations import audit
from warehouse.operations.audit_seals import SealHead, seal_history, verify_history
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, AuditTag

AT = datetime(2013, 12, 10, 11, tzinfo=UTC)


def record(count: int = 1, reason: str | None = None) -> None:
    for _ in range(count):
        with transaction() as session:
            after = {"username": "mara"}
            audit.record(
                session, SYSTEM, AuditTag.USER_ADDED, "user", 7, at=AT, after=after, reason=reason
            )


def seal() -> SealHead | None:
    with transaction() as session:
        return seal_history(session, at=AT)


def verify(**kwargs: SealHead):
    with transaction() as session:
        return verify_history(session, **kwargs)


def tamper(server: EmbeddedServer, database: str, *statements: str) -> None:
    url = server.url(database, SUPERUSER).replace("+psycopg", "")
    with psycopg.connect(url) as superuser:
        for statement in ("SET session_replication_role = replica", *statements):
            superuser.execute(statement)


@pytest.fixture
def sealed(database: str) -> str:
    for _ in range(3):
        record(2)
        seal()
    return database


def test_an_untouched_history_holds(sealed: str) -> None:
    record()
    found = verify()
    assert (found.is_intact, found.seal_count, found.entry_count, found.unsealed_count) == (
        True,
        3,
        6,
        1,
    )
    assert found.sentence == "Every seal holds: 3 over 6 entries. Not sealed yet: 1."


def test_nothing_new_gives_no_seal(sealed: str) -> None:
    assert seal() is None


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE audit.entry SET reason = 'because' WHERE entry_id = 3", "changed"),
        ('UPDATE audit.entry SET after = \'{"username": "tom"}\' WHERE entry_id = 4', "changed"),
        ("UPDATE audit.entry SET at = at - interval '1 hour' WHERE entry_id = 4", "changed"),
        ("DELETE FROM audit.entry WHERE entry_id = 3", "1 are there"),
        (
            "INSERT INTO audit.entry (entry_id, xid, at, actor_username, actor_roles, tag, noun,"
            " source) OVERRIDING SYSTEM VALUE SELECT 99, xid, at, 'tom', 'admin', tag, noun, source"
            " FROM audit.entry WHERE entry_id = 3",
            "3 are there",
        ),
        ("UPDATE audit.seal SET entry_count = 3 WHERE seal_number = 2", "seal itself"),
        ("UPDATE audit.seal SET sealed_at = now() WHERE seal_number = 2", "seal itself"),
    ],
)
def test_a_superusers_change_names_the_first_broken_seal(
    server: EmbeddedServer, sealed: str, statement: str, why: str
) -> None:
    tamper(server, sealed, statement)
    found = verify()
    assert (found.is_intact, found.first_broken) == (False, 2)
    assert why in found.sentence


def test_a_truncated_history_breaks_the_first_seal(server: EmbeddedServer, sealed: str) -> None:
    tamper(server, sealed, "TRUNCATE audit.entry")
    assert verify().first_broken == 1


def test_a_missing_seal_breaks_the_chain(server: EmbeddedServer, sealed: str) -> None:
    tamper(server, sealed, "DELETE FROM audit.seal WHERE seal_number = 2")
    found = verify()
    assert (found.first_broken, found.why) == (3, "it does not follow the seal before it")


def test_a_history_rewritten_whole_shows_against_the_head_kept_outside(
    server: EmbeddedServer, sealed: str
) -> None:
    head = verify().head
    tamper(server, sealed, "DELETE FROM audit.entry", "DELETE FROM audit.seal")
    record()
    seal()
    assert verify().is_intact
    found = verify(known_head=head)
    assert (found.is_intact, found.first_broken) == (False, 3)


def test_a_head_kept_outside_goes_on_holding(sealed: str) -> None:
    head = verify().head
    record()
    seal()
    assert verify(known_head=head).is_intact


def test_a_transaction_still_open_is_left_to_a_later_seal(sealed: str) -> None:
    with transaction() as early:
        audit.record(early, SYSTEM, AuditTag.USER_ADDED, "user", 1, at=AT)
        early.flush()
        record()
        assert seal() is None
    assert seal() is not None
    assert verify().entry_count == 8


def test_many_writers_and_sealers_at_once_leave_a_history_that_holds(database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(record, 10) for _ in range(6)]
        sealers = [pool.submit(lambda: [seal() for _ in range(10)]) for _ in range(2)]
        for work in (*writers, *sealers):
            work.result()
    seal()
    found = verify()
    assert (found.is_intact, found.entry_count, found.unsealed_count) == (True, 60, 0)


def test_the_dashboard_verifies_but_cannot_seal(database: str) -> None:
    record()
    seal()
    with transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
        assert verify_history(session).is_intact
        allowed = session.scalar(
            text("SELECT has_table_privilege('audit.seal', 'INSERT, UPDATE, DELETE, TRUNCATE')")
        )
        assert allowed is False
