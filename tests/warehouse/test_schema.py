"""Words in Python and words in Postgres are the same, and every table is in its place."""

import re
from enum import StrEnum

import pytest
from sqlalchemy import text

from tests.factories.defaults import STORM_AT
from warehouse import vocabulary
from warehouse.audit_tags import AuditTag
from warehouse.errors import ClockRefused
from warehouse.operations.clock import found_database, set_replay_clock
from warehouse.queries.clock import read_clock
from warehouse.schema.base import Base
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

CHECKED = {
    "ck_entry_tag": AuditTag,
    "ck_entry_source": vocabulary.Source,
    "ck_alert_status": vocabulary.AlertStatus,
    "ck_alert_severity": vocabulary.Severity,
    "ck_alert_kind": vocabulary.AlertKind,
    "ck_alert_basis": vocabulary.AlertBasis,
    "ck_alert_close_reason": vocabulary.CloseReason,
    "ck_flight_status": vocabulary.FlightStatus,
    "ck_fallback_action_status": vocabulary.FallbackStatus,
    "ck_fallback_action_kind": vocabulary.FallbackKind,
    "ck_notification_status": vocabulary.NotificationStatus,
    "ck_notification_kind": vocabulary.NotificationKind,
    "ck_notification_channel": vocabulary.Channel,
    "ck_acknowledgement_end_reason": vocabulary.AcknowledgementEnd,
    "ck_policy_step_target": vocabulary.StepTarget,
    "ck_user_role_role": vocabulary.Role,
    "ck_booking_status": vocabulary.BookingStatus,
    "ck_leg_status": vocabulary.BookingStatus,
    "ck_stay_status": vocabulary.BookingStatus,
    "ck_booking_segment_kind": vocabulary.SegmentKind,
    "ck_booking_segment_status": vocabulary.BookingStatus,
    "ck_weather_bulletin_kind": vocabulary.BulletinKind,
    "ck_room_night_count_semantics": vocabulary.CountSemantics,
}


@pytest.mark.parametrize(("constraint", "words"), CHECKED.items(), ids=list(CHECKED))
def test_postgres_knows_the_same_words(
    database: str, constraint: str, words: type[StrEnum]
) -> None:
    definition = text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name")
    with transaction(Access.OWNER) as session:
        written = session.execute(definition, {"name": constraint}).scalar_one()
    assert set(re.findall(r"'([a-z_.]+)'", written)) == {word.value for word in words}


def test_what_a_delivery_may_say_is_what_postgres_takes() -> None:
    worded = [
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if "among" in column.info
    ]
    assert {f"ck_{table}_{column}" for table, column in worded} <= set(CHECKED)


def test_a_live_database_never_gets_a_replay_clock(database: str) -> None:
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=False, at=STORM_AT)
    with pytest.raises(ClockRefused), transaction(Access.PIPELINE) as session:
        set_replay_clock(session, SYSTEM, replayed_at=STORM_AT, speed=1)
    insert = text("INSERT INTO engine.replay_clock (anchor_at, set_at, speed) VALUES (:at, :at, 1)")
    with pytest.raises(Exception, match="fk_replay_clock"), transaction(Access.OWNER) as session:
        session.execute(insert, {"at": STORM_AT})


def test_the_replay_runs_from_its_anchor_at_its_speed(database: str) -> None:
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=True, at=STORM_AT)
        set_replay_clock(session, SYSTEM, replayed_at=STORM_AT, speed=0)
        standing = read_clock(session)
        set_replay_clock(session, SYSTEM, replayed_at=STORM_AT, speed=3600)
        session.execute(text("SELECT pg_sleep(0.01)"))
        running = read_clock(session)
    assert (standing.at, standing.speed, standing.is_replay) == (STORM_AT, 0.0, True)
    assert (running.at - STORM_AT).total_seconds() >= 36


def test_a_replay_database_cannot_become_live(database: str) -> None:
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=True, at=STORM_AT)
    with (
        pytest.raises(ClockRefused, match="founded for replay"),
        transaction(Access.OWNER) as session,
    ):
        found_database(session, is_replay=False, at=STORM_AT)
