"""Whether facts flow: what is expected of feeds and of the engine, and who may see what waits."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from pipelines.assets.ingest import HOURLY_INGEST, INGEST
from pipelines.assets.reference import REFERENCE
from pipelines.definitions import OPS_SENSORS, REPLAY_SENSORS
from tests.factories.defaults import STORM_AT
from tests.factories.feed import make_batch, make_refused
from tests.factories.notification import make_notification
from tests.factories.user import make_actor
from warehouse.audit_tags import AuditTag
from warehouse.errors import PermissionRefused
from warehouse.operations import audit
from warehouse.operations.audit_seals import seal_history
from warehouse.operations.engine import beat
from warehouse.queries.clock import Clock
from warehouse.queries.notifications import count_dead_letters, list_dead_letters
from warehouse.queries.pipeline_page import (
    CONNECTED_FEEDS,
    ENGINE,
    HOURLY_FEEDS,
    REPLAY_COMPONENTS,
    STANDING_FEEDS,
    ComponentState,
    FeedCondition,
    count_refused,
    list_components,
    list_deliveries,
    list_feeds,
    list_refused,
)
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Role

SERVER_AT = STORM_AT + timedelta(days=4000)
REPLAY = Clock(at=STORM_AT, server_at=SERVER_AT, is_replay=True, speed=1)
LIVE = Clock(at=STORM_AT, server_at=STORM_AT, is_replay=False, speed=1)


def add_actor(*roles: Role) -> Actor:
    with transaction(Access.OWNER) as session:
        return make_actor(session, *roles)


def conditions(clock: Clock) -> dict[str, FeedCondition]:
    with transaction(Access.OWNER) as session:
        return {each.feed: each.condition for each in list_feeds(session, SYSTEM, clock=clock)}


def components(clock: Clock = REPLAY) -> dict[str, ComponentState]:
    with transaction(Access.OWNER) as session:
        return {each.component: each for each in list_components(session, SYSTEM, clock=clock)}


def test_the_feeds_and_parts_that_are_expected_are_those_the_pipelines_have() -> None:
    assert {asset.key.path[-1] for asset in HOURLY_INGEST} == set(HOURLY_FEEDS + CONNECTED_FEEDS)
    assert {asset.key.path[-1] for asset in (*REFERENCE, *INGEST)} - set(
        HOURLY_FEEDS + CONNECTED_FEEDS
    ) == set(STANDING_FEEDS)
    assert {sensor.name for sensor in (*OPS_SENSORS, *REPLAY_SENSORS)} == set(ENGINE)


@pytest.mark.parametrize(
    ("minutes", "condition"),
    [(0, FeedCondition.FRESH), (90, FeedCondition.FRESH), (91, FeedCondition.LATE)],
)
def test_an_hourly_feed_is_late_half_an_hour_after_it_was_due(
    database: str, minutes: int, condition: FeedCondition
) -> None:
    with transaction(Access.OWNER) as session:
        make_batch(session, feed="booking", received_at=STORM_AT - timedelta(minutes=minutes))
    found = conditions(REPLAY)
    assert found["booking"] is condition
    assert found["room_night"] is FeedCondition.NEVER


def test_a_feed_nothing_is_expected_of_is_never_late(database: str) -> None:
    with transaction(Access.OWNER) as session:
        for feed in ("flight", "hotel", "booking_segment"):
            make_batch(session, feed=feed, received_at=STORM_AT - timedelta(days=3))
    found = conditions(REPLAY)
    assert {found[feed] for feed in ("flight", "hotel", "booking_segment")} == {
        FeedCondition.LOADED
    }
    assert list(found)[-1] == "booking_segment"
    assert conditions(LIVE)["flight"] is FeedCondition.LATE


def test_a_part_is_overdue_when_it_was_silent_too_long_or_always(database: str) -> None:
    with transaction(Access.OWNER) as session:
        every = {"every_seconds": 4}
        beat(session, "sweeps_due", at=SERVER_AT - timedelta(seconds=119), **every)
        late_at = SERVER_AT - timedelta(seconds=121)
        beat(session, "escalation_due", at=late_at, waiting_count=4, **every)
        beat(session, "a_new_part", at=SERVER_AT - timedelta(days=9))
    found = components()
    assert list(found) == [*ENGINE, "a_new_part"]
    assert not found["sweeps_due"].is_overdue
    assert found["escalation_due"].is_overdue
    assert found["escalation_due"].waiting_count == 4
    assert found["fallback_due"].is_overdue
    assert found["fallback_due"].beat_at is None
    assert components(LIVE).keys().isdisjoint(REPLAY_COMPONENTS)


def test_what_a_part_last_did_is_read_from_the_history_and_people_s_acts_are_not_its(
    database: str,
) -> None:
    with transaction(Access.OWNER) as session:
        manager = make_actor(session, Role.MANAGER)
        for minutes, tag in enumerate((AuditTag.ALERT_ESCALATED, AuditTag.ALERT_CLOSED)):
            at = STORM_AT + timedelta(minutes=minutes)
            audit.record(session, SYSTEM, tag, "alert", 1, at=at)
            audit.record(session, manager, tag, "alert", 1, at=at + timedelta(hours=1))
    with transaction() as session:
        seal_history(session, at=STORM_AT)
    found = components()
    assert found["escalation_due"].last_tag is AuditTag.ALERT_ESCALATED
    assert found["escalation_due"].last_done_at == STORM_AT
    assert found["sweeps_due"].last_done_at == STORM_AT + timedelta(minutes=1)
    assert found["history_unsealed"].last_done_at == STORM_AT
    assert found["fallback_due"].last_tag is None


def test_refused_rows_are_listed_by_feed_and_reason_page_by_page(database: str) -> None:
    with transaction(Access.OWNER) as session:
        manager = make_actor(session, Role.MANAGER)
        for _ in range(3):
            make_refused(session)
        make_refused(session, column_name="destination")
        make_refused(session, feed="flight")
    with transaction(Access.DASHBOARD, on_behalf_of=manager) as session:
        first = count_refused(session, manager)[0]
        assert (first.feed, first.words, first.row_count) == (
            "booking_segment",
            "origin names no airport",
            3,
        )
        everywhere = list_refused(session, manager, feed=None, reason=first, limit=9)
        assert len(everywhere) == 4
        newest, second = list_refused(
            session, manager, feed="booking_segment", reason=first, limit=2
        )
        (oldest,) = list_refused(
            session,
            manager,
            feed="booking_segment",
            reason=first,
            limit=2,
            older_than=second.quarantine_id,
        )
        assert newest.quarantine_id > second.quarantine_id > oldest.quarantine_id


@pytest.mark.parametrize("role", [Role.AGENT, Role.CUSTOMER])
def test_the_pipeline_is_refused_to_those_who_may_not_see_it(database: str, role: Role) -> None:
    actor = add_actor(role)
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        for ask in (
            lambda: list_feeds(session, actor, clock=REPLAY),
            lambda: list_deliveries(session, actor, "flight", limit=1),
            lambda: list_components(session, actor, clock=REPLAY),
            lambda: count_refused(session, actor),
            lambda: list_refused(session, actor, feed=None, reason=None, limit=1),
            lambda: list_dead_letters(session, actor),
            lambda: count_dead_letters(session, actor),
        ):
            with pytest.raises(PermissionRefused):
                ask()


def test_an_analyst_sees_that_facts_flow_and_neither_rows_nor_addresses(database: str) -> None:
    analyst = add_actor(Role.ANALYST)
    with transaction(Access.OWNER) as session:
        make_refused(session)
        make_notification(session, status="dead", last_error="no such user")
        assert count_dead_letters(session, SYSTEM) == 1
    with transaction(Access.DASHBOARD, on_behalf_of=analyst) as session:
        assert list_feeds(session, analyst, clock=REPLAY)
        assert list_components(session, analyst, clock=REPLAY)
        assert list_dead_letters(session, analyst) == []
        for ask in (
            lambda: count_refused(session, analyst),
            lambda: list_refused(session, analyst, feed=None, reason=None, limit=1),
        ):
            with pytest.raises(PermissionRefused):
                ask()
        assert session.scalar(text("SELECT count(*) FROM feeds.quarantine")) == 0
