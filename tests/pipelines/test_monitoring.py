"""Monitoring as of a day: settled claims only, a warning and never a stop, and the last resort."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from sqlalchemy import text, update

from pipelines.assets.monitoring import AS_IT_SAYS, model_monitoring
from pipelines.conventions import BACKFILL_TAG, Lane, is_live, lane_tags
from pipelines.jobs.monitoring import watch_day
from pipelines.partitions import Window
from pipelines.predicting.champion import NoChampion
from pipelines.predicting.feature_rows import store_features
from pipelines.predicting.monitoring import WATCHED_DAYS, features_by_feed, watch
from pipelines.resources import Warehouse
from tests.factories.prediction import let_pass, make_release
from tests.pipelines.conftest import TRAINED_UNTIL
from warehouse.operations.champions import promote_champion
from warehouse.queries.engine import list_chapters
from warehouse.queries.releases import list_reigns
from warehouse.schema.predictions import DisruptionPrediction
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, ReleaseId

DAY = "2013-04-27"
AT = datetime(2013, 4, 27, tzinfo=UTC)
_CLAIM_ALL = text(
    """
    INSERT INTO predictions.disruption_prediction (flight_id, horizon_hours, predicted_at,
      probability, probability_60min, basis, release_id, controls)
    SELECT flight_id, horizon_hours, scheduled_departure_at - interval '1 hour' * horizon_hours,
      :probability, 0.5, 'model', (SELECT min(release_id) FROM predictions.model_release),
      '{"climatology": 0.1}'
    FROM travel.flight, unnest(ARRAY[2, 24]) AS horizon_hours
    WHERE scheduled_departure_at >= :since
    """
)


def claim_all(probability: float) -> None:
    """Claim the same of every flight of the weeks before."""
    with transaction(Access.OWNER) as session:
        values = {"probability": probability, "since": AT - timedelta(days=28)}
        session.execute(_CLAIM_ALL, values)


def materialize(**tags: str) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [model_monitoring],
            resources={"warehouse": Warehouse()},
            instance=instance,
            partition_key=DAY,
            raise_on_error=False,
            tags=tags,
        )


def succeed() -> tuple[ReleaseId, ReleaseId]:
    """Let a second release predict, whose claims are those of the weeks before."""
    with transaction(Access.OWNER) as session:
        [reign] = list_reigns(session)
        second = ReleaseId(make_release(session).release_id)
        let_pass(session, second)
        promote_champion(session, SYSTEM, second, reason="Better.", at=TRAINED_UNTIL)
        session.execute(update(DisruptionPrediction).values(release_id=second))
    return reign.release_id, second


def reigning() -> ReleaseId:
    with transaction() as session:
        return list_reigns(session)[-1].release_id


def done_days() -> frozenset[str]:
    with transaction() as session:
        return list_chapters(session, WATCHED_DAYS)


def test_a_release_that_shouts_warns_and_shows_its_figures(world_database: str) -> None:
    claim_all(0.9)
    result = materialize()
    assert result.success
    [check] = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == (AS_IT_SAYS, False)
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert "90.0% was said on average" in str(check.metadata["alarms"].value)
    [event] = result.asset_materializations_for_node("predictions__model_monitoring")
    assert event.metadata["judged_until"].value == "2013-04-27 00:00 UTC"
    assert "| 24 h |" in str(event.metadata["preview"].value)
    assert "| carrier | 0.0" in str(event.metadata["drift"].value)
    assert "| none | 100.0% | 100.0% |" in str(event.metadata["precipitation"].value)


def test_only_claims_that_are_settled_count_and_nothing_later_moves_them(
    world_database: str,
) -> None:
    claim_all(0.1)
    with transaction() as session:
        run = watch(session, at=AT)
    state = run.monitoring
    assert [each.horizon_hours for each in state.matured] == [2, 24]
    # The desk knows outcomes until TRAINED_UNTIL, 16 hours after this day began.
    assert AT < TRAINED_UNTIL
    with transaction(Access.OWNER) as session:
        late = {"at": AT}
        session.execute(
            text(
                "DELETE FROM predictions.disruption_prediction WHERE flight_id IN (SELECT "
                "flight_id FROM travel.flight WHERE scheduled_departure_at > CAST(:at AS "
                "timestamptz) - interval '3 hours')"
            ),
            late,
        )
    with transaction() as session:
        again = watch(session, at=AT)
    assert again.monitoring.as_dict() == state.as_dict()


def test_feeds_are_judged_by_the_rows_described_lately(world_database: str) -> None:
    window = Window(AT - timedelta(hours=3), AT - timedelta(hours=1))
    with transaction() as session:
        store_features(session, window)
    with transaction() as session:
        feeds = {each.source: each for each in watch(session, at=AT).monitoring.feeds}
    assert set(feeds) == {"outcomes", "reports", "observations", "forecasts"}
    assert feeds["observations"].absent_rate == 0
    assert feeds["observations"].stale_rate == 0
    assert feeds["forecasts"].rows < feeds["observations"].rows
    assert set(features_by_feed({})) == {"schedule", *feeds}


def test_optional_feeds_are_watched_if_the_card_says_they_are_read() -> None:
    read = [{"name": "inbound_turnaround_minutes"}, {"name": "destination_forecast_gust_mps"}]
    by_feed = features_by_feed({"horizons": {"2": {"features": read}}})
    assert [feature.name for feature in by_feed["inbound"]] == ["inbound_turnaround_minutes"]
    assert "destination_forecasts" in by_feed
    assert "destination_observations" not in by_feed


def test_before_any_training_there_is_nothing_to_watch(database: str) -> None:
    with transaction() as session, pytest.raises(NoChampion):
        watch(session, at=AT)


def test_a_live_run_rolls_back_a_champion_that_climatology_beats(world_database: str) -> None:
    claim_all(0.9)
    first, second = succeed()

    result = materialize(**lane_tags(Lane.LIVE))

    words = f"Release {second} was rolled back to release {first}: 2 h ahead climatology did better"
    [event] = result.asset_materializations_for_node("predictions__model_monitoring")
    assert str(event.metadata["rollback"].value).startswith(words)
    [check] = result.get_asset_check_evaluations()
    assert words in str(check.metadata["alarms"].value)
    assert reigning() == first
    assert done_days() == {DAY}
    again = materialize(**lane_tags(Lane.LIVE))
    [event] = again.asset_materializations_for_node("predictions__model_monitoring")
    assert "rollback" not in event.metadata
    assert reigning() == first


@pytest.mark.parametrize(
    "tags",
    [{}, lane_tags(Lane.BACKFILL), lane_tags(Lane.LIVE) | {BACKFILL_TAG: "again"}],
    ids=["by hand", "in the lane of backfills", "by a backfill"],
)
def test_no_other_run_changes_who_predicts(world_database: str, tags: dict[str, str]) -> None:
    claim_all(0.9)
    _, second = succeed()

    assert materialize(**tags).success

    assert reigning() == second
    assert done_days() == frozenset()


def test_the_claims_of_the_champion_before_do_not_speak_against_the_one_in_force(
    world_database: str,
) -> None:
    claim_all(0.9)
    first, second = succeed()
    with transaction(Access.OWNER) as session:
        session.execute(update(DisruptionPrediction).values(release_id=first))

    materialize(**lane_tags(Lane.LIVE))

    assert reigning() == second


def test_the_first_champion_fails_aloud_and_goes_on(world_database: str) -> None:
    claim_all(0.9)
    only = reigning()

    result = materialize(**lane_tags(Lane.LIVE))

    [check] = result.get_asset_check_evaluations()
    assert "It goes on, for no release predicted before it" in str(check.metadata["alarms"].value)
    assert reigning() == only


def test_the_job_that_watches_a_day_is_live() -> None:
    assert is_live(dict(watch_day.tags))
