"""Months told by what was settled before them, and settings chosen by nothing else."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.blocks import LabelledRows
from ml.choosing import CANDIDATES, NestedChampion, losses_of
from ml.controls import Climatology, LogisticControl
from ml.cores import one_thread
from ml.features import features_at
from ml.judgement import JUDGED_COLUMNS
from ml.model import CHAMPION_RECIPE, BoostedTrees, Probabilities
from ml.recipe import CHAMPION, Line, Recipe
from ml.release import Release
from ml.rolling import Origin, origins_of, roll, told_by_control
from ml.targets import DISRUPTED, LABEL_MATURES_AFTER
from ml.training import training_rows
from tests.ml.conftest import World

HORIZON_HOURS = 2


@pytest.fixture(scope="module")
def labelled(world: World) -> LabelledRows:
    """The whole world, its last day included."""
    last = world.flights["scheduled_departure_at"].max() + pd.Timedelta(days=1)
    frames = (world.flights, world.observations, world.forecasts)
    return training_rows(*frames, trained_until=last.to_pydatetime(), horizon_hours=HORIZON_HOURS)


@pytest.fixture(scope="module")
def origin(labelled: LabelledRows) -> Origin:
    """April, the one month that has a month before it."""
    (april,) = origins_of(labelled, HORIZON_HOURS)
    return april


def test_a_month_without_a_month_before_it_is_only_learnt_from(origin: Origin) -> None:
    assert origin.month == "2013-04"


def test_nothing_learnt_was_unsettled_when_the_month_was_first_predicted(origin: Origin) -> None:
    first = origin.told.rows["predicted_at"].min()
    hours = pd.Timedelta(hours=HORIZON_HOURS)
    settled = origin.past.rows["predicted_at"] + hours + LABEL_MATURES_AFTER
    assert (settled <= first).all()
    assert settled.max() > first - pd.Timedelta(days=1)


def test_the_past_is_cut_in_two_and_the_later_part_stops(origin: Origin) -> None:
    learnt, stopping = (block.rows["flight_id"] for block in (origin.learn, origin.stop))
    assert [*learnt, *stopping] == [*origin.past.rows["flight_id"]]
    assert origin.learn.rows["predicted_at"].max() < origin.stop.rows["predicted_at"].min()
    assert not set(origin.past.rows["flight_id"]) & set(origin.told.rows["flight_id"])


def test_every_flight_of_the_months_is_told_once_by_everybody(labelled: LabelledRows) -> None:
    controls = {each.kind: told_by_control(each) for each in (Climatology, LogisticControl)}
    done: list[str] = []
    told = roll(labelled, HORIZON_HOURS, controls, on_month=done.append)
    assert done == ["2013-04"]
    assert told["flight_id"].is_unique
    assert {*JUDGED_COLUMNS} - {"scheduled_departure_at"} <= {*told.columns}
    assert told[[*controls]].notna().all(axis=None)
    happened = pd.Series(labelled.outcomes[DISRUPTED], index=labelled.rows["flight_id"])
    assert (told["outcome"].to_numpy() == happened.loc[told["flight_id"]].to_numpy()).all()


def test_what_happens_in_the_month_moves_no_bit_of_what_is_told(labelled: LabelledRows) -> None:
    in_april = (pd.to_datetime(labelled.service_dates) >= "2013-04-01").to_numpy()
    turned = {name: kept ^ in_april for name, kept in labelled.outcomes.items()}
    contenders = {"ours": NestedChampion(), Climatology.kind: told_by_control(Climatology)}
    other = {**contenders, "ours": NestedChampion()}
    told = roll(labelled, HORIZON_HOURS, contenders)
    again = roll(replace(labelled, outcomes=turned), HORIZON_HOURS, other)
    pd.testing.assert_frame_equal(told[[*contenders]], again[[*contenders]], check_exact=True)
    assert (told["outcome"] != again["outcome"]).all()


def test_the_settings_that_lost_least_so_far_tell(origin: Origin) -> None:
    poor = Recipe({**CHAMPION_RECIPE, "max_iter": 1})
    nested = NestedChampion({"poor": poor, "ours": CHAMPION}, lines=[None])
    said = nested(origin)
    assert nested.chosen == {"2013-04": "ours"}
    assert np.ptp(said) > 0.1


def test_the_line_beside_the_trees_is_chosen_with_them(origin: Origin) -> None:
    poor = Recipe({**CHAMPION_RECIPE, "max_iter": 1})
    nested = NestedChampion({"poor": poor}, lines=[None, Line(c=1e-3, share=0.9)])
    said = nested(origin)
    assert nested.chosen == {"2013-04": "poor and a line of C 0.001 for 90%"}
    by_trees = NestedChampion({"poor": poor}, lines=[None])(origin)
    assert np.ptp(said) > np.ptp(by_trees)


def test_where_the_champion_has_no_line_none_is_tried(origin: Origin) -> None:
    nested = NestedChampion({"poor": Recipe({**CHAMPION_RECIPE, "max_iter": 1})})
    assert CHAMPION.line_at(24) is None
    nested(replace(origin, horizon_hours=24))
    assert nested.chosen == {"2013-04": "poor"}


def test_a_model_of_fewer_rounds_is_the_beginning_of_one_of_more(origin: Origin) -> None:
    few, many = ({**CHAMPION_RECIPE, "max_iter": rounds} for rounds in (3, 7))
    features = features_at(HORIZON_HOURS)
    with one_thread():
        short, long = (BoostedTrees.fit(features, origin.learn, made) for made in (few, many))
        after = long.estimate_after(origin.stop.rows, {3, 7})
    assert (after[3] == short.probability(origin.stop.rows)).all()
    assert (after[7] == long.probability(origin.stop.rows)).all()


def test_each_candidate_is_judged_by_its_own_rounds(origin: Origin) -> None:
    made = {
        f"{rounds} of {leaves}": Recipe({
            **CHAMPION_RECIPE,
            "max_iter": rounds,
            "max_leaf_nodes": leaves,
        })
        for rounds, leaves in ((2, 15), (5, 15), (5, 2))
    }
    together = dict(losses_of(made, [None], origin))
    alone = {
        choice: loss
        for name in made
        for choice, loss in losses_of({name: made[name]}, [None], origin)
    }
    assert together == alone
    assert len(set(together.values())) == len(made)


def test_settings_are_chosen_anew_every_third_month(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([{("a", None): 1.0, ("b", None): 2.0}, {("a", None): 9.0, ("b", None): 2.0}])
    monkeypatch.setattr("ml.choosing.losses_of", lambda *_: next(losses).items())
    quick = Recipe({**CHAMPION_RECIPE, "max_iter": 2})
    nested = NestedChampion({"a": quick, "b": quick})
    for month in ("2013-02", "2013-03", "2013-04", "2013-05"):
        nested(replace(origin, month=month))
    assert list(nested.chosen.values()) == ["a", "a", "a", "b"]


def test_the_champions_own_settings_are_tried_first() -> None:
    assert next(iter(CANDIDATES.values())) is CHAMPION
    assert len({str(recipe.settings) for recipe in CANDIDATES.values()}) == len(CANDIDATES)


def test_a_recipe_is_read_off_the_card_it_was_written_on(release: Release) -> None:
    recipe = Recipe.of_card(release.card)
    assert recipe is not None
    assert recipe.settings == CHAMPION.settings
    assert recipe.lines == CHAMPION.lines
    read = {feature.name for feature in recipe.features_at(24)}
    assert read == {each["name"] for each in release.card["horizons"]["24"]["features"]}
    assert read <= {feature.name for feature in features_at(24)}


def test_a_recipe_that_reads_what_is_not_built_any_more_cannot_be_made_again(
    release: Release,
) -> None:
    horizons = {"2": {"features": [{"name": "phase_of_the_moon"}]}}
    assert Recipe.of_card(release.card | {"horizons": horizons}) is None
    assert Recipe.of_card({}) is None
    made = release.card["recipe"]
    stopping = made | {"champion": {"early_stopping": True, "max_iter": 600}}
    assert Recipe.of_card(release.card | {"recipe": stopping}) is None
    without_lines = {name: told for name, told in made.items() if name != "lines"}
    assert Recipe.of_card(release.card | {"recipe": without_lines}) is None


def test_a_contender_is_anything_that_speaks_of_each_flight(labelled: LabelledRows) -> None:
    def even(origin: Origin) -> Probabilities:
        return np.full(len(origin.told.rows), 0.5)

    assert (roll(labelled, HORIZON_HOURS, {"even": even})["even"] == 0.5).all()
