"""What Postgres itself refuses, whoever asks."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories.booking import make_leg, make_stay
from tests.factories.defaults import STORM_AT
from tests.factories.feed import make_batch
from tests.factories.flight import make_flight
from tests.factories.policy import make_alert_policy, make_policy_step
from tests.factories.user import make_shift_assignment
from warehouse.operations.clock import found_database
from warehouse.queries.integrity import list_unkept_references
from warehouse.session import Access, transaction

REWRITES = (
    "UPDATE audit.entry SET reason = 'x'",
    "DELETE FROM audit.entry",
    "TRUNCATE audit.entry",
    "UPDATE audit.seal SET entry_count = 0",
    "TRUNCATE audit.seal",
)
FORBIDDEN_TO_THE_DASHBOARD = (
    "CREATE TABLE public.mine (n int)",
    "ALTER TABLE alerting.alert DISABLE TRIGGER guard_alert",
    "DELETE FROM alerting.alert",
    "UPDATE travel.booking SET value_minor_units = 0",
    "UPDATE inventory.room_night SET allocated = 0",
    "UPDATE engine.replay_clock SET speed = 9",
    "SELECT content FROM predictions.model_release",
)
FORBIDDEN_TO_THE_PIPELINE = (
    'SELECT password_hash FROM people."user"',
    "SELECT sid_sha256 FROM people.session",
    "DELETE FROM travel.booking",
    "DELETE FROM alerting.alert",
    "INSERT INTO people.user_role VALUES (1, 'admin')",
)


IMPOSSIBLE = (
    ("UPDATE travel.leg SET price_minor_units = -1", "price_not_negative"),
    ("UPDATE travel.leg SET position = 0", "position_positive"),
    ("UPDATE travel.stay SET price_minor_units = -1", "price_not_negative"),
    ("UPDATE travel.stay SET position = 0", "position_positive"),
    ("UPDATE travel.booking_traveller SET position = 0", "position_positive"),
    ("UPDATE travel.airport SET latitude = 91", "on_earth"),
    ("UPDATE inventory.hotel SET longitude = -181", "on_earth"),
)


def attempt(access: Access, statement: str) -> None:
    with transaction(access) as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", REWRITES)
@pytest.mark.parametrize("access", list(Access))
def test_nobody_rewrites_the_audit_history(database: str, statement: str, access: Access) -> None:
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        attempt(access, statement)


@pytest.mark.parametrize(("statement", "promise"), IMPOSSIBLE)
def test_no_row_says_what_cannot_be(database: str, statement: str, promise: str) -> None:
    with transaction(Access.OWNER) as session:
        booking_id = make_leg(session).booking_id
        make_stay(session, booking_id=booking_id)
    with pytest.raises(DBAPIError, match=promise):
        attempt(Access.OWNER, statement)


@pytest.mark.parametrize("statement", FORBIDDEN_TO_THE_DASHBOARD)
def test_the_dashboard_has_only_its_part(database: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        attempt(Access.DASHBOARD, statement)


@pytest.mark.parametrize("statement", FORBIDDEN_TO_THE_PIPELINE)
def test_the_pipeline_has_only_its_part(database: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        attempt(Access.PIPELINE, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alerting.alert_policy SET hold_minutes = 1",
        "UPDATE alerting.policy_step SET delay_minutes = 99",
        "DELETE FROM alerting.escalation_policy_version",
        "UPDATE feeds.batch SET received_count = received_count + 1",
        "UPDATE engine.database_profile SET is_replay = NOT is_replay",
    ],
)
def test_what_was_published_is_never_changed(database: str, statement: str) -> None:
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        make_policy_step(session)
        make_batch(session)
        found_database(session, is_replay=True, at=STORM_AT)
    with pytest.raises(DBAPIError, match="append-only"):
        attempt(Access.OWNER, statement)


def test_a_batch_that_does_not_balance_is_refused(database: str) -> None:
    with pytest.raises(DBAPIError, match="ck_batch_balance"), transaction(Access.OWNER) as session:
        make_batch(session, received_count=3)


FLIGHT_COLUMNS = (
    "carrier, flight_number, origin, destination, service_date, scheduled_departure_at,"
    " scheduled_arrival_at, distance_km, batch_id"
)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ("'ZZ' AS carrier", "carrier ZZ"),
        ("'ZZZ' AS origin", "airport ZZZ"),
        ("'ZZZ' AS destination", "airport ZZZ"),
        ("-1 AS batch_id", "batch -1"),
    ],
)
def test_a_flight_names_only_what_is_there(database: str, changed: str, named: str) -> None:
    with transaction(Access.OWNER) as session:
        make_flight(session)
    column = changed.rsplit(" ", 1)[-1]
    values = FLIGHT_COLUMNS.replace("flight_number", "'9'").replace(column, changed.split(" ")[0])
    for statement in (
        f"INSERT INTO travel.flight ({FLIGHT_COLUMNS}) SELECT {values} FROM travel.flight",
        f"UPDATE travel.flight SET {column} = {changed.split(' ')[0]}",
    ):
        with pytest.raises(DBAPIError, match=f"a flight names {named}, which is not there"):
            attempt(Access.OWNER, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM travel.airport",
        "UPDATE travel.carrier SET code = 'ZZ'",
        "UPDATE travel.airport SET iata = 'ZZZ'",
        "TRUNCATE travel.carrier CASCADE",
    ],
)
def test_what_flights_name_is_never_removed(database: str, statement: str) -> None:
    with transaction(Access.OWNER) as session:
        make_flight(session)
    with pytest.raises(DBAPIError, match="never removed or renamed"):
        attempt(Access.OWNER, statement)


def test_a_trigger_switched_off_is_told(database: str) -> None:
    with transaction(Access.OWNER) as session:
        assert list_unkept_references(session, "travel.flight") == []
        session.execute(text("ALTER TABLE travel.flight DISABLE TRIGGER names_what_is_there"))
        assert list_unkept_references(session, "travel.flight") == ["names_what_is_there"]


def test_nobody_is_in_two_shifts_at_once(database: str) -> None:
    with transaction(Access.OWNER) as session:
        user_id = make_shift_assignment(session).user_id
    with (
        pytest.raises(DBAPIError, match="ex_stand_one_place_at_a_time"),
        transaction(Access.OWNER) as session,
    ):
        make_shift_assignment(session, user_id=user_id)


def test_a_release_is_what_its_hash_says(database: str) -> None:
    with pytest.raises(DBAPIError, match="content_matches_sha256"):
        attempt(
            Access.PIPELINE,
            "INSERT INTO predictions.model_release (published_at, trained_from, trained_until,"
            " code_version, card, metrics, sha256, content) VALUES (now(), now(), now(), 'v',"
            " '{}', '{}', repeat('0', 64), 'model')",
        )
