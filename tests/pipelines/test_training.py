"""A training publishes what it learnt, and only what passes the gate goes on to predict."""

from datetime import datetime, timedelta

import dagster as dg
import pytest
from sqlalchemy import func, select

from ml import gate
from ml.errors import LeakSuspected
from pipelines.assets import training as training_asset
from pipelines.assets.training import NO_LEAK, model_release
from pipelines.partitions import HISTORY_STARTS_AT
from pipelines.predicting.facts import facts_for_training
from pipelines.predicting.training import FIRST, TrainingRun, metrics_of, train
from pipelines.resources import Warehouse
from tests.pipelines.conftest import TRAINED_UNTIL, World, load_world
from warehouse.queries.predictions import find_champion
from warehouse.queries.releases import get_release, list_gate_results, list_reigns
from warehouse.schema.predictions import ModelRelease
from warehouse.session import Access, transaction


def count_releases() -> int:
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count()).select_from(ModelRelease)) or 0


def materialize() -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [model_release],
            resources={"warehouse": Warehouse()},
            instance=instance,
            raise_on_error=False,
        )


def test_the_first_training_has_a_champion_with_card_and_figures(world_database: str) -> None:
    with transaction() as session:
        champion = find_champion(session)

    assert champion is not None
    assert champion.trained_until == champion.published_at == TRAINED_UNTIL
    assert champion.metrics == metrics_of(champion.card)
    assert set(champion.metrics) == {"2", "24"}
    assert {"boosted_trees", "climatology"} <= set(champion.metrics["2"])


def test_the_first_release_is_judged_and_predicts_whatever_it_is_worth(world_database: str) -> None:
    with transaction() as session:
        champion = find_champion(session)
        assert champion is not None
        [verdict] = list_gate_results(session, champion.release_id)
        [reign] = list_reigns(session)
    assert verdict.compared_with is None
    assert not verdict.passed
    assert "too few to judge" in verdict.words
    assert {"skill_gain", "causality", "shuffle"} <= {rule["name"] for rule in verdict.rules}
    assert reign.reason.endswith(FIRST)


def retrain(trained_until: datetime) -> TrainingRun:
    at = {"since": HISTORY_STARTS_AT, "trained_until": trained_until, "at": TRAINED_UNTIL}
    return train(Warehouse(), code_version="test", **at)


def test_training_on_the_same_history_again_changes_nothing(world_database: str) -> None:
    again = retrain(TRAINED_UNTIL)

    assert again.is_promoted
    assert again.verdict.startswith("It is the champion already")
    assert count_releases() == 1


def test_a_later_one_that_cannot_be_judged_is_kept_but_does_not_predict(
    world_database: str,
) -> None:
    run = retrain(TRAINED_UNTIL - timedelta(days=2))

    assert not run.is_promoted
    assert run.verdict.startswith("It is a retraining of the champion's recipe and fails")
    with transaction() as session:
        champion = find_champion(session)
        [verdict] = list_gate_results(session, run.release_id)
        release = get_release(session, run.release_id)
    assert champion is not None
    assert champion.release_id == run.compared_with == verdict.compared_with != run.release_id
    assert verdict.rules == run.rules
    assert (release.trained_until, release.published_at) == (
        TRAINED_UNTIL - timedelta(days=2),
        TRAINED_UNTIL,
    )


def test_one_that_passes_the_gate_predicts_from_then_on(
    world_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "LEAST_DAYS", dict.fromkeys(gate.Contest, 1))
    monkeypatch.setattr(gate, "LEAST_EVENT_DAYS", dict.fromkeys(gate.Contest, 0))
    monkeypatch.setattr(gate, "probability_rules", lambda _sample: [])
    monkeypatch.setattr(gate, "comparison_rules", lambda *_, **__: [])
    monkeypatch.setattr(gate, "_cost_rules", lambda *_: [])

    run = retrain(TRAINED_UNTIL - timedelta(hours=10))

    assert run.is_promoted, run.verdict
    with transaction() as session:
        champion = find_champion(session)
        reigns = list_reigns(session)
    assert champion is not None
    assert champion.release_id == run.release_id
    assert reigns[-1].reason == run.verdict


def test_training_reads_nothing_that_became_known_later(
    world_database: str, small_world: World
) -> None:
    def read() -> list[str]:
        with transaction() as session:
            facts = facts_for_training(
                session, since=HISTORY_STARTS_AT, trained_until=TRAINED_UNTIL
            )
        return [frame.to_csv() for frame in (facts.flights, facts.observations, facts.forecasts)]

    before = read()
    load_world(small_world, reported_by=TRAINED_UNTIL + timedelta(days=2))

    assert read() == before


@pytest.mark.parametrize("leak", [LeakSuspected("AUC", 0.97, 0.83, 24)])
def test_a_release_that_is_too_good_to_be_true_is_never_published(
    world_database: str, monkeypatch: pytest.MonkeyPatch, leak: LeakSuspected
) -> None:
    def suspicious(*_: object, **__: object) -> None:
        raise leak

    monkeypatch.setattr(training_asset, "train", suspicious)

    result = materialize()

    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert not checks[NO_LEAK].passed
    assert "0.970" in str(checks[NO_LEAK].metadata["refusal"].value)
    assert not result.success
    assert count_releases() == 1


def test_the_asset_trains_at_the_desks_instant_and_shows_the_figures(world_database: str) -> None:
    result = materialize()

    [event] = result.asset_materializations_for_node("predictions__model_release")
    assert result.success
    assert "| 24 h | boosted trees |" in str(event.metadata["preview"].value)
    with transaction() as session:
        champion = find_champion(session)
    assert champion is not None
    assert champion.trained_until == TRAINED_UNTIL
