"""What a backfill sees to before it begins."""

import os
import subprocess
import sys
from uuid import uuid4

import dagster as dg
from sqlalchemy import text

from pipelines.abandoned import PROCESS_TAG, close_abandoned, process_tags
from pipelines.resources import Warehouse
from stormdesk.backfill import load_reference_once
from tests.databases import empty
from tests.pipelines.tiny_provider import TinyProvider
from warehouse.session import Access, transaction


def count_hotels() -> int:
    with transaction(Access.OWNER) as session:
        return session.execute(text("SELECT count(*) FROM inventory.hotel")).scalar_one()


def test_what_facts_name_is_completed_after_a_kill(database: str) -> None:
    resources = {"warehouse": Warehouse(), "provider": TinyProvider()}
    with dg.DagsterInstance.ephemeral() as instance:
        load_reference_once(instance, resources)
        hotels = count_hotels()
        with transaction(Access.OWNER) as session:
            empty(session, "inventory.hotel")
        load_reference_once(instance, resources)
        assert count_hotels() == hotels > 0
        runs = instance.get_runs_count()
        load_reference_once(instance, resources)
        assert instance.get_runs_count() == runs


def begun_run(instance: dg.DagsterInstance, tags: dict[str, str]) -> str:
    run_id = str(uuid4())
    status = dg.DagsterRunStatus.STARTED
    instance.add_run(dg.DagsterRun(job_name="backfill", run_id=run_id, status=status, tags=tags))
    return run_id


def test_a_run_whose_process_ended_is_closed_as_failed() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with dg.DagsterInstance.ephemeral() as instance:
        gone = begun_run(instance, process_tags() | {PROCESS_TAG: f"{ended.pid}@1.00"})
        renumbered = begun_run(instance, process_tags() | {PROCESS_TAG: f"{os.getpid()}@1.00"})
        alive = begun_run(instance, process_tags())
        another = begun_run(instance, {})
        assert close_abandoned(instance) == 2
        assert close_abandoned(instance) == 0
        failed = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        assert {run.run_id for run in failed} == {gone, renumbered}
        begun = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
        assert {run.run_id for run in begun} == {alive, another}
