"""Tampering with the history shows, whoever did it and however."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from stormdesk.credentials import SUPERUSER
from stormdesk.embedded import EmbeddedServer
from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.audit_seals import seal_history
from warehouse.queries.audit_verification import CHAIN, Verification, verify_history
from warehouse.rules.sealed_history import SealHead, Tampering
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

AT = datetime(2013, 12, 10, 11, tzinfo=UTC)
LATE = AT + timedelta(hours=10)
WRITERS = 16
BY_ROLE = ("SET session_replication_role = replica",)
BY_TABLE = (
    "ALTER TABLE audit.entry DISABLE TRIGGER ALL",
    "ALTER TABLE audit.seal DISABLE TRIGGER ALL",
)


def record(count: int = 1, *, at: datetime = AT) -> None:
    for _ in range(count):
        with transaction() as session:
            after = {"username": "mara"}
            audit.record(session, SYSTEM, AuditTag.USER_ADDED, "user", 7, at=at, after=after)


def seal(*, at: datetime = AT) -> SealHead | None:
    with transaction() as session:
        return seal_history(session, at=at)


def verify(*known: SealHead) -> Verification:
    with transaction() as session:
        return verify_history(session, known_heads=known)


def head_of(found: Verification) -> SealHead:
    assert found.head
    return found.head


def tamper(
    server: EmbeddedServer,
    database: str,
    *statements: str,
    without_triggers: tuple[str, ...] = BY_ROLE,
) -> None:
    """Do as a real superuser what only the operating system could keep them from."""
    url = server.url(database, SUPERUSER).replace("+psycopg", "")
    with psycopg.connect(url) as superuser:
        for statement in (*without_triggers, *statements):
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


FORGED = (
    "INSERT INTO audit.entry (entry_id, xid, at, actor_username, actor_roles, tag, noun,"
    " source) OVERRIDING SYSTEM VALUE SELECT 99, xid, at, 'tom', 'admin', tag, noun, source"
    " FROM audit.entry WHERE entry_id = 3"
)


@pytest.mark.parametrize(
    ("statement", "tampering", "why"),
    [
        ("UPDATE audit.entry SET reason = 'because' WHERE entry_id = 3", "edited", "changed"),
        (
            'UPDATE audit.entry SET after = \'{"username": "tom"}\' WHERE entry_id = 4',
            "edited",
            "changed",
        ),
        (
            "UPDATE audit.entry SET at = at - interval '1 hour' WHERE entry_id = 4",
            "edited",
            "changed",
        ),
        ("DELETE FROM audit.entry WHERE entry_id = 3", "missing", "2 entries and only 1 are there"),
        ("DELETE FROM audit.entry WHERE entry_id IN (3, 4)", "missing", "none is there"),
        (FORGED, "extra", "3 are there: 1 came in later, back-dated"),
        (
            "UPDATE audit.seal SET entry_count = 3 WHERE seal_number = 2",
            "seal edited",
            "seal itself",
        ),
        (
            "UPDATE audit.seal SET sealed_at = now() WHERE seal_number = 2",
            "seal edited",
            "seal itself",
        ),
        (
            "UPDATE audit.seal SET recorded_at = NULL WHERE seal_number = 2",
            "seal edited",
            "seal itself",
        ),
        ("DELETE FROM audit.seal WHERE seal_number = 2", "seal missing", "seal 2 before it is not"),
    ],
)
@pytest.mark.parametrize("without_triggers", [BY_ROLE, BY_TABLE], ids=["by role", "by table"])
def test_a_superusers_change_names_the_seal_and_what_was_done(
    server: EmbeddedServer,
    sealed: str,
    without_triggers: tuple[str, ...],
    statement: str,
    tampering: str,
    why: str,
) -> None:
    tamper(server, sealed, statement, without_triggers=without_triggers)
    found = verify()
    assert [(fault.seal_number, fault.tampering) for fault in found.faults] == [(2, tampering)]
    assert (found.is_intact, found.first_broken) == (False, 2)
    assert f"Seal 2 is broken ({tampering}): " in found.sentence
    assert why in found.sentence


def test_every_broken_seal_is_named_not_only_the_first(server: EmbeddedServer, sealed: str) -> None:
    tamper(
        server,
        sealed,
        "UPDATE audit.entry SET reason = 'because' WHERE entry_id = 1",
        "DELETE FROM audit.entry WHERE entry_id = 6",
    )
    found = verify()
    assert [(each.seal_number, each.tampering) for each in found.faults] == [
        (1, Tampering.EDITED),
        (3, Tampering.MISSING),
    ]
    assert "Seal 1 is broken (edited)" in found.sentence
    assert "Seal 3 is broken (missing)" in found.sentence


def test_a_truncated_history_names_every_seal(server: EmbeddedServer, sealed: str) -> None:
    tamper(server, sealed, "TRUNCATE audit.entry")
    record()
    found = verify()
    assert [(each.seal_number, each.tampering) for each in found.faults] == [
        (number, Tampering.TRUNCATED) for number in (1, 2, 3)
    ]
    assert "every sealed entry is gone" in found.sentence


def test_truncated_seals_show_against_the_head_kept_outside(
    server: EmbeddedServer, sealed: str
) -> None:
    head = head_of(verify())
    tamper(server, sealed, "TRUNCATE audit.seal")
    assert verify(head).sentence == (
        "Seal 3 is broken (truncated): its hash was kept outside, and no seal is left."
    )
    seal()
    assert verify(head).sentence == (
        "Seal 3 is broken (truncated): its hash was kept outside, and the seals end at 1."
    )


def test_truncated_entries_and_seals_show_against_the_head_kept_outside(
    server: EmbeddedServer, sealed: str
) -> None:
    head = head_of(verify())
    tamper(server, sealed, "TRUNCATE audit.entry, audit.seal")
    assert verify().is_intact
    found = verify(head)
    assert [(each.seal_number, each.tampering) for each in found.faults] == [
        (3, Tampering.TRUNCATED)
    ]


def test_a_history_made_anew_shows_against_the_head_kept_outside(
    server: EmbeddedServer, sealed: str
) -> None:
    head = head_of(verify())
    tamper(server, sealed, "TRUNCATE audit.entry, audit.seal")
    for _ in range(3):
        record()
        seal()
    assert verify().is_intact
    found = verify(head)
    assert [(each.seal_number, each.tampering) for each in found.faults] == [
        (3, Tampering.REWRITTEN)
    ]


LONG_AGO = "INSERT INTO audit.entry (at, actor_username, actor_roles, tag, noun, source{}) VALUES"


@pytest.mark.parametrize("is_sealed", [False, True], ids=["not sealed yet", "sealed since"])
@pytest.mark.parametrize(
    "statement",
    [
        LONG_AGO.format("") + f" ('{LATE - timedelta(days=1)}', 'tom', 'admin', 'alert.closed',"
        " 'alert', 'dashboard')",
        LONG_AGO.format(", recorded_at") + f" ('{LATE}', 'tom', 'admin', 'alert.closed', 'alert',"
        f" 'dashboard', now() - interval '20 hours')",
    ],
    ids=["an old instant", "an old record"],
)
def test_an_entry_that_says_it_is_older_than_the_seals_before_it_is_named(
    server: EmbeddedServer, database: str, statement: str, *, is_sealed: bool
) -> None:
    record(2)
    seal()
    age_seals(server, database)
    record(1, at=LATE)
    seal(at=LATE)
    tamper(server, database, statement)
    if is_sealed:
        seal(at=LATE)
    found = verify()
    assert not found.is_intact
    assert [(entry.seal_number, entry.actor_username) for entry in found.backdated] == [(3, "tom")]
    assert "(alert.closed by tom) is back-dated" in found.sentence
    assert "came in after seal 2 was made" in found.sentence


def age_seals(server: EmbeddedServer, database: str) -> None:
    """Let everything there is be from ten hours ago by the server's clock, sealed as such."""
    tamper(
        server,
        database,
        "UPDATE audit.entry SET recorded_at = recorded_at - interval '10 hours'",
        "DELETE FROM audit.seal",
    )
    seal()
    tamper(
        server,
        database,
        "UPDATE audit.seal SET recorded_at = recorded_at - interval '10 hours'",
        f"UPDATE audit.seal SET hash = {CHAIN}",
    )


