"""Training of a release: models that learn from earlier days and are judged on later ones."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
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
from ml.judgement import judged_flights, judgement_tables
from ml.late_link import LateLink
from ml.memory import release_memory
from ml.model import (
    Block,
    BoostedTrees,
    DisruptionModel,
    Probabilities,
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
HORIZONS_SIDE_BY_SIDE: Final = 2
_ONE_BY_ONE: Final = Lock()
"""Held where a horizon needs 200 MB for a moment: two such moments at once would need twice it."""

Model = TypeVar("Model", bound=DisruptionModel)

Judged = dict[str, dict[str, Evaluation]]
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

    def blocks(self, target: str) -> tuple[Block, Block]:
        """Cut the block to learn from and the later one that says when to stop."""
        calendar = self.calendar
        learn = self.labelled.between("learning", target, None, calendar.stop_from)
        stop = self.labelled.between("stopping", target, calendar.stop_from, calendar.judge_from)
        return learn, stop


@dataclass(frozen=True)
class TrainedHorizon:
    """The models of one horizon, what they are worth, and the flights that showed it."""

    models: HorizonModels
    judged: Judged
    #: The judged flights with what each kind of model said of the main target.
    flights: pd.DataFrame


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

    The models learn from earlier days, stop by the six weeks after those, and are judged on the
    last six weeks beside both controls: what is released is what was judged. Each model is fitted
    by one thread, two horizons side by side, so the same frames give the same bits on any number
    of processors.

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
        The models scored better than this problem allows.
    """
    calendar = Calendar.of(flights.loc[is_mature(flights, trained_until), "service_date"])

    def train(hours: int) -> TrainedHorizon:
        with _ONE_BY_ONE:
            data = _horizon_data(flights, observations, forecasts, trained_until, hours, calendar)
        return _train_horizon(data)

    release_memory()
    with ThreadPoolExecutor(HORIZONS_SIDE_BY_SIDE) as pool:
        trained = dict(zip(horizons, pool.map(train, horizons), strict=True))
    model_set = ModelSet({hours: each.models for hours, each in trained.items()})
    judged = judged_flights([each.flights for each in trained.values()], flights)
    card = model_card(
        model_set,
        {hours: each.judged for hours, each in trained.items()},
        calendar,
        judgement=judgement_tables(judged),
        trained_until=trained_until,
        forecast_sources=_sources(forecasts),
        code_version=code_version,
    )
    return Release(model_set, card, judged)


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


def _train_horizon(data: HorizonData) -> TrainedHorizon:
    """Fit everything that speaks at the horizon, and judge it."""
    baseline = Baseline.of(features_at(data.horizon_hours), data.labelled.rows)
    release_memory()
    models = _models(data, baseline)
    said = {target: _say(data, models, target) for target in TARGETS}
    judged = {target: _judge(data, target, by_kind) for target, by_kind in said.items()}
    _refuse_implausible(data.horizon_hours, judged)
    return TrainedHorizon(models, judged, _flights_of(data, said[DISRUPTED]))


def _models(data: HorizonData, baseline: Baseline) -> HorizonModels:
    climatologies = {target: Climatology.fit((), *data.blocks(target)) for target in TARGETS}
    champion = link = control = None
    if data.is_champion_possible:
        champion = _fit(data, BoostedTrees.fit)
        with _ONE_BY_ONE:
            control = _fit(data, LogisticControl.fit)
        learn, _ = data.blocks(LATE_60)
        with one_thread():
            link = LateLink.learn(champion, climatologies[LATE_60], learn)
    return HorizonModels(data.horizon_hours, champion, link, climatologies, control, baseline)


def _fit(data: HorizonData, recipe: Callable[..., Model]) -> Model:
    """Fit one model on one thread, so that sums are always added in one order."""
    with one_thread():
        return recipe(features_at(data.horizon_hours), *data.blocks(DISRUPTED))


def _say(data: HorizonData, models: HorizonModels, target: str) -> dict[str, Probabilities]:
    """Let every model of a target speak of the days after its blocks, by kind."""
    rows = data.labelled.between("judged", target, data.calendar.judge_from, None).rows
    speakers = _speakers(models, target)
    return {model.kind: disruption_probability(model, rows) for model in speakers}


def _judge(data: HorizonData, target: str, said: dict[str, Probabilities]) -> dict[str, Evaluation]:
    """Judge what every model of a target said by what happened."""
    block = data.labelled.between("judged", target, data.calendar.judge_from, None)
    days = data.labelled.days_between(data.calendar.judge_from, None)
    usual = said[Climatology.kind]
    return {
        kind: evaluate(probability, block.outcomes, days, climatology=usual)
        for kind, probability in said.items()
    }


def _flights_of(data: HorizonData, said: dict[str, Probabilities]) -> pd.DataFrame:
    """List the judged flights with what was said of each, and what happened."""
    block = data.labelled.between("judged", DISRUPTED, data.calendar.judge_from, None)
    days = data.labelled.days_between(data.calendar.judge_from, None)
    keys = block.rows[["flight_id", "horizon_hours", "predicted_at", "origin", "carrier"]]
    return keys.assign(service_date=days.to_numpy(), outcome=block.outcomes, **said)


def _speakers(models: HorizonModels, target: str) -> list[DisruptionModel]:
    """List what says something of a target, the champion first."""
    champion = [models.champions[target]] if models.champions else []
    control = [models.logistic] if models.logistic and target == DISRUPTED else []
    return [*champion, *control, models.climatologies[target]]


def _refuse_implausible(horizon_hours: int, judged: Judged) -> None:
    if BoostedTrees.kind in judged[DISRUPTED]:
        figures = judged[DISRUPTED][BoostedTrees.kind].figures
        check_plausible(horizon_hours=horizon_hours, auc=figures["auc"], pr_auc=figures["pr_auc"])


def _sources(forecasts: pd.DataFrame) -> list[str]:
    """Name the sources of the forecasts, if the frame says."""
    return sorted(map(str, forecasts["source"].unique())) if "source" in forecasts.columns else []
