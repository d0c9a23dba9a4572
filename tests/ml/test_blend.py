"""The champion is a mean of its parts on the log-odds, put away and learnt again to the bit."""

from datetime import datetime

import numpy as np
import pytest

from ml.blend import Blend, mixed
from ml.controls import LogisticControl
from ml.cores import one_thread
from ml.features import features_at
from ml.model import Block, BoostedTrees, disruption_probability
from ml.recipe import CHAMPION, Line, Recipe
from ml.release import Release, pack_release, unpack_release
from ml.release import digest as digest_of
from ml.targets import DISRUPTED
from ml.training import training_rows
from tests.ml.conftest import World

HORIZON_HOURS = 2
LINED = Recipe(CHAMPION.settings, lines={HORIZON_HOURS: Line(c=1e-3, share=0.3)})


@pytest.fixture(scope="module")
def block(world: World, trained_until: datetime) -> Block:
    """All flights of the small world."""
    labelled = training_rows(
        world.flights,
        world.observations,
        world.forecasts,
        trained_until=trained_until,
        horizon_hours=HORIZON_HOURS,
    )
    return labelled.between("training", DISRUPTED, None, None)


def blend_of(block: Block, recipe: Recipe = LINED) -> Blend:
    with one_thread():
        return Blend.fit(features_at(HORIZON_HOURS), block, recipe, HORIZON_HOURS)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.1), (0.5, 0.5), (1.0, 0.9)])
def test_a_share_moves_the_odds_from_the_trees_to_the_line(share: float, expected: float) -> None:
    assert mixed(np.array([0.1]), np.array([0.9]), share) == pytest.approx([expected])


def test_what_is_quite_sure_stays_a_probability() -> None:
    said = mixed(np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0]), 0.5)
    assert said == pytest.approx([0, 1, 0.5], abs=1e-8)
    assert (np.abs(said - 0.5) <= 0.5).all()


def test_it_lies_between_its_parts(block: Block) -> None:
    blend = blend_of(block)
    said = disruption_probability(blend, block.rows)
    assert blend.line is not None
    parts = [blend.trees.probability(block.rows), blend.line.probability(block.rows)]
    assert (said >= np.minimum(*parts) - 1e-12).all()
    assert (said <= np.maximum(*parts) + 1e-12).all()
    assert (said != parts[0]).any()


def test_its_parts_are_what_each_learns_alone(block: Block) -> None:
    blend, features = blend_of(block), features_at(HORIZON_HOURS)
    with one_thread():
        trees = BoostedTrees.fit(features, block, LINED.settings)
        line = LogisticControl.fit(features, block, c=1e-3)
    expected = mixed(trees.probability(block.rows), line.probability(block.rows), 0.3)
    assert (blend.probability(block.rows) == expected).all()


def test_at_a_horizon_without_a_line_trees_speak_alone(block: Block) -> None:
    alone = blend_of(block, Recipe(CHAMPION.settings))
    assert alone.line is None
    assert (alone.probability(block.rows) == alone.trees.probability(block.rows)).all()


def test_a_release_keeps_the_line_to_the_bit(release: Release, block: Block) -> None:
    packed = pack_release(release.model_set, release.card)
    again = unpack_release(packed, digest_of(packed))
    before, after = (each.model_set.at(HORIZON_HOURS).champion for each in (release, again))
    assert isinstance(before, Blend)
    assert isinstance(after, Blend)
    assert after.line is not None
    assert after.share == CHAMPION.lines[HORIZON_HOURS].share
    assert (after.probability(block.rows) == before.probability(block.rows)).all()


def test_the_line_is_learnt_again_from_every_day(release: Release, block: Block) -> None:
    champion = release.model_set.at(HORIZON_HOURS).champion
    assert champion is not None
    again = blend_of(block, CHAMPION)
    assert (champion.probability(block.rows) == again.probability(block.rows)).all()


def test_a_flight_gets_the_same_bits_in_any_company(release: Release, block: Block) -> None:
    champion = release.model_set.at(HORIZON_HOURS).champion
    assert champion is not None
    rows = block.rows.iloc[-997:]
    with one_thread():
        whole = champion.probability(rows)
        turned = champion.probability(rows.iloc[::-1])[::-1]
        alone = [champion.probability(rows.iloc[[place]])[0] for place in (0, 5, 996)]
    assert (whole == turned).all()
    assert alone == [whole[place] for place in (0, 5, 996)]