def test_what_a_backfill_loads_of_past_hours_is_not_back_dated(
    server: EmbeddedServer, database: str
) -> None:
    record(2)
    seal()
    age_seals(server, database)
    with transaction() as session:
        audit.record(session, SYSTEM, AuditTag.FEED_LOADED, "batch", 1, at=AT - timedelta(days=300))
    seal(at=LATE)
    assert verify().is_intact


def test_no_role_of_ours_may_say_in_which_transaction_or_when_an_entry_was_written(
    database: str,
) -> None:
    for access in (Access.PIPELINE, Access.DASHBOARD):
        for column, value in (("xid", "'5'"), ("recorded_at", "'2013-01-01'")):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction(access, on_behalf_of=SYSTEM) as session,
            ):
                session.execute(
                    text(
                        LONG_AGO.format(f", {column}")
                        + " ('2013-12-10', 'tom', 'admin', 'alert.closed', 'alert', 'dashboard',"
                        f" {value})"
                    )
                )


def test_a_head_kept_outside_goes_on_holding(sealed: str) -> None:
    head = head_of(verify())
    record()
    seal()
    assert verify(head).is_intact


def test_a_transaction_still_open_is_left_to_a_later_seal(sealed: str) -> None:
    with transaction() as early:
        audit.record(early, SYSTEM, AuditTag.USER_ADDED, "user", 1, at=AT)
        early.flush()
        record()
        assert seal() is None
    assert seal() is not None
    assert verify().entry_count == 8


def test_sixteen_writers_at_once_are_sealed_while_they_write(database: str) -> None:
    begun = Barrier(WRITERS + 2)

    def write() -> None:
        begun.wait()
        record(25)

    def seal_on() -> list[SealHead | None]:
        begun.wait()
        return [seal() for _ in range(25)]

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        writers = [pool.submit(write) for _ in range(WRITERS)]
        sealers = [pool.submit(seal_on) for _ in range(2)]
        for writer in writers:
            writer.result()
        made_meanwhile = sum(head is not None for sealer in sealers for head in sealer.result())
    seal()
    found = verify()
    assert (found.is_intact, found.entry_count, found.unsealed_count) == (True, 400, 0)
    assert found.seal_count >= made_meanwhile > 1


def test_the_dashboard_verifies_but_cannot_seal(database: str) -> None:
    record()
    seal()
    with transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
        assert verify_history(session).is_intact
        allowed = session.scalar(
            text("SELECT has_table_privilege('audit.seal', 'INSERT, UPDATE, DELETE, TRUNCATE')")
        )
        assert allowed is False
