"""What a champion's figures lose without a group of features, on days it had not learnt from."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from ml import importance as module
from ml.blocks import Calendar
from ml.errors import TrainingDataTooThin
from ml.estimate import HorizonModels
from ml.evaluation import evaluate
from ml.importance import importance
from ml.model import Block, disruption_probability
from ml.recipe import CHAMPION
from ml.release import Release
from ml.targets import DISRUPTED, is_mature
from ml.training import horizon_data
from ml.trial import HorizonData, hold_trial
from tests.ml.conftest import World


@pytest.fixture(scope="module", params=[2, 24])
def data(request: pytest.FixtureRequest, world: World, trained_until: datetime) -> HorizonData:
    """What the models of one horizon are trained from."""
    settled = world.flights[is_mature(world.flights, trained_until)]
    return horizon_data(
        world.flights,
        world.observations,
        world.forecasts,
        trained_until=trained_until,
        horizon_hours=request.param,
        calendar=Calendar.of(settled["service_date"]),
    )


@pytest.fixture(scope="module")
def models(data: HorizonData) -> HorizonModels:
    """The trial's models, which know nothing of the judged days."""
    return hold_trial(data, CHAMPION).models


@pytest.fixture
def judged(data: HorizonData) -> tuple[Block, pd.Series]:
    """The flights of the judged days, with those days."""
    return data.judged(DISRUPTED), data.labelled.days_between(data.calendar.judge_from, None)


def test_the_planted_driver_is_what_skill_goes_with(
    models: HorizonModels, data: HorizonData
) -> None:
    # All sixty days, learnt from or not: the last ten hold too few storms to settle it.
    every = data.all(DISRUPTED)
    told = importance(models, every.rows, every.outcomes, data.labelled.service_dates)
    assert told is not None
    first, *others = told.groups
    assert first.group == "wind"
    assert first.intervals["bss"][0] > 0
    assert first.intervals["pr_auc"][0] > 0
    assert all(first.lost["bss"] > 3 * abs(other.lost["bss"]) for other in others)


def test_the_card_tells_it_of_the_trial_on_the_judged_days(
    release: Release, models: HorizonModels, judged: tuple[Block, pd.Series]
) -> None:
    block, days = judged
    told = importance(models, block.rows, block.outcomes, days)
    assert told is not None
    assert (told.flights, told.days) == (len(block.rows), days.nunique())
    card = release.card["horizons"][str(models.horizon_hours)]
    assert card["importance"] == told.as_dict()
    groups = Counter(feature["group"] for feature in card["features"])
    assert {group.group: group.features for group in told.groups} == groups


def test_a_loss_is_the_figure_less_that_of_the_flights_as_usual(
    models: HorizonModels, judged: tuple[Block, pd.Series]
) -> None:
    block, days = judged
    features = models.features
    usual = models.baseline.usual(features, block.rows)
    wind_alone = {f.name: usual[f.name] for f in features if f.group == "wind"}
    calm = block.rows.assign(**wind_alone)
    with_wind, without = (
        evaluate(
            disruption_probability(models.champions[DISRUPTED], rows),
            block.outcomes,
            days,
            climatology=disruption_probability(models.climatologies[DISRUPTED], rows),
        ).figures
        for rows in (block.rows, calm)
    )
    told = importance(models, block.rows, block.outcomes, days)
    assert told is not None
    [wind] = [group for group in told.groups if group.group == "wind"]
    for figure, lost in wind.lost.items():
        assert lost == pytest.approx(with_wind[figure] - without[figure], abs=1e-9)
        low, high = wind.intervals[figure]
        assert low < lost < high


def test_the_order_of_rows_moves_no_bit(
    models: HorizonModels, judged: tuple[Block, pd.Series], monkeypatch: pytest.MonkeyPatch
) -> None:
    block, days = judged
    mixed = np.random.default_rng(3).permutation(len(days))
    for most in (module.MOST_FLIGHTS, 200):
        monkeypatch.setattr(module, "MOST_FLIGHTS", most)
        assert importance(models, block.rows, block.outcomes, days) == importance(
            models, block.rows.iloc[mixed], block.outcomes[mixed], days.iloc[mixed]
        )


def test_many_flights_are_thinned_and_no_day_is_lost(
    models: HorizonModels, judged: tuple[Block, pd.Series], monkeypatch: pytest.MonkeyPatch
) -> None:
    block, days = judged
    monkeypatch.setattr(module, "MOST_FLIGHTS", 300)
    told = importance(models, block.rows, block.outcomes, days)
    assert told is not None
    assert 150 < told.flights <= 300
    assert told.days == days.nunique()


def test_climatology_reads_no_group(models: HorizonModels, judged: tuple[Block, pd.Series]) -> None:
    block, days = judged
    mute = replace(models, champion=None, late_link=None)
    assert importance(mute, block.rows, block.outcomes, days) is None


def test_without_a_flight_there_is_nothing_to_lose(
    models: HorizonModels, data: HorizonData
) -> None:
    none = data.labelled.rows.iloc[:0]
    with pytest.raises(TrainingDataTooThin, match="judged"):
        importance(models, none, np.empty(0, dtype=bool), [])


def test_one_day_alone_says_nothing_of_how_days_differ(
    models: HorizonModels, judged: tuple[Block, pd.Series]
) -> None:
    block, days = judged
    first = (days == days.iloc[0]).to_numpy()
    told = importance(models, block.rows[first], block.outcomes[first], days[first])
    assert told is not None
    assert told.as_dict()["groups"][0]["intervals"]["bss"] == [None, None]
