"""The audit is dropped by whole sealed windows, and only what the policy dropped is excused."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stormdesk.embedded import EmbeddedServer
from tests.warehouse.test_audit_seals import AT, record, seal, tamper, verify
from warehouse.operations.history_cleaning import drop_sealed_windows
from warehouse.operations.retention import set_retention
from warehouse.queries.audit_verification import CHAIN
from warehouse.rules.retention import Retained
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

OLD_YEARS = 8


@pytest.fixture
def old(server: EmbeddedServer, database: str) -> str:
    """Three windows of two entries from eight years ago, and one of now."""
    ages = f"recorded_at - interval '{OLD_YEARS} years'"
    for _ in range(3):
        record(2)
        tamper(server, database, f"UPDATE audit.entry SET recorded_at = {ages} WHERE {UNSEALED}")
        seal()
        tamper(server, database, f"UPDATE audit.seal SET recorded_at = {ages} WHERE {NEWEST}", HASH)
    record(2)
    seal()
    assert verify().is_intact, verify().sentence
    return database


NEWEST = "seal_number = (SELECT max(seal_number) FROM audit.seal)"
HASH = f"UPDATE audit.seal SET hash = {CHAIN} WHERE {NEWEST}"
UNSEALED = "xid >= coalesce((SELECT until_xid FROM audit.seal ORDER BY 1 DESC LIMIT 1), '0')"
MARK = (
    "INSERT INTO audit.dropped_window VALUES ({0}, 1, 2, clock_timestamp())",
    "DELETE FROM audit.entry USING audit.seal WHERE seal_number = {0}"
    " AND xid >= from_xid AND xid < until_xid",
)


def drop(limit: int = 100) -> int:
    with transaction() as session:
        return drop_sealed_windows(session, at=AT, limit=limit)


def marked(number: int) -> list[str]:
    return [statement.format(number) for statement in MARK]


def faults() -> list[tuple[int, str]]:
    return [(fault.seal_number, fault.tampering.value) for fault in verify().faults]


def test_old_windows_are_dropped_and_said_to_be(old: str) -> None:
    assert drop() == 3
    found = verify()
    assert found.is_intact, found.sentence
    assert (found.seal_count, found.entry_count, found.unsealed_count) == (4, 8, 1)
    assert "Dropped by policy: 6 entries of seals 1 to 3, the last on 20" in found.sentence
    assert drop() == 0
    with transaction(Access.OWNER) as session:
        left = session.execute(text("SELECT tag, after FROM audit.entry ORDER BY entry_id")).all()
    assert [row.tag for row in left] == ["user.added", "user.added", "history.cleaned"]
    assert left[-1].after == {
        "kind": "audit",
        "first_seal": 1,
        "last_seal": 3,
        "removed": {"audit.entry": 6},
    }


def test_the_chain_goes_on_and_heads_kept_outside_still_hold(old: str) -> None:
    head = verify().head
    assert head is not None
    drop(limit=1)
    record()
    seal()
    drop(limit=1)
    found = verify(head)
    assert found.is_intact, found.sentence
    assert "4 entries of seals 1 to 2" in found.sentence


def test_nothing_younger_than_the_policy_is_dropped(old: str) -> None:
    with transaction(Access.OWNER) as session:
        set_retention(session, SYSTEM, {Retained.AUDIT: 3650}, reason="ten years", at=AT)
    assert drop() == 0
    with (
        pytest.raises(DBAPIError, match="younger than the 3650 days"),
        transaction(Access.OWNER) as session,
    ):
        session.execute(text("INSERT INTO audit.dropped_window (seal_number) VALUES (1)"))


@pytest.mark.parametrize(("number", "why"), [(2, "not the oldest"), (9, "not the oldest")])
@pytest.mark.parametrize("access", [Access.PIPELINE, Access.OWNER])
def test_windows_go_in_order(old: str, access: Access, number: int, why: str) -> None:
    with pytest.raises(DBAPIError, match=why), transaction(access) as session:
        session.execute(
            text("INSERT INTO audit.dropped_window (seal_number) VALUES (:n)"), {"n": number}
        )


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit.dropped_window VALUES (1, 1, 2, '2013-01-01')",
        "UPDATE audit.dropped_window SET dropped_at = '2013-01-01'",
        "DELETE FROM audit.dropped_window",
        "TRUNCATE audit.dropped_window",
        "DELETE FROM audit.entry WHERE entry_id = 7",
        "TRUNCATE audit.entry",
    ],
)
@pytest.mark.parametrize("access", list(Access))
def test_no_role_of_ours_drops_or_hides_a_drop_by_hand(
    old: str, access: Access, statement: str
) -> None:
    drop(limit=1)
    refused = r"append-only|permission denied|not the oldest"
    with pytest.raises(DBAPIError, match=refused), transaction(access) as session:
        session.execute(text(statement))


def test_a_window_that_does_not_hold_is_evidence_and_stays(
    server: EmbeddedServer, old: str
) -> None:
    tamper(server, old, "UPDATE audit.entry SET reason = 'because' WHERE entry_id = 3")
    with pytest.raises(DBAPIError, match="seal 2 does not hold"):
        drop()
    assert drop(limit=1) == 1
    assert faults() == [(2, "edited")]


def test_a_marker_written_past_the_triggers_excuses_nothing_young(
    server: EmbeddedServer, old: str
) -> None:
    drop()
    tamper(server, old, *marked(4))
    assert faults() == [(4, "missing")]
    assert "when the policy still kept them" in verify().sentence


def test_nor_one_that_no_entry_tells_of(server: EmbeddedServer, old: str) -> None:
    tamper(server, old, *marked(1))
    assert faults() == [(1, "missing")]
    assert "no entry of the history tells of it" in verify().sentence


def test_nor_one_dated_ahead(server: EmbeddedServer, old: str) -> None:
    drop()
    tamper(
        server,
        old,
        *marked(4),
        "UPDATE audit.dropped_window SET dropped_at = dropped_at + interval '9 years'"
        " WHERE seal_number = 4",
    )
    assert faults() == [(4, "missing")]


def test_what_is_deleted_without_a_marker_is_still_missing(
    server: EmbeddedServer, old: str
) -> None:
    drop(limit=1)
    tamper(server, old, "DELETE FROM audit.entry WHERE entry_id IN (3, 4)")
    assert faults() == [(2, "missing")]
    tamper(server, old, "DELETE FROM audit.dropped_window")
    assert faults() == [(1, "missing"), (2, "missing")]


def test_what_is_put_into_a_dropped_window_is_extra(server: EmbeddedServer, old: str) -> None:
    drop()
    tamper(
        server,
        old,
        "INSERT INTO audit.entry (xid, at, actor_username, actor_roles, tag, noun, source)"
        " SELECT from_xid, sealed_at, 'tom', 'admin', 'alert.closed', 'alert', 'dashboard'"
        " FROM audit.seal WHERE seal_number = 2",
    )
    assert faults() == [(2, "extra")]
    assert "came in later, back-dated" in verify().sentence


def test_an_edited_seal_of_a_dropped_window_is_named(server: EmbeddedServer, old: str) -> None:
    drop()
    tamper(server, old, "UPDATE audit.seal SET entry_count = 1 WHERE seal_number = 2")
    assert faults() == [(2, "seal edited")]


def test_a_history_emptied_after_a_drop_is_named(server: EmbeddedServer, old: str) -> None:
    drop()
    tamper(server, old, "TRUNCATE audit.entry")
    assert (4, "truncated") in faults()


def test_an_entry_that_says_nonsense_of_drops_breaks_no_check(
    server: EmbeddedServer, old: str
) -> None:
    drop()
    tamper(
        server,
        old,
        "INSERT INTO audit.entry (at, actor_username, actor_roles, tag, noun, after, source)"
        " VALUES (clock_timestamp(), 'tom', '', 'history.cleaned', 'x',"
        ' \'{"first_seal": "a", "last_seal": [1]}\', \'pipeline\')',
    )
    assert verify().is_intact
