"""Training of a release: a trial judged on later days, then the models that are released."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

import pandas as pd

from ml.baseline import Baseline
from ml.blocks import Calendar, LabelledRows
from ml.card import model_card
from ml.causality import check_known_at, check_plausible
from ml.controls import Climatology, LogisticControl
from ml.estimate import FORECAST_NEEDED_FROM_HORIZON_HOURS, HorizonModels, ModelSet
from ml.evaluation import Evaluation, evaluate
from ml.features import build_features, features_at
from ml.late_link import LateLink
from ml.memory import release_memory
from ml.model import (
    Block,
    BoostedTrees,
    DisruptionModel,
    disruption_probability,
    one_thread,
)
from ml.release import Release
from ml.targets import DISRUPTED, LATE_60, is_mature, outcome_of

TARGETS: Final = (DISRUPTED, LATE_60)
NEUTRAL_ORDER: Final = (
    "service_date",
    "scheduled_departure_at",
    "carrier",
    "flight_number",
    "origin",
)
"""Order of training rows; the sources' own order tells who left late."""

TRAINED_HORIZONS: Final = (2, 24)
MODELS_SIDE_BY_SIDE: Final = 2


Model = TypeVar("Model", bound=DisruptionModel)

Trial = dict[str, dict[str, Evaluation]]
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

    def blocks(self, target: str, *, is_trial: bool) -> tuple[Block, Block]:
        """Cut the block to learn from and the later one that says when to stop."""
        learn_until = self.calendar.stop_from if is_trial else self.calendar.judge_from
        stop_until = self.calendar.judge_from if is_trial else None
        learn = self.labelled.between("learning", target, None, learn_until)
        return learn, self.labelled.between("stopping", target, learn_until, stop_until)


def train_release(
    flights: pd.DataFrame,
    observations: pd.DataFrame,
    forecasts: pd.DataFrame,
    *,
    trained_until: datetime,
    horizons: Sequence[int] = TRAINED_HORIZONS,
    code_version: str = "unknown",
) -> Release:
    """Train the models of a release from what was known at an instant.

    Twice the models are fitted: first on earlier days, to be judged beside both controls on later
    ones, then on all but the last six weeks, which say when to stop. Only the second are released;
    the card holds the figures of the first and says so. Each model is fitted by one thread, two
    models side by side, so the same frames give the same bits on any number of processors.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes; those scheduled within the last three hours before
        `trained_until`, or later, teach nothing.
    observations:
        Canonical weather observations.
    forecasts:
        Canonical weather forecasts of one source. Without any, horizons from 24 h on get
        climatology alone.
    trained_until:
        Zone-aware instant; nothing known later is used.
    horizons:
        Hours before departure, one set of models for each.
    code_version:
        Written on the card.

    Returns
    -------
    :
        The models and their card.

    Raises
    ------
    TrainingDataTooThin
        There are too few flights or days, or a block knows only one outcome.
    FutureSeen
        A feature value is newer than its predicted_at.
    LeakSuspected
        The trial scored better than this problem allows.
    """
    by_horizon: dict[int, HorizonModels] = {}
    trials: dict[int, Trial] = {}
    calendar = Calendar.of(flights.loc[is_mature(flights, trained_until), "service_date"])
    for hours in horizons:
        trials[hours], by_horizon[hours] = _train_horizon(
            _horizon_data(flights, observations, forecasts, trained_until, hours, calendar)
        )
    card = model_card(
        ModelSet(by_horizon),
        trials,
        calendar,
        trained_until=trained_until,
        forecast_sources=_sources(forecasts),
        code_version=code_version,
    )
    return Release(ModelSet(by_horizon), card)


def training_rows(
    flights: pd.DataFrame,
    observations: pd.DataFrame,
    forecasts: pd.DataFrame,
    *,
    trained_until: datetime,
    horizon_hours: int,
) -> LabelledRows:
    """Describe the flights whose outcomes were settled at an instant, with those outcomes.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes.
    observations:
        Canonical weather observations.
    forecasts:
        Canonical weather forecasts.
    trained_until:
        Zone-aware instant of training.
    horizon_hours:
        Horizon to describe the flights at.

    Returns
    -------
    :
        Feature rows in `NEUTRAL_ORDER`, checked to know nothing of the future.

    Raises
    ------
    FutureSeen
        A feature value is newer than its predicted_at.
    """
    mature = flights[is_mature(flights, trained_until)].sort_values(list(NEUTRAL_ORDER))
    rows = build_features(
        flights,
        observations,
        forecasts,
        horizon_hours=horizon_hours,
        targets=mature["flight_id"].to_numpy(),
    )
    check_known_at(rows)
    outcomes = {target: outcome_of(mature, target) for target in TARGETS}
    return LabelledRows(rows, outcomes, pd.to_datetime(mature["service_date"]))


