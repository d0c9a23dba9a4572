"""The history of the release in force is told month by month, kept with it and shown."""

import dagster as dg

from pipelines.assets.rolling_origin import rolling_origin
from pipelines.resources import Warehouse
from warehouse.queries.predictions import find_champion
from warehouse.queries.releases import find_rolling_origin
from warehouse.session import transaction


def materialize() -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [rolling_origin],
            resources={"warehouse": Warehouse()},
            instance=instance,
            raise_on_error=False,
        )


def test_the_months_are_kept_with_the_release_and_shown_in_the_graph(world_database: str) -> None:
    result = materialize()

    assert result.success
    [event] = result.asset_materializations_for_node("predictions__rolling_origin")
    assert "| 2013-04 |" in str(event.metadata["by_month_2_h"].value)
    assert "reliability_24_h" in event.metadata
    with transaction() as session:
        champion = find_champion(session)
        assert champion is not None
        kept = find_rolling_origin(session, champion.release_id)
    assert kept is not None
    assert kept.record == event.metadata["record"].value
    assert kept.record["trained_until"] == champion.trained_until.isoformat()


def test_without_a_release_the_run_fails_and_says_what_to_do(database: str) -> None:
    result = materialize()

    [failure] = result.get_step_failure_events()
    assert not result.success
    assert "run the job `train` first" in str(failure.event_specific_data)
