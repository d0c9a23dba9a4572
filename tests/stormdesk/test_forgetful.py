"""A graph that runs on an instance without a memory still stops where a blocking check fails."""

import dagster as dg
import pytest
from dagster._core.errors import DagsterAssetCheckFailedError

from stormdesk.forgetful import forgetful_instance


@pytest.fixture
def refreshed() -> list[str]:
    return []


def graph(refreshed: list[str], *, holds: bool) -> dg.JobDefinition:
    """Give a job of two assets, the second behind a blocking check of the first."""

    @dg.asset(check_specs=[dg.AssetCheckSpec("sound", asset="facts", blocking=True)])
    def facts() -> dg.MaterializeResult:  # type: ignore[type-arg] # Dagster takes only the bare class
        refreshed.append("facts")
        verdict = dg.AssetCheckResult(check_name="sound", passed=holds)
        return dg.MaterializeResult(check_results=[verdict])

    @dg.asset(deps=[facts])
    def claims() -> None:
        refreshed.append("claims")

    jobs = [dg.define_asset_job("refresh", executor_def=dg.in_process_executor)]
    return dg.Definitions(assets=[facts, claims], jobs=jobs).resolve_job_def("refresh")


def test_assets_run_in_order_and_nothing_is_kept(refreshed: list[str]) -> None:
    with forgetful_instance() as instance:
        result = graph(refreshed, holds=True).execute_in_process(instance=instance)
        kept = instance.get_records_for_run(result.run_id).records
    assert result.success
    assert refreshed == ["facts", "claims"]
    assert kept == []


def test_a_failed_blocking_check_stops_what_comes_after(refreshed: list[str]) -> None:
    with forgetful_instance() as instance, pytest.raises(DagsterAssetCheckFailedError):
        graph(refreshed, holds=False).execute_in_process(instance=instance)
    assert refreshed == ["facts"]
