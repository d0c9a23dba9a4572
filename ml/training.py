"""Training of a release: a trial that later days judge, then the same learnt from every day."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Final

import pandas as pd

from ml.blend import Blend
from ml.blocks import Calendar, LabelledRows
from ml.card import model_card
from ml.causality import check_known_at
from ml.controls import Climatology
from ml.cores import one_thread
from ml.estimate import HorizonModels, ModelSet
from ml.features import build_features, features_at
from ml.importance import Importance, importance
from ml.judgement import judged_flights, judgement_tables
from ml.memory import release_memory
from ml.recipe import CHAMPION, Recipe
from ml.release import Release
from ml.targets import DISRUPTED, LATE_60, is_mature, outcome_of
from ml.trial import ONE_BY_ONE, TARGETS, HorizonData, Trial, hold_trial, link_of

NEUTRAL_ORDER: Final = (
    "service_date",
    "scheduled_departure_at",
    "carrier",
    "flight_number",
    "origin",
)
"""Order of training rows; the sources' own order tells who left late."""

_TOLD: Final = ("flight_id", "horizon_hours", "predicted_at")
TRAINED_HORIZONS: Final = (2, 24)
HORIZONS_SIDE_BY_SIDE: Final = 2


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

    A trial learns from the earlier days and is judged on the last nine weeks beside both controls.
    What is released is learnt again by the same recipe from every day: those weeks are worth more
    than being judged to the bit. Each model is fitted by one thread, two horizons side by side, so
    the same frames give the same bits on any number of processors.

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

    def train(hours: int) -> tuple[HorizonModels, Trial, Importance | None]:
        with ONE_BY_ONE:
            data = horizon_data(
                flights,
                observations,
                forecasts,
                trained_until=trained_until,
                horizon_hours=hours,
                calendar=calendar,
            )
        trial = hold_trial(data, CHAMPION)
        lost = _importance(data, trial.models)
        return learn_again(data, trial.models, CHAMPION), trial, lost

    release_memory()
    with ThreadPoolExecutor(HORIZONS_SIDE_BY_SIDE) as pool:
        trained = dict(zip(horizons, pool.map(train, horizons), strict=True))
    model_set = ModelSet({hours: models for hours, (models, _, _) in trained.items()})
    trials = {hours: trial for hours, (_, trial, _) in trained.items()}
    judged = judged_flights([trial.flights for trial in trials.values()], flights)
    card = model_card(
        model_set,
        {hours: trial.judged for hours, trial in trials.items()},
        calendar,
        importance={hours: lost for hours, (_, _, lost) in trained.items()},
        judgement=judgement_tables(judged),
        trained_until=trained_until,
        forecast_sources=sources_of(forecasts),
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


def horizon_data(
    flights: pd.DataFrame,
    observations: pd.DataFrame,
    forecasts: pd.DataFrame,
    *,
    trained_until: datetime,
    horizon_hours: int,
    calendar: Calendar,
) -> HorizonData:
    """Describe everything that was settled at an instant, for the models of one horizon.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes.
    observations:
        Canonical weather observations; what was known later is left out.
    forecasts:
        Canonical weather forecasts; what was issued later is left out.
    trained_until:
        Zone-aware instant of training.
    horizon_hours:
        Horizon to describe the flights at.
    calendar:
        Which days are learnt from, and which are judged.

    Returns
    -------
    :
        What a trial is held on.

    Raises
    ------
    FutureSeen
        A feature value is newer than its predicted_at.
    """
    known = forecasts[forecasts["issued_at"] <= trained_until]
    labelled = training_rows(
        flights,
        observations[observations["known_at"] <= trained_until],
        known,
        trained_until=trained_until,
        horizon_hours=horizon_hours,
    )
    names = [feature.name for feature in features_at(horizon_hours)]
    read = replace(labelled, rows=labelled.rows[[*_TOLD, *names]])
    return HorizonData(horizon_hours, read, calendar, has_forecasts=bool(len(known)))


def _importance(data: HorizonData, trial: HorizonModels) -> Importance | None:
    """Measure on the judged days what the trial's skill goes with."""
    block = data.judged(DISRUPTED)
    days = data.labelled.days_between(data.calendar.judge_from, None)
    return importance(trial, block.rows, block.outcomes, days)


def learn_again(data: HorizonData, trial: HorizonModels, recipe: Recipe) -> HorizonModels:
    """Learn what the trial learnt from every day, the days it was judged on included.

    Parameters
    ----------
    data:
        The horizon's flights.
    trial:
        The models of the trial; its logistic control is kept as it was judged.
    recipe:
        How the champion is made.

    Returns
    -------
    :
        The models to release.
    """
    release_memory()
    climatologies = {target: Climatology.fit((), data.all(target)) for target in TARGETS}
    models = replace(trial, climatologies=climatologies)
    if trial.champion is None:
        return models
    # An optional group that a feed gave only after the trial has learnt was never judged.
    features = [
        feature
        for feature in recipe.features_at(data.horizon_hours)
        if not feature.is_optional or feature in trial.features
    ]
    with ONE_BY_ONE, one_thread():
        champion = Blend.fit(features, data.all(DISRUPTED), recipe, data.horizon_hours)
        release_memory()
    link = link_of(champion, climatologies[LATE_60], data.all(LATE_60))
    return replace(models, champion=champion, late_link=link)


def sources_of(forecasts: pd.DataFrame) -> list[str]:
    """Name the sources of the forecasts, if the frame says."""
    return sorted(map(str, forecasts["source"].unique())) if "source" in forecasts.columns else []
