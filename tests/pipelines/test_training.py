"""A training publishes what it learnt, and only what beats climatology goes on to predict."""

from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import func, select

from ml.errors import LeakSuspected
from pipelines.assets import training as training_asset
from pipelines.assets.training import NO_LEAK, model_release
from pipelines.partitions import HISTORY_STARTS_AT
from pipelines.predicting.champion import load_champion
from pipelines.predicting.facts import facts_for_training
from pipelines.predicting.training import FIRST, PASSED, judge, metrics_of, publish
from pipelines.resources import Warehouse
from tests.pipelines.conftest import TRAINED_UNTIL, World, load_world
from warehouse.queries.predictions import find_champion
from warehouse.schema.predictions import ModelRelease
from warehouse.session import Access, transaction


def card(**skills: float) -> dict[str, Any]:
    """A card that gives the champion a skill per horizon, such as h2=0.1."""
    return {
        "horizons": {
            hours[1:]: {"trial": {"disrupted": {"boosted_trees": {"figures": {"bss": skill}}}}}
            for hours, skill in skills.items()
        }
    }


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


def test_the_first_release_predicts_whatever_it_is_worth() -> None:
    assert judge(card(h2=-0.1), is_first=True) == (FIRST, True)


def test_a_later_one_must_beat_climatology_at_every_horizon() -> None:
    assert judge(card(h2=0.1, h24=0.05), is_first=False) == (PASSED, True)
    verdict, is_promoted = judge(card(h2=0.1, h24=-0.02), is_first=False)
    assert not is_promoted
    assert verdict == "It does not beat climatology at 24 h (-0.020)."


def test_a_horizon_at_which_only_climatology_speaks_has_nothing_to_prove() -> None:
    silent = {"horizons": {"24": {"trial": {"disrupted": {}}}}}

    assert judge(silent, is_first=False) == (PASSED, True)


def test_the_first_training_has_a_champion_with_card_and_figures(world_database: str) -> None:
    with transaction() as session:
        champion = find_champion(session)

    assert champion is not None
    assert champion.trained_until == champion.published_at == TRAINED_UNTIL
    assert champion.metrics == metrics_of(champion.card)
    assert set(champion.metrics) == {"2", "24"}
    assert {"boosted_trees", "climatology"} <= set(champion.metrics["2"])


def test_publishing_the_same_release_again_changes_nothing(world_database: str) -> None:
    with transaction() as session:
        before = load_champion(session)
        again = publish(
            session,
            before.release,
            since=HISTORY_STARTS_AT,
            trained_until=TRAINED_UNTIL,
            flights=1,
        )

    assert again.release_id == before.stored.release_id
    assert count_releases() == 1


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
