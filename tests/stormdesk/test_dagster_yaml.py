import os
import shutil
import subprocess
import sys

import dagster as dg
import pytest
import yaml
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.workspace.config_schema import ensure_workspace_config
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

from pipelines.conventions import LANE_TAG, Lane, lane_tags
from stormdesk.credentials import DAGSTER
from stormdesk.settings import PROJECT_ROOT


@pytest.fixture
def dagster_home(server, tmp_path, monkeypatch):
    server.create_database("dagster_test", owner=DAGSTER)
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", tmp_path / "dagster.yaml")
    url = server.url("dagster_test", DAGSTER, driver="psycopg2")
    monkeypatch.setenv("DAGSTER_PG_URL", url)
    monkeypatch.setenv("DAGSTER_LOG_DIR", str(tmp_path / "logs"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    yield tmp_path
    server.drop_database("dagster_test")


def test_the_shipped_file_stores_and_announces_events_on_real_postgres(dagster_home):
    @dg.asset
    def measured() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"rows": 7})

    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        run = dg.materialize([measured], instance=instance)
        event = instance.get_latest_materialization_event(measured.key)
    assert run.success
    assert event.asset_materialization.metadata["rows"].value == 7


LOCATION = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("stormdesk"), "repository")


def lane_limits(instance: dg.DagsterInstance) -> dict[Lane, int]:
    configuration = instance.get_concurrency_config().run_queue_config
    return {
        Lane(limit["value"]): limit["limit"]
        for limit in configuration.tag_concurrency_limits
        if limit["key"] == LANE_TAG
    }


def test_a_slot_is_kept_for_operations_whatever_the_other_lanes_do(dagster_home):
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        limits = lane_limits(instance)
        slots = instance.get_concurrency_config().run_queue_config.max_concurrent_runs
        telemetry = instance.telemetry_enabled
    assert set(limits) == set(Lane) - {Lane.OPS}
    assert sum(limits.values()) < slots
    assert telemetry is False


def ask_for(instance: dg.DagsterInstance, lane: Lane, count: int) -> None:
    for _ in range(count):
        instance.add_run(
            dg.DagsterRun(
                job_name=lane.value,
                status=dg.DagsterRunStatus.QUEUED,
                tags=lane_tags(lane),
                remote_job_origin=RemoteJobOrigin(LOCATION, lane.value),
            )
        )


def started(instance: dg.DagsterInstance) -> list[str]:
    """Let the daemon choose from the queue, as it does every second."""
    daemon = QueuedRunCoordinatorDaemon(interval_seconds=1)
    chosen = daemon._get_runs_to_dequeue(instance, instance.get_concurrency_config(), None)
    return sorted(run.tags[LANE_TAG] for run in chosen)


def test_trainings_and_backfills_take_no_slot_of_the_live_lane(dagster_home):
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        ask_for(instance, Lane.TRAIN, 4)
        ask_for(instance, Lane.BACKFILL, 4)
        ask_for(instance, Lane.LIVE, 2)
        ask_for(instance, Lane.OPS, 1)
        assert started(instance) == ["backfill", "live", "live", "ops", "train"]


def test_the_workspace_names_one_code_server_by_environment(monkeypatch):
    monkeypatch.setenv("STORMDESK_CODE_HOST", "code")
    monkeypatch.setenv("STORMDESK_CODE_PORT", "4000")
    text = (PROJECT_ROOT / "workspace.yaml").read_text()
    workspace = ensure_workspace_config(yaml.safe_load(text), "workspace.yaml")
    (entry,) = workspace["load_from"]
    assert entry["grpc_server"] == {"host": "code", "port": 4000, "location_name": "stormdesk"}


def test_a_bare_url_would_choose_the_driver_that_dagster_cannot_use():
    """The reason for the scheme in DAGSTER_PG_URL; should this fail, the scheme may go."""
    program = "import sqlalchemy; print(sqlalchemy.make_url('postgresql://h/d').get_driver_name())"
    driver = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert driver.stdout == "psycopg\n"
