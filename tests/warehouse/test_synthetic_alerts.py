"""The desk times itself by alerts that go the whole way and reach nobody."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_actor
from warehouse.errors import PermissionRefused
from warehouse.operations.clock import found_database, set_replay_clock
from warehouse.operations.escalations import EscalationSweep, escalate_due_alerts
from warehouse.operations.notifications import Sent, claim_notifications, record_delivery
from warehouse.operations.synthetic_alerts import tend_synthetic_alert
from warehouse.queries.alerts import InboxFilter, count_inbox, list_inbox
from warehouse.queries.clock import Clock
from warehouse.queries.synthetic import list_trips
from warehouse.rules.synthetic import EVERY, Trip, is_next_due, summarise
from warehouse.schema.alerting import Alert, Notification
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role

pytestmark = pytest.mark.usefixtures("ladder")
SECOND = timedelta(seconds=1)


@pytest.fixture
def ladder(database: str) -> None:
    """A ladder that asks for another hotel, and on which nobody is on shift."""
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=True, at=STORM_AT)
        set_replay_clock(session, SYSTEM, replayed_at=STORM_AT, speed=0)
        version = make_policy_version(session, repeat_count=2).policy_version_id
        make_policy_step(session, policy_version_id=version, fallback_kind="alternative_hotel")


def clock(at: datetime, speed: float = 1.0) -> Clock:
    return Clock(at=at, server_at=at, is_replay=False, speed=speed)


def tend(at: datetime, speed: float = 1.0) -> int | None:
    with transaction() as session:
        return tend_synthetic_alert(session, clock=clock(at, speed))


def sweep(at: datetime) -> EscalationSweep:
    with transaction() as session:
        return escalate_due_alerts(session, at=at)


def deliver(at: datetime) -> None:
    with transaction() as session:
        [page] = claim_notifications(session, worker="w", at=at, server_at=at)
        assert (page.channel, page.address) == ("sink", "sink")
        assert record_delivery(
            session,
            notification_id=page.notification_id,
            attempt=page.attempt,
            worker="w",
            at=at,
            outcome=Sent(),
        )


def stored() -> list[tuple[str, str | None]]:
    with transaction(Access.OWNER) as session:
        rows = session.execute(select(Alert.status, Alert.close_reason).order_by(Alert.alert_id))
        return [(status, reason) for status, reason in rows]


def test_it_goes_the_whole_way_and_is_timed() -> None:
    assert tend(STORM_AT) is not None
    assert sweep(STORM_AT + 3 * SECOND).queued == 1
    deliver(STORM_AT + 8 * SECOND)
    assert stored() == [("open", None)]
    tend(STORM_AT + 10 * SECOND)
    assert stored() == [("closed", "delivered")]
    with transaction(Access.OWNER) as session:
        assert list_trips(session, SYSTEM) == [Trip(STORM_AT, 3.0, 8.0)]


def test_one_at_a_time_and_the_next_after_ten_minutes() -> None:
    assert tend(STORM_AT) is not None
    assert tend(STORM_AT + EVERY) is None, "the first is still on its way"
    sweep(STORM_AT + EVERY)
    deliver(STORM_AT + EVERY)
    assert tend(STORM_AT + EVERY) is not None
    assert tend(STORM_AT + EVERY + SECOND) is None
    assert stored() == [("closed", "delivered"), ("open", None)]


def test_it_is_paged_once_however_long_the_ladder_and_sets_nothing_off() -> None:
    tend(STORM_AT)
    for hours in range(24):
        sweep(STORM_AT + timedelta(hours=hours))
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(Notification.channel)).all() == ["sink"]
        # That nobody was on shift is no news that this alert should bring.
        assert session.scalars(select(Alert.kind)).all() == ["synthetic"]


def test_nobody_sees_it_among_the_alerts_they_have_to_take() -> None:
    tend(STORM_AT)
    with transaction(Access.OWNER) as session:
        agent = make_actor(session)
        assert list_inbox(session, agent, InboxFilter(statuses=())) == []
        counts = count_inbox(session, agent, at=STORM_AT)
    assert (counts.open, counts.critical, counts.closed_24h) == (0, 0, 0)


def test_without_a_ladder_there_is_nothing_to_time() -> None:
    assert tend(STORM_AT - timedelta(days=365)) is None


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MANAGER, Role.ADMIN])
def test_whoever_sees_the_pipeline_sees_how_soon_pages_are_delivered(role: Role) -> None:
    tend(STORM_AT)
    sweep(STORM_AT + SECOND)
    deliver(STORM_AT + 2 * SECOND)
    with transaction(Access.OWNER) as session:
        actor = make_actor(session, role)
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        assert list_trips(session, actor) == [Trip(STORM_AT, 1.0, 2.0)]


def test_a_customer_does_not(database: str) -> None:
    with transaction(Access.OWNER) as session, pytest.raises(PermissionRefused):
        list_trips(session, make_actor(session, Role.CUSTOMER))


def test_postgres_lets_no_page_of_a_person_end_in_the_sink() -> None:
    with (
        pytest.raises(DBAPIError, match="its messages are for people"),
        transaction(Access.OWNER) as session,
    ):
        make_notification(session, channel="sink")


@pytest.mark.parametrize("channel", ["email", "sms", "webhook"])
def test_postgres_lets_it_reach_no_person(channel: str) -> None:
    alert_id = tend(STORM_AT)
    with (
        pytest.raises(DBAPIError, match="reaches no person"),
        transaction(Access.OWNER) as session,
    ):
        make_notification(session, alert_id=alert_id, channel=channel)


def test_postgres_lets_no_ladder_page_into_the_sink() -> None:
    with (
        pytest.raises(DBAPIError, match="channels_reach_people"),
        transaction(Access.OWNER) as session,
    ):
        make_policy_step(session, channels=["email", "sink"])


def test_postgres_lets_it_touch_nobody() -> None:
    tend(STORM_AT)
    with (
        pytest.raises(DBAPIError, match="synthetic_touches_nobody"),
        transaction(Access.OWNER) as session,
    ):
        session.scalars(select(Alert)).one().travellers_affected = 3


@pytest.mark.parametrize(
    ("minutes", "speed", "expected"),
    [(9, 1.0, False), (10, 1.0, True), (10, 60.0, False), (600, 60.0, True), (600, 0.0, False)],
)
def test_ten_minutes_are_the_servers(minutes: int, speed: float, expected: bool) -> None:
    at = STORM_AT + timedelta(minutes=minutes)
    assert is_next_due(STORM_AT, at=at, speed=speed) is expected


@given(st.lists(st.integers(0, 10_000)), st.integers(0, 5))
def test_percentiles_are_of_what_arrived(seconds: list[int], under_way: int) -> None:
    trips = [Trip(STORM_AT, each, each) for each in seconds]
    summary = summarise([*trips, *[Trip(STORM_AT, None, None)] * under_way])
    assert (summary.raised, summary.delivered) == (len(seconds) + under_way, len(seconds))
    if seconds:
        p50, p95 = summary.delivered_p50_seconds, summary.delivered_p95_seconds
        assert p50 is not None
        assert p95 is not None
        assert min(seconds) <= p50 <= p95 <= max(seconds)
    else:
        assert summary.delivered_p95_seconds is None
        assert not summary.is_in_time
