"""A trial: models learn from the earlier days, and are judged on the last."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

import pandas as pd

from ml.baseline import Baseline
from ml.blend import Blend
from ml.blocks import Calendar, LabelledRows
from ml.causality import check_plausible
from ml.controls import Climatology, LogisticControl
from ml.cores import one_thread
from ml.estimate import FORECAST_NEEDED_FROM_HORIZON_HOURS, HorizonModels
from ml.evaluation import Evaluation, evaluate_all
from ml.late_link import LateLink
from ml.memory import release_memory
from ml.model import Block, DisruptionModel, Probabilities, disruption_probability
from ml.recipe import Recipe
from ml.targets import DISRUPTED, LATE_60

TARGETS: Final = (DISRUPTED, LATE_60)
ONE_BY_ONE: Final = Lock()
"""Held where a horizon needs 300 MB for a while: two at once would need twice that."""

Judged = Mapping[str, Mapping[str, Evaluation]]
"""Figures by target and kind of model."""


@dataclass(frozen=True)
class HorizonData:
    """What the models of one horizon are trained from."""

    horizon_hours: int
    labelled: LabelledRows
    calendar: Calendar
    has_forecasts: bool

    @property
    def is_champion_possible(self) -> bool:
        """Whether there is anything to beat climatology with."""
        return self.has_forecasts or self.horizon_hours < FORECAST_NEEDED_FROM_HORIZON_HOURS

    def learning(self, target: str) -> Block:
        """Cut the block that a trial learns from."""
        return self.labelled.between("learning", target, None, self.calendar.judge_from)

    def judged(self, target: str) -> Block:
        """Cut the last block, which nothing learns from before it is judged there."""
        return self.labelled.between("judged", target, self.calendar.judge_from, None)

    def all(self, target: str) -> Block:
        """Give every day."""
        return self.labelled.between("training", target, None, None)


@dataclass(frozen=True)
class Trial:
    """Models that know nothing of the last days, what they are worth there, and the flights."""

    models: HorizonModels
    judged: Judged
    #: The judged flights with what each kind of model said of the main target.
    flights: pd.DataFrame


def hold_trial(data: HorizonData, recipe: Recipe) -> Trial:
    """Fit everything that speaks at a horizon on the earlier days, and judge it on the last.

    Parameters
    ----------
    data:
        The horizon's flights, with their outcomes and the calendar that divides them.
    recipe:
        How the champion is made.

    Returns
    -------
    :
        The trial.

    Raises
    ------
    TrainingDataTooThin
        A block is too small, or knows only one outcome.
    LeakSuspected
        The champion scored better than this problem allows.
    """
    baseline = Baseline.of(recipe.features_at(data.horizon_hours), data.labelled.rows)
    release_memory()
    models = _models(data, recipe, baseline)
    said = {target: _say(data, models, target) for target in TARGETS}
    judged = {target: _judge(data, target, by_kind) for target, by_kind in said.items()}
    _refuse_implausible(data.horizon_hours, judged)
    return Trial(models, judged, _flights_of(data, said[DISRUPTED]))


def fit_champion(data: HorizonData, recipe: Recipe) -> Blend | None:
    """Learn from the earlier days by a recipe, on one thread; None where nothing beats climatology.

    Parameters
    ----------
    data:
        The horizon's flights.
    recipe:
        How the champion is made.

    Returns
    -------
    :
        The champion of a trial.
    """
    if not data.is_champion_possible:
        return None

    features = recipe.features_at(data.horizon_hours)
    with ONE_BY_ONE, one_thread():
        return Blend.fit(features, data.learning(DISRUPTED), recipe, data.horizon_hours)


def _models(data: HorizonData, recipe: Recipe, baseline: Baseline) -> HorizonModels:
    climatologies = {target: Climatology.fit((), data.learning(target)) for target in TARGETS}
    link = control = None
    if champion := fit_champion(data, recipe):
        features = recipe.features_at(data.horizon_hours)
        with ONE_BY_ONE, one_thread():
            control = LogisticControl.fit(features, data.learning(DISRUPTED))
        link = link_of(champion, climatologies[LATE_60], data.learning(LATE_60))
    return HorizonModels(data.horizon_hours, champion, link, climatologies, control, baseline)


def link_of(champion: Blend, climatology: Climatology, block: Block) -> LateLink:
    """Learn the second output from what the champion says of a block."""
    with one_thread():
        return LateLink.learn(champion, climatology, block)


def _say(data: HorizonData, models: HorizonModels, target: str) -> dict[str, Probabilities]:
    """Let every model of a target speak of the days after its blocks, by kind."""
    rows = data.judged(target).rows
    speakers = _speakers(models, target)
    return {model.kind: disruption_probability(model, rows) for model in speakers}


def _judge(data: HorizonData, target: str, said: dict[str, Probabilities]) -> dict[str, Evaluation]:
    """Judge what every model of a target said by what happened."""
    outcomes = data.judged(target).outcomes
    days = data.labelled.days_between(data.calendar.judge_from, None)
    return evaluate_all(said, outcomes, days, usual=Climatology.kind)


def _flights_of(data: HorizonData, said: dict[str, Probabilities]) -> pd.DataFrame:
    """List the judged flights with what was said of each, and what happened."""
    block = data.judged(DISRUPTED)
    days = data.labelled.days_between(data.calendar.judge_from, None)
    keys = block.rows[["flight_id", "horizon_hours", "predicted_at", "origin", "carrier"]]
    return keys.assign(service_date=days.to_numpy(), outcome=block.outcomes, **said)


def _speakers(models: HorizonModels, target: str) -> list[DisruptionModel]:
    """List what says something of a target, the champion first."""
    champion = [models.champions[target]] if models.champions else []
    control = [models.logistic] if models.logistic and target == DISRUPTED else []
    return [*champion, *control, models.climatologies[target]]


def _refuse_implausible(horizon_hours: int, judged: Judged) -> None:
    if Blend.kind in judged[DISRUPTED]:
        figures = judged[DISRUPTED][Blend.kind].figures
        check_plausible(horizon_hours=horizon_hours, auc=figures["auc"], pr_auc=figures["pr_auc"])