def _horizon_data(
    flights: pd.DataFrame,
    observations: pd.DataFrame,
    forecasts: pd.DataFrame,
    trained_until: datetime,
    horizon_hours: int,
    calendar: Calendar,
) -> HorizonData:
    known = forecasts[forecasts["issued_at"] <= trained_until]
    labelled = training_rows(
        flights,
        observations[observations["known_at"] <= trained_until],
        known,
        trained_until=trained_until,
        horizon_hours=horizon_hours,
    )
    return HorizonData(horizon_hours, labelled, calendar, has_forecasts=bool(len(known)))


def _train_horizon(data: HorizonData) -> tuple[Trial, HorizonModels]:
    """Fit trial and release side by side, then judge the trial."""
    baseline = Baseline.of(features_at(data.horizon_hours), data.labelled.rows)
    release_memory()
    with ThreadPoolExecutor(MODELS_SIDE_BY_SIDE) as pool:
        released = pool.submit(_models, data, baseline, is_trial=False)
        trial = pool.submit(_models, data, baseline, is_trial=True)
        control = (
            pool.submit(_fit, data, LogisticControl.fit) if data.is_champion_possible else None
        )
    judged = {
        DISRUPTED: _judge(data, trial.result(), DISRUPTED, [control.result()] if control else []),
        LATE_60: _judge(data, trial.result(), LATE_60, []),
    }
    _refuse_implausible(data.horizon_hours, judged)
    # Of the control, the trial's fit is released: it is the one whose figures the card holds.
    return judged, replace(released.result(), logistic=control.result() if control else None)


def _models(data: HorizonData, baseline: Baseline, *, is_trial: bool) -> HorizonModels:
    """Fit everything that speaks at the horizon."""
    climatologies = {}
    for target in TARGETS:
        learn, stop = data.blocks(target, is_trial=is_trial)
        climatologies[target] = Climatology.fit((), learn, stop)
    champion = link = None
    if data.is_champion_possible:
        champion = _fit(data, BoostedTrees.fit, is_trial=is_trial)
        learn, _ = data.blocks(LATE_60, is_trial=is_trial)
        with one_thread():
            link = LateLink.learn(champion, climatologies[LATE_60], learn)
    return HorizonModels(data.horizon_hours, champion, link, climatologies, None, baseline)


def _fit(data: HorizonData, recipe: Callable[..., Model], *, is_trial: bool = True) -> Model:
    """Fit one model on one thread, so that sums are always added in one order."""
    learn, stop = data.blocks(DISRUPTED, is_trial=is_trial)
    with one_thread():
        return recipe(features_at(data.horizon_hours), learn, stop)


def _judge(
    data: HorizonData, trial: HorizonModels, target: str, controls: Sequence[DisruptionModel]
) -> dict[str, Evaluation]:
    """Judge every trial model of a target on the days after its blocks."""
    block = data.labelled.between("judged", target, data.calendar.judge_from, None)
    days = data.labelled.days_between(data.calendar.judge_from, None)
    climatology = trial.climatologies[target]
    usual = disruption_probability(climatology, block.rows)
    models = [trial.champions[target]] if trial.champions else []
    return {
        model.kind: evaluate(
            disruption_probability(model, block.rows), block.outcomes, days, climatology=usual
        )
        for model in (*models, *controls, climatology)
    }


def _refuse_implausible(horizon_hours: int, judged: Trial) -> None:
    if BoostedTrees.kind in judged[DISRUPTED]:
        figures = judged[DISRUPTED][BoostedTrees.kind].figures
        check_plausible(horizon_hours=horizon_hours, auc=figures["auc"], pr_auc=figures["pr_auc"])


def _sources(forecasts: pd.DataFrame) -> list[str]:
    """Name the sources of the forecasts, if the frame says."""
    return sorted(map(str, forecasts["source"].unique())) if "source" in forecasts.columns else []
