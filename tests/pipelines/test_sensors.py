"""Sensors act within their tick, once, at the desk's instant, and leave a heartbeat."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from pipelines.alerting import REFRESHED_HOURS
from pipelines.channels.setup import Outbound
from pipelines.checks.coverage import COVERED, every_step_reaches_somebody
from pipelines.definitions import OPS_SENSORS, build_defs
from pipelines.resources import Warehouse
from pipelines.sensors.coverage import coverage_due
from pipelines.sensors.escalation import BATCH, escalate_due, escalation_due
from pipelines.sensors.fallbacks import fallback_due
from pipelines.sensors.in_flight import FAILED
from pipelines.sensors.replay import MOST_ATTEMPTS, hours_after, replay_hour_reached
from pipelines.sensors.sweeps import TimeSweep, sweep_due, sweeps_due
from pipelines.settings import Settings
from tests.factories.alert import make_acknowledgement, make_alert
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_shift_assignment
from warehouse.operations.engine import finish_chapter
from warehouse.queries.engine import list_heartbeats
from warehouse.schema.alerting import Alert
from warehouse.schema.escalations import Escalation
from warehouse.session import Access, transaction

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _storm(database: str) -> None:
    set_clock(STORM_AT)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as kept_in_memory:
        yield kept_in_memory


def open_alerts(count: int = 1) -> None:
    """Alerts that are due, on a ladder of one step that reaches the catch-all."""
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version)
        for _ in range(count):
            make_alert(session, policy_version_id=version)


def count_escalations() -> int:
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count()).select_from(Escalation)) or 0


def event_metadata(result: dg.SensorResult) -> dict[str, object]:
    [event] = result.asset_events
    return {name: value.value for name, value in event.metadata.items()}


def evaluate(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance
) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, resources={"warehouse": Warehouse()})
    return sensor(context)


def record_run(
    instance: dg.DagsterInstance,
    job_name: str,
    status: dg.DagsterRunStatus,
    partition_key: str | None = None,
) -> None:
    tags = {"dagster/partition": partition_key} if partition_key else {}
    run = dg.DagsterRun(job_name=job_name, status=status, tags=tags)
    instance.add_run(run)


@pytest.mark.parametrize("sensor", OPS_SENSORS, ids=lambda sensor: str(sensor.name))
def test_the_daemon_can_evaluate_every_sensor_of_the_code_location(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance
) -> None:
    listed = build_defs(Settings()).resolve_sensor_def(sensor.name)
    resources = {"warehouse": Warehouse(), "outbound": Outbound()}
    with dg.build_sensor_context(instance=instance, resources=resources) as context:
        data = listed.evaluate_tick(context)

    assert data.skip_message
    assert data.run_requests == []


class TestEscalation:
    def test_a_due_alert_goes_up_within_the_tick_and_the_graph_is_told(self) -> None:
        open_alerts()

        result = escalation_due(warehouse=Warehouse())

        assert event_metadata(result) == {
            "alerts": 1,
            "highest_level": 1,
            "notifications_queued": 1,
        }
        assert count_escalations() == 1

    def test_the_next_tick_at_the_same_instant_finds_nothing(self) -> None:
        open_alerts()
        escalate_due(Warehouse())

        assert escalation_due(warehouse=Warehouse()).skip_reason is not None
        assert count_escalations() == 1

    def test_more_than_one_batch_is_done_in_one_tick(self) -> None:
        open_alerts(BATCH + 1)

        assert len(escalate_due(Warehouse()).escalated) == BATCH + 1

    def test_what_is_due_follows_the_replayed_instant(self) -> None:
        set_clock(STORM_AT - MINUTE)
        open_alerts()
        assert escalate_due(Warehouse()).escalated == ()

        set_clock(STORM_AT)

        assert len(escalate_due(Warehouse()).escalated) == 1


class TestSweeps:
    def test_flights_that_left_and_acknowledgements_that_lapsed_are_swept(self) -> None:
        with transaction(Access.OWNER) as session:
            make_alert(session, expires_at=STORM_AT)
            make_acknowledgement(session)
        set_clock(STORM_AT + HOUR)

        assert sweep_due(Warehouse()) == TimeSweep(closed=1, reopened=1)
        assert sweep_due(Warehouse()) == TimeSweep()

    def test_the_graph_is_told_of_what_lapsed(self) -> None:
        with transaction(Access.OWNER) as session:
            make_acknowledgement(session)
        set_clock(STORM_AT + HOUR)

        assert event_metadata(sweeps_due(warehouse=Warehouse())) == {"acknowledgements_lapsed": 1}
        assert sweeps_due(warehouse=Warehouse()).skip_reason is not None


def test_nothing_to_fall_back_on_is_a_skip() -> None:
    result = fallback_due(warehouse=Warehouse())

    assert result.asset_events == []
    assert result.skip_reason == dg.SkipReason("No fallback was due.")


def test_every_tick_leaves_a_heartbeat_at_the_servers_instant() -> None:
    escalate_due(Warehouse())
    sweep_due(Warehouse())

    with transaction(Access.OWNER) as session:
        beats = list_heartbeats(session)
    assert [beat.component for beat in beats] == ["escalation_due", "sweeps_due"]
    assert all(beat.beat_at > STORM_AT + timedelta(days=365) for beat in beats)


class TestReplay:
    def finish(self, *keys: str) -> None:
        with transaction(Access.PIPELINE) as session:
            for key in keys:
                finish_chapter(session, REFRESHED_HOURS, key, at=STORM_AT)

    def requested(self, instance: dg.DagsterInstance) -> Sequence[str | None]:
        request = evaluate(replay_hour_reached, instance)
        if isinstance(request, dg.SkipReason):
            return []
        return [request.partition_key, request.run_key, request.tags["stormdesk/lane"]]

    def test_the_hours_since_the_last_refreshed_one_come_in_order(self) -> None:
        keys = list(hours_after("2013-12-10-07:00", STORM_AT + 59 * MINUTE))

        assert keys == ["2013-12-10-08:00", "2013-12-10-09:00", "2013-12-10-10:00"]

    def test_an_hour_that_still_runs_is_not_due(self) -> None:
        assert list(hours_after("2013-12-10-10:00", STORM_AT + 59 * MINUTE)) == []

    def test_a_fresh_database_starts_with_the_hour_that_has_just_ended(
        self, instance: dg.DagsterInstance
    ) -> None:
        assert self.requested(instance) == ["2013-12-10-10:00", "2013-12-10-10:00:1", "live"]

    def test_the_first_missing_hour_is_asked_for(self, instance: dg.DagsterInstance) -> None:
        self.finish("2013-12-10-07:00", "2013-12-10-08:00")

        assert self.requested(instance) == ["2013-12-10-09:00", "2013-12-10-09:00:1", "live"]

    def test_when_all_are_done_nothing_is_asked_for(self, instance: dg.DagsterInstance) -> None:
        self.finish("2013-12-10-10:00")

        assert self.requested(instance) == []

    def test_one_hour_at_a_time(self, instance: dg.DagsterInstance) -> None:
        record_run(instance, "refresh_hour", dg.DagsterRunStatus.STARTED, "2013-12-10-10:00")

        assert self.requested(instance) == []

    @pytest.mark.parametrize("status", FAILED)
    def test_a_failed_hour_is_tried_again_under_another_key(
        self, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
    ) -> None:
        record_run(instance, "refresh_hour", status, "2013-12-10-10:00")

        assert self.requested(instance)[1] == "2013-12-10-10:00:2"

    def test_an_hour_that_keeps_failing_does_not_hold_up_the_next(
        self, instance: dg.DagsterInstance
    ) -> None:
        self.finish("2013-12-10-08:00")
        for _ in range(MOST_ATTEMPTS):
            record_run(instance, "refresh_hour", dg.DagsterRunStatus.FAILURE, "2013-12-10-09:00")

        assert self.requested(instance)[0] == "2013-12-10-10:00"


def test_alerts_that_are_swept_keep_their_status_in_the_audit() -> None:
    with transaction(Access.OWNER) as session:
        alert_id = make_alert(session, expires_at=STORM_AT).alert_id

    sweep_due(Warehouse())

    with transaction(Access.OWNER) as session:
        assert session.get_one(Alert, alert_id).close_reason == "departed"


def look_ahead(instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult:
    with dg.build_sensor_context(
        instance=instance, cursor=cursor, resources={"warehouse": Warehouse()}
    ) as context:
        return coverage_due(context)


def test_the_shifts_ahead_are_looked_at_once_a_day(instance: dg.DagsterInstance) -> None:
    open_alerts()
    told = look_ahead(instance, None)
    (found,) = told.asset_events
    assert (found.check_name, found.passed) == (COVERED, False)
    assert found.metadata["gaps"].value == 1
    assert "no agent is on shift (step 1). Assign an agent" in found.description
    assert told.cursor == "2013-12-10"
    assert not look_ahead(instance, told.cursor).asset_events
    set_clock(STORM_AT + timedelta(days=1))
    assert look_ahead(instance, told.cursor).asset_events


def test_the_check_of_the_shifts_ahead_can_be_asked_by_hand() -> None:
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version)
        during = Range(STORM_AT, STORM_AT + timedelta(days=15))
        make_shift_assignment(session, during=during)
    result = every_step_reaches_somebody(Warehouse())
    assert result.passed
    assert "reaches somebody for the next 14 days" in result.description


def test_each_tick_pages_for_what_the_next_day_leaves_uncovered(
    instance: dg.DagsterInstance,
) -> None:
    open_alerts(count=0)
    cursor = look_ahead(instance, None).cursor
    with transaction(Access.OWNER) as session:
        headlines = session.scalars(select(Alert.headline)).all()
        make_shift_assignment(session, during=Range(STORM_AT, STORM_AT + timedelta(days=3)))
    assert [each.partition(",")[0] for each in headlines] == ["Nobody is on shift"]
    skips = [look_ahead(instance, cursor).skip_reason.skip_message for _ in range(2)]
    assert skips == [
        "0 gaps of the next day were paged for, and 1 are gone.",
        "The shifts ahead were looked at on 2013-12-10.",
    ]
