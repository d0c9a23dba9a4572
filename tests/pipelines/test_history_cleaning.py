"""History is cleaned once a day by a job of its own lane, which tells the asset graph."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import select

from pipelines.conventions import LANE_TAG
from pipelines.definitions import build_defs
from pipelines.history_cleaning import CLEANED_DAYS, clean_day
from pipelines.jobs.history_cleaning import clean_history
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import FAILED
from pipelines.sensors.replay_daily import DAY_TAG, MOST_ATTEMPTS, replay_cleaning_due
from pipelines.settings import Profile, Settings
from tests.factories.alert import make_alert
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from warehouse.queries.engine import has_chapter
from warehouse.schema.alerting import Alert
from warehouse.session import Access, transaction

DAY = timedelta(days=1)
LATER = STORM_AT + 401 * DAY
TODAY = LATER.date().isoformat()
CLOSED = {"status": "closed", "close_reason": "resolved", "closed_at": STORM_AT}


@pytest.fixture(autouse=True)
def _desk(database: str) -> None:
    set_clock(LATER)
    with transaction(Access.OWNER) as session:
        for _ in range(3):
            make_alert(session, **CLOSED)
        for kind in ("desk", "flight"):
            no_flight = {"flight_id": None} if kind == "desk" else {}
            make_alert(session, kind=kind, expires_at=LATER - DAY, **no_flight)
        make_alert(session, expires_at=LATER + DAY)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as kept_in_memory:
        yield kept_in_memory


def look(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, resources={"warehouse": Warehouse()})
    return replay_cleaning_due(context)


def test_a_day_is_cleaned_in_batches_and_noted() -> None:
    done = clean_day(Warehouse(), rows=1)
    assert (done.expired, done.removed, done.is_finished) == (2, {"alerting.alert": 3}, True)
    with transaction() as session:
        assert has_chapter(session, CLEANED_DAYS, TODAY)
        left = session.scalars(select(Alert.status).order_by(Alert.status)).all()
    assert left == ["closed", "closed", "open"]
    again = clean_day(Warehouse())
    assert (again.expired, again.removed, again.dropped_windows) == (0, {}, 0)


def test_the_job_tells_the_asset_graph_what_went(instance: dg.DagsterInstance) -> None:
    done = clean_history.execute_in_process(instance=instance, resources={"warehouse": Warehouse()})
    assert done.success
    (event,) = [each for each in done.all_events if each.event_type_value == "ASSET_OBSERVATION"]
    observed = event.asset_observation_data.asset_observation
    assert observed.asset_key == dg.AssetKey(["alerting", "alert"])
    assert {name: value.value for name, value in observed.metadata.items()} == {
        "removed_rows": 3,
        "expired_alerts_closed": 2,
        "is_finished": True,
    }


def test_a_replay_asks_for_it_once_a_day_of_its_clock(instance: dg.DagsterInstance) -> None:
    request = look(instance)
    assert isinstance(request, dg.RunRequest)
    assert (request.run_key, request.tags) == (
        f"clean_history:{TODAY}:1",
        {LANE_TAG: "upkeep", DAY_TAG: TODAY},
    )
    clean_day(Warehouse())
    reason = look(instance)
    assert isinstance(reason, dg.SkipReason)
    assert reason.skip_message == f"clean_history is done for {TODAY}."
    set_clock(LATER + DAY)
    assert isinstance(look(instance), dg.RunRequest)


def test_a_day_that_fails_is_given_up_after_three(instance: dg.DagsterInstance) -> None:
    for _ in range(MOST_ATTEMPTS):
        assert isinstance(look(instance), dg.RunRequest)
        instance.add_run(
            dg.DagsterRun(job_name="clean_history", status=FAILED[0], tags={DAY_TAG: TODAY})
        )
    assert "failed 3 times" in str(look(instance).skip_message)


def test_a_live_desk_cleans_in_a_quiet_hour_of_its_airports() -> None:
    definitions = build_defs(Settings(profile=Profile.LIVE))
    schedule = definitions.resolve_schedule_def("daily_cleaning")
    assert (schedule.job_name, schedule.cron_schedule) == ("clean_history", "40 3 * * *")
    assert schedule.execution_timezone == "America/New_York"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    tags = definitions.resolve_job_def("clean_history").tags
    assert (tags[LANE_TAG], tags["dagster/max_runtime"]) == ("upkeep", "1800")
