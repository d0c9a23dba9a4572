"""A customer's connection sees and changes their own rows only, whatever SQL is sent over it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stormdesk.embedded import EmbeddedServer
from tests.databases import database_for
from tests.factories.alert import make_affected_booking
from tests.factories.booking import make_booking, make_leg, make_stay
from tests.factories.defaults import STORM_AT
from tests.factories.fallback import make_fallback_action
from tests.factories.traveller import make_traveller
from tests.factories.user import make_actor
from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, PermissionRefused
from warehouse.operations import audit
from warehouse.operations.fallback_offers import accept_fallback
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Role

GUARDED = (
    "travel.traveller",
    "travel.booking",
    "travel.booking_traveller",
    "travel.leg",
    "travel.stay",
    "alerting.alert",
    "alerting.affected_booking",
    "alerting.fallback_action",
)


@dataclass
class Party:
    actor: Actor
    traveller_id: int
    booking_id: int
    fallback_action_id: int


def make_party(session) -> Party:
    """Insert a customer with a disrupted booking, a stay and an offer."""
    traveller = make_traveller(session)
    booking = make_booking(session, travellers=[traveller])
    leg = make_leg(session, booking_id=booking.booking_id)
    make_stay(session, booking_id=booking.booking_id)
    touched = make_affected_booking(session, leg_id=leg.leg_id, booking_id=booking.booking_id)
    offer = make_fallback_action(
        session,
        leg_id=leg.leg_id,
        booking_id=booking.booking_id,
        alert_id=touched.alert_id,
        status="offered",
        held_at=STORM_AT,
        offered_at=STORM_AT,
        hold_expires_at=STORM_AT.replace(hour=23),
    )
    actor = make_actor(session, Role.CUSTOMER, traveller_id=traveller.traveller_id)
    audit.record(session, actor, AuditTag.SESSION_STARTED, "session", None, at=STORM_AT)
    return Party(actor, traveller.traveller_id, booking.booking_id, offer.fallback_action_id)


@pytest.fixture(scope="module")
def parties(server: EmbeddedServer, template: str) -> Iterator[tuple[Party, Party]]:
    with database_for(server, template):
        yield insert_parties()


def insert_parties() -> tuple[Party, Party]:
    with transaction(Access.OWNER) as session:
        session.execute(
            text(
                "INSERT INTO feeds.quarantine (feed, source, line, raw_text, reason, first_seen_at)"
                " VALUES ('bookings', 'test', 1, 'Ada Reyes, +15550001', 'no date', now())"
            )
        )
        return make_party(session), make_party(session)


def ask(actor: Actor, statement: str, **values: object) -> list:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return session.execute(text(statement), values).all()


def change(actor: Actor, statement: str, **values: object) -> int:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return session.execute(text(statement), values).rowcount


@pytest.mark.parametrize("table", GUARDED)
def test_a_customer_counts_one_party_where_staff_count_both(
    parties: tuple[Party, Party], table: str
) -> None:
    mine, _ = parties
    counts = [ask(actor, f"SELECT count(*) FROM {table}")[0][0] for actor in (mine.actor, SYSTEM)]
    assert counts == [1, 2]


@pytest.mark.parametrize("table", [*GUARDED, "audit.entry"])
def test_a_connection_on_nobodys_behalf_sees_nothing(
    parties: tuple[Party, Party], table: str
) -> None:
    with transaction(Access.DASHBOARD) as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_a_scope_ends_with_its_transaction(parties: tuple[Party, Party]) -> None:
    ask(SYSTEM, "SELECT 1")
    with transaction(Access.DASHBOARD) as session:
        assert session.scalar(text("SELECT count(*) FROM travel.booking")) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM travel.booking WHERE booking_id = :booking_id OR true AND booking_id <> :own",
        "SELECT FROM travel.traveller WHERE traveller_id = :traveller_id",
        "SELECT FROM travel.leg JOIN travel.flight USING (flight_id) WHERE booking_id <> :own",
        "WITH every AS MATERIALIZED (SELECT * FROM travel.booking) SELECT FROM every"
        " WHERE booking_id <> :own",
        "SELECT FROM travel.booking_traveller AS a, travel.booking_traveller AS b"
        " WHERE b.booking_id <> :own",
        "SELECT FROM alerting.fallback_action WHERE booking_id <> :own",
        "SELECT FROM audit.entry WHERE actor_user_id IS DISTINCT FROM :user_id",
        "SELECT FROM alerting.notification",
        "SELECT FROM alerting.acknowledgement",
        "SELECT FROM alerting.escalation",
        "SELECT FROM feeds.quarantine",
    ],
)
def test_raw_sql_never_reaches_anothers_rows(parties: tuple[Party, Party], statement: str) -> None:
    mine, theirs = parties
    values = {
        "booking_id": theirs.booking_id,
        "traveller_id": theirs.traveller_id,
        "own": mine.booking_id,
        "user_id": mine.actor.user_id,
    }
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    assert ask(mine.actor, statement, **used) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alerting.fallback_action SET status = 'accepted', hold_expires_at = NULL,"
        " accepted_at = now() WHERE fallback_action_id = :theirs",
        "UPDATE alerting.alert SET severity = 'low' WHERE alert_id IN"
        " (SELECT alert_id FROM alerting.fallback_action WHERE fallback_action_id = :theirs)",
    ],
)
def test_a_customer_changes_no_row_of_another(parties: tuple[Party, Party], statement: str) -> None:
    mine, theirs = parties
    assert change(mine.actor, statement, theirs=theirs.fallback_action_id) == 0


def test_a_customer_cannot_hand_their_offer_to_another_booking(
    parties: tuple[Party, Party],
) -> None:
    mine, theirs = parties
    with pytest.raises(DBAPIError, match="row-level security"):
        change(
            mine.actor,
            "UPDATE alerting.fallback_action SET booking_id = :theirs",
            theirs=theirs.booking_id,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE stormdesk_owner",
        "SET ROLE stormdesk_pipeline",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER TABLE travel.booking DISABLE ROW LEVEL SECURITY",
        "DROP POLICY dashboard_sees ON travel.booking",
        "CREATE TABLE travel.copy (booking_id bigint)",
        "CREATE TABLE public.copy (booking_id bigint)",
        "ALTER TABLE audit.entry DISABLE TRIGGER ALL",
        "UPDATE audit.entry SET reason = 'x'",
        "DELETE FROM audit.entry",
        "TRUNCATE audit.entry",
        "INSERT INTO audit.seal VALUES (1, '1', '2', 0, '', '', '', now())",
        "DELETE FROM audit.seal",
        "DELETE FROM travel.booking",
        "UPDATE travel.booking SET status = 'cancelled'",
        "UPDATE travel.traveller SET email = 'me@example.test'",
        "SELECT value FROM people.secret",
        "COPY travel.booking TO '/tmp/booking'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_the_dashboards_role_may_not(parties: tuple[Party, Party], statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be (owner|member)|affected by"):
        change(parties[0].actor, statement)


def test_row_security_switched_off_is_an_error_not_a_way_round(
    parties: tuple[Party, Party],
) -> None:
    with transaction(Access.DASHBOARD, on_behalf_of=parties[0].actor) as session:
        session.execute(text("SET LOCAL row_security = off"))
        with pytest.raises(DBAPIError, match="affected by row-level security"):
            session.execute(text("SELECT FROM travel.booking"))


def test_an_analyst_sees_bookings_but_no_traveller(parties: tuple[Party, Party]) -> None:
    with transaction(Access.OWNER) as session:
        analyst = make_actor(session, Role.ANALYST)
    counts = [
        ask(analyst, f"SELECT count(*) FROM {table}")[0][0]
        for table in ("travel.booking", "travel.traveller", "alerting.notification")
    ]
    assert counts == [2, 0, 0]


def test_a_customer_answers_their_own_offer_and_no_other(database: str) -> None:
    mine, theirs = insert_parties()
    with transaction(Access.DASHBOARD, on_behalf_of=mine.actor) as session:
        with pytest.raises((NotFound, PermissionRefused)):
            accept_fallback(session, mine.actor, theirs.fallback_action_id, at=STORM_AT)
        answered = accept_fallback(session, mine.actor, mine.fallback_action_id, at=STORM_AT)
    assert answered.result == "applied"
