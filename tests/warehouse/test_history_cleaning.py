"""History goes when the policy says, and nothing else goes whoever asks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories.alert import make_acknowledgement, make_affected_booking, make_alert
from tests.factories.alert import make_escalation as make_step
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.fallback import make_fallback_action
from tests.factories.feed import make_refused
from tests.factories.notification import make_notification
from tests.factories.prediction import make_prediction
from tests.factories.user import make_user
from warehouse.operations.history_cleaning import CLEANERS, clean_history
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.schema.base import Base
from warehouse.schema.deliveries import DeliveryAttempt
from warehouse.schema.people import BrowserSession
from warehouse.session import Access, transaction

DAY = timedelta(days=1)
LATER = STORM_AT + 401 * DAY
CLOSED = {"status": "closed", "close_reason": "resolved", "closed_at": STORM_AT}


@pytest.fixture(autouse=True)
def _a_year_later(database: str) -> None:
    set_clock(LATER)


@pytest.fixture
def owner() -> Iterator[Session]:
    with transaction(Access.OWNER) as session:
        yield session


def closed_alert(**overrides: object) -> int:
    with transaction(Access.OWNER) as session:
        return make_alert(session, **(CLOSED | overrides)).alert_id


def clean(*, limit: int = 100, days: int = 401) -> dict[str, int]:
    with transaction() as session:
        return clean_history(session, at=STORM_AT + days * DAY, limit=limit)


def count(table: type[Base]) -> int:
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_closed_alert_goes_with_all_that_hangs_on_it() -> None:
    with transaction(Access.OWNER) as session:
        alert_id = make_alert(session, **CLOSED).alert_id
        touched = make_affected_booking(session, alert_id=alert_id)
        make_acknowledgement(session, alert_id=alert_id, is_effective=False)
        make_step(session, alert_id=alert_id)
        action = make_fallback_action(
            session,
            alert_id=alert_id,
            booking_id=touched.booking_id,
            leg_id=touched.leg_id,
            status="expired",
            hold_expires_at=None,
        )
        message = make_notification(
            session,
            alert_id=alert_id,
            fallback_action_id=action.fallback_action_id,
            status="sent",
            sent_at=STORM_AT,
        )
        session.add(
            DeliveryAttempt(
                notification_id=message.notification_id,
                attempt=1,
                attempted_at=STORM_AT,
                outcome="sent",
            )
        )
    gone = clean()
    assert gone == {
        "alerting.delivery_attempt": 1,
        "alerting.notification": 1,
        "alerting.fallback_action": 1,
        "alerting.escalation": 1,
        "alerting.acknowledgement": 1,
        "alerting.affected_booking": 1,
        "alerting.alert": 1,
    }
    assert count(Alert) == 0
    assert clean() == {}


def test_each_kind_leaves_one_entry_with_its_counts_and_its_policy(owner: Session) -> None:
    alert_id = closed_alert()
    with transaction(Access.OWNER) as session:
        make_notification(session, alert_id=alert_id, status="cancelled")
    clean()
    entries = owner.scalars(select(Entry).where(Entry.tag == "history.cleaned")).all()
    assert [entry.after for entry in entries] == [
        {"kind": "notification", "removed": {"alerting.notification": 1}},
        {"kind": "alert", "removed": {"alerting.alert": 1}},
    ]
    assert {(entry.noun, entry.noun_id) for entry in entries} == {("retention_version", 1)}


def test_nothing_goes_before_its_day() -> None:
    alert_id = closed_alert()
    with transaction(Access.OWNER) as session:
        make_notification(session, alert_id=alert_id, status="cancelled")
        make_refused(session, cleared_at=STORM_AT)
        make_prediction(session, predicted_at=STORM_AT)
    assert clean(days=90) == {}
    assert clean(days=91) == {"alerting.notification": 1, "feeds.quarantine": 1}
    assert clean(days=400) == {}
    assert clean(days=401) == {"alerting.alert": 1}
    set_clock(STORM_AT + 1101 * DAY)
    assert clean(days=1100) == {}
    assert clean(days=1101) == {"predictions.disruption_prediction": 1}


def test_messages_of_a_live_alert_stay_and_so_do_unfinished_ones() -> None:
    old = closed_alert()
    with transaction(Access.OWNER) as session:
        make_notification(session, status="sent", sent_at=STORM_AT)
        make_notification(session, alert_id=old, status="pending")
    assert clean() == {}
    assert (count(Notification), count(Alert)) == (2, 2)


def test_an_alert_that_a_live_one_refers_to_stays() -> None:
    first, storm = closed_alert(), closed_alert(kind="desk", flight_id=None)
    second = closed_alert(previous_alert_id=first)
    with transaction(Access.OWNER) as session:
        make_alert(session, previous_alert_id=storm)
        live = make_alert(session, previous_alert_id=second)
    assert clean() == {"alerting.alert": 1}
    with transaction(Access.OWNER) as session:
        assert session.get(Alert, first) is None
        assert session.get_one(Alert, second).previous_alert_id is None
        assert session.get_one(Alert, live.alert_id).previous_alert_id == second


def test_what_was_booked_or_noted_stays() -> None:
    alert_id, noted = closed_alert(), closed_alert()
    with transaction(Access.OWNER) as session:
        touched = make_affected_booking(session, alert_id=alert_id)
        make_fallback_action(
            session,
            alert_id=alert_id,
            booking_id=touched.booking_id,
            leg_id=touched.leg_id,
            status="booked",
            hold_expires_at=None,
            accepted_at=STORM_AT,
        )
        author = make_user(session).user_id
        session.execute(
            text(
                "INSERT INTO people.handover_note (author_user_id, role, body, written_at)"
                " VALUES (:author, 'agent', 'Look at it', :at)"
            ),
            {"author": author, "at": STORM_AT},
        )
        session.execute(
            text("INSERT INTO people.handover_alert SELECT note_id, :id FROM people.handover_note"),
            {"id": noted},
        )
    assert clean() == {}


def test_a_prediction_that_an_alert_is_about_stays() -> None:
    set_clock(STORM_AT + 2000 * DAY)
    with transaction(Access.OWNER) as session:
        said = make_prediction(session, predicted_at=STORM_AT)
        make_alert(session, flight_id=said.flight_id, prediction_id=said.prediction_id)
    assert clean(days=2000) == {}


ENDED_SESSION = """
    INSERT INTO people.session (sid_sha256, user_id, session_epoch, created_at, seen_at, expires_at)
    SELECT sha256(CAST(:sid AS text)::bytea), :user_id, 1, ended - interval '1 hour', ended, ended
    FROM (SELECT clock_timestamp() - make_interval(days => :days) AS ended)
