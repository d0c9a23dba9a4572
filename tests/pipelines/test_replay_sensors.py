"""A replay watches its model once a day of its clock, and trains again once a week of it."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest

from pipelines.definitions import REPLAY_SENSORS, build_defs
from pipelines.partitions import DAILY
from pipelines.predicting.monitoring import WATCHED_DAYS
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import FAILED
from pipelines.sensors.replay_days import replay_day_reached
from pipelines.sensors.retraining import WEEK_TAG, replay_week_over, week_to_train
from pipelines.settings import Profile, Settings
from stormdesk.story import PICKED_UP_AT, STORM_ENDS_AT, STORM_STARTS_AT
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.prediction import make_champion, make_release
from warehouse.operations.engine import finish_chapter
from warehouse.session import Access, transaction

TODAY = "2013-12-10"
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _storm(database: str) -> None:
    set_clock(STORM_AT)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as kept_in_memory:
        yield kept_in_memory


def evaluate(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance
) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, resources={"warehouse": Warehouse()})
    return sensor(context)


def refused(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> str:
    reason = evaluate(sensor, instance)
    assert isinstance(reason, dg.SkipReason)
    return str(reason.skip_message)


def requested(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> dg.RunRequest:
    request = evaluate(sensor, instance)
    assert isinstance(request, dg.RunRequest), request
    return request


def record_run(
    instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus, **tags: str
) -> None:
    instance.add_run(dg.DagsterRun(job_name=job, status=status, tags=tags))


def crown() -> None:
    with transaction(Access.OWNER) as session:
        make_champion(session)


@pytest.mark.parametrize("sensor", REPLAY_SENSORS, ids=lambda sensor: str(sensor.name))
def test_the_daemon_can_evaluate_every_sensor_of_a_replay(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance
) -> None:
    definitions = build_defs(Settings())
    listed = definitions.resolve_sensor_def(sensor.name)
    with dg.build_sensor_context(
        instance=instance,
        definitions=definitions,
        resources={"warehouse": Warehouse()},
    ) as context:
        data = listed.evaluate_tick(context)
    assert data.skip_message or data.run_requests
    assert listed.default_status is dg.DefaultSensorStatus.RUNNING


class TestDays:
    def test_the_day_that_has_begun_is_asked_for_in_the_live_lane(
        self, instance: dg.DagsterInstance
    ) -> None:
        crown()
        request = requested(replay_day_reached, instance)
        assert (request.partition_key, request.run_key) == (TODAY, f"{TODAY}:1")
        assert request.tags == {"stormdesk/lane": "live"}
        assert request.partition_key in DAILY.get_partition_keys()

    def test_a_day_that_was_watched_is_not_asked_for_again(
        self, instance: dg.DagsterInstance
    ) -> None:
        crown()
        with transaction() as session:
            finish_chapter(session, WATCHED_DAYS, TODAY, at=STORM_AT)
        assert "was watched on 2013-12-10" in refused(replay_day_reached, instance)
        set_clock(STORM_AT + timedelta(days=1))
        assert requested(replay_day_reached, instance).partition_key == "2013-12-11"

    def test_one_at_a_time(self, instance: dg.DagsterInstance) -> None:
        crown()
        record_run(instance, "watch_day", dg.DagsterRunStatus.STARTED)
        assert "on its way" in refused(replay_day_reached, instance)

    @pytest.mark.parametrize("status", FAILED)
    def test_a_failed_day_is_tried_three_times(
        self, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
    ) -> None:
        crown()
        tag = {"dagster/partition": TODAY}
        for attempt in (1, 2, 3):
            assert requested(replay_day_reached, instance).run_key == f"{TODAY}:{attempt}"
            record_run(instance, "watch_day", status, **tag)
        assert "failed 3 times" in refused(replay_day_reached, instance)

    def test_before_the_first_training_there_is_nothing_to_watch(
        self, instance: dg.DagsterInstance
    ) -> None:
        assert "run the job `train` first" in refused(replay_day_reached, instance)


class TestWeeks:
    def trained(self) -> None:
        with transaction(Access.OWNER) as session:
            make_release(session, trained_until=STORM_STARTS_AT, published_at=STORM_STARTS_AT)

    def test_the_days_that_a_first_run_and_the_demo_relive_train_nothing(
        self, instance: dg.DagsterInstance
    ) -> None:
        self.trained()
        for at in (STORM_STARTS_AT, PICKED_UP_AT, STORM_ENDS_AT):
            set_clock(at)
            due = refused(replay_week_over, instance)
            assert due == "The next training is due at 2013-12-15 05:00 UTC."

    def test_a_week_on_one_training_is_asked_for_in_its_own_lane(
        self, instance: dg.DagsterInstance
    ) -> None:
        self.trained()
        set_clock(STORM_STARTS_AT + WEEK)
        request = requested(replay_week_over, instance)
        assert request.run_key == "train:2013-12-08T05:00+1w:1"
        assert request.tags == {"stormdesk/lane": "train", WEEK_TAG: "2013-12-08T05:00+1w"}

    def test_any_training_counts_promoted_or_not(self, instance: dg.DagsterInstance) -> None:
        self.trained()
        at = STORM_STARTS_AT + timedelta(days=5)
        with transaction(Access.OWNER) as session:
            make_release(session, trained_until=at, published_at=at)
        set_clock(STORM_STARTS_AT + WEEK)
        assert "2013-12-20 05:00" in refused(replay_week_over, instance)

    def test_never_more_than_one_in_flight_whoever_asked(
        self, instance: dg.DagsterInstance
    ) -> None:
        self.trained()
        set_clock(STORM_STARTS_AT + WEEK)
        record_run(instance, "train", dg.DagsterRunStatus.STARTING)
        assert "one is on its way" in refused(replay_week_over, instance)

    def test_a_training_that_ended_well_is_not_repeated_in_its_week(
        self, instance: dg.DagsterInstance
    ) -> None:
        self.trained()
        set_clock(STORM_STARTS_AT + WEEK)
        week = requested(replay_week_over, instance).tags[WEEK_TAG]
        record_run(instance, "train", dg.DagsterRunStatus.SUCCESS, **{WEEK_TAG: week})
        assert "was done" in refused(replay_week_over, instance)

    @pytest.mark.parametrize("status", FAILED)
    def test_one_that_fails_is_tried_once_more_and_then_a_week_later(
        self, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
    ) -> None:
        self.trained()
        set_clock(STORM_STARTS_AT + WEEK)
        for attempt in (1, 2):
            request = requested(replay_week_over, instance)
            assert str(request.run_key).endswith(f"+1w:{attempt}")
            record_run(instance, "train", status, **{WEEK_TAG: request.tags[WEEK_TAG]})
        assert "failed 2 times" in refused(replay_week_over, instance)
        set_clock(STORM_STARTS_AT + 2 * WEEK)
        assert str(requested(replay_week_over, instance).run_key).endswith("+2w:1")

    def test_the_first_training_is_for_a_person_to_ask_for(
        self, instance: dg.DagsterInstance
    ) -> None:
        assert "run the job `train` first" in refused(replay_week_over, instance)

    def test_a_week_is_named_once_it_is_over_and_the_same_all_week(self) -> None:
        end = STORM_STARTS_AT + WEEK
        assert week_to_train(STORM_STARTS_AT, end - SECOND) is None
        names = {week_to_train(STORM_STARTS_AT, at) for at in (end, end + WEEK - SECOND)}
        assert names == {"2013-12-08T05:00+1w"}
        assert week_to_train(STORM_STARTS_AT, end + WEEK) not in names


class TestSchedule:
    def test_a_live_desk_trains_in_a_quiet_hour_of_its_airports(self) -> None:
        definitions = build_defs(Settings(profile=Profile.LIVE))
        schedule = definitions.resolve_schedule_def("weekly_training")
        assert schedule.job_name == "train"
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        zone = schedule.execution_timezone
        assert (schedule.cron_schedule, zone) == ("10 4 * * 1", "America/New_York")
        assert definitions.resolve_job_def("train").tags["stormdesk/lane"] == "train"
        names = {sensor.name for sensor in definitions.sensors or ()}
        assert names.isdisjoint(sensor.name for sensor in REPLAY_SENSORS)

    def test_a_live_desk_takes_the_head_of_its_history_out_every_night(self) -> None:
        definitions = build_defs(Settings(profile=Profile.LIVE))
        schedule = definitions.resolve_schedule_def("daily_audit_head")
        assert schedule.job_name == "export_audit_head"
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        zone = schedule.execution_timezone
        assert (schedule.cron_schedule, zone) == ("10 0 * * *", "America/New_York")
        assert definitions.resolve_job_def("export_audit_head").tags["stormdesk/lane"] == "ops"

    def test_a_replay_has_no_schedule_of_the_wall_clock(self) -> None:
        definitions = build_defs(Settings())
        assert list(definitions.schedules or ()) == []
        assert {sensor.name for sensor in REPLAY_SENSORS} <= {
            sensor.name for sensor in definitions.sensors or ()
        }