"""
ATTEMPT = """
    INSERT INTO people.sign_in_attempt (username_sha256, attempted_at, succeeded)
    SELECT 'x', clock_timestamp() - make_interval(days => :days), true
"""


def test_sessions_and_attempts_go_by_the_servers_clock() -> None:
    with transaction(Access.OWNER) as session:
        user_id = make_user(session).user_id
        for days in (80, 100):
            values = {"sid": str(days), "user_id": user_id, "days": days}
            session.execute(text(ENDED_SESSION), values)
            session.execute(text(ATTEMPT), values)
    assert clean() == {"people.session": 1, "people.sign_in_attempt": 1}
    assert count(BrowserSession) == 1


@pytest.mark.parametrize("cleaner", CLEANERS)
@pytest.mark.parametrize("access", [Access.PIPELINE, Access.OWNER])
def test_an_instant_the_clock_has_not_reached_is_refused(cleaner: str, access: Access) -> None:
    set_clock(STORM_AT)
    closed_alert()
    ahead = text(f"SELECT * FROM engine.clean_{cleaner}(:at, 9)")
    for at in (LATER, None):
        with pytest.raises(DBAPIError, match="nothing is removed ahead"), transaction(access) as it:
            it.execute(ahead, {"at": at})
    assert count(Alert) == 1


@pytest.mark.parametrize("cleaner", CLEANERS)
def test_the_dashboard_cleans_nothing(cleaner: str) -> None:
    with (
        pytest.raises(DBAPIError, match="permission denied"),
        transaction(Access.DASHBOARD) as session,
    ):
        session.execute(text(f"SELECT engine.clean_{cleaner}(:at, 9)"), {"at": LATER})


@pytest.mark.parametrize(
    "table",
    [
        *("alerting.alert", "alerting.notification", "alerting.escalation"),
        *("people.session", "feeds.quarantine", "predictions.feature_row", "audit.entry"),
    ],
)
@pytest.mark.parametrize("access", [Access.PIPELINE, Access.DASHBOARD])
def test_no_role_of_ours_deletes_history_by_itself(table: str, access: Access) -> None:
    closed_alert()
    with pytest.raises(DBAPIError, match="permission denied"), transaction(access) as session:
        session.execute(text(f"DELETE FROM {table}"))


@pytest.mark.parametrize("overrides", [{"status": "open"}, CLOSED | {"closed_at": LATER - DAY}])
def test_not_even_the_owner_deletes_a_live_or_young_alert(overrides: dict[str, object]) -> None:
    with transaction(Access.OWNER) as session:
        make_alert(session, **overrides)
    with pytest.raises(DBAPIError, match="live or younger"), transaction(Access.OWNER) as session:
        session.execute(text("DELETE FROM alerting.alert"))


@pytest.mark.parametrize("access", list(Access))
def test_a_closed_alert_lets_go_only_of_what_is_gone(access: Access) -> None:
    second = closed_alert(previous_alert_id=closed_alert())
    letting_go = text("UPDATE alerting.alert SET previous_alert_id = NULL WHERE alert_id = :id")
    with transaction(access) as session:
        if access is Access.DASHBOARD:  # sees nothing without somebody's scope, and so changes none
            session.execute(text("SELECT set_config('stormdesk.scope', 'staff', true)"))
        with pytest.raises(DBAPIError, match="closed and never changes"):
            session.execute(letting_go, {"id": second})


def test_batches_are_bounded_oldest_first_and_shared_between_callers() -> None:
    ids = [closed_alert(closed_at=STORM_AT - number * DAY) for number in range(12)]
    assert clean(limit=2) == {"alerting.alert": 2}
    with transaction(Access.OWNER) as session:
        left = session.scalars(select(Alert.alert_id).order_by(Alert.closed_at)).all()
    assert left == ids[9::-1]
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: clean(limit=3), range(4)))
    while batch := clean(limit=3):
        batches.append(batch)
    assert sum(batch.get("alerting.alert", 0) for batch in batches) == 10
