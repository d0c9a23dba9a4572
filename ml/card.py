"""The model card: what a release is, what it was trained on, how good it was, what it is not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import sklearn

from ml.blocks import Calendar
from ml.controls import LOGISTIC_C, SMOOTHING_FLIGHTS
from ml.estimate import ModelSet
from ml.evaluation import Evaluation
from ml.feature import INBOUND, KNOWN_AT_RULES, OPTIONAL_SOURCES
from ml.importance import Importance
from ml.recipe import CHAMPION
from ml.targets import LATE_60, THRESHOLD_MINUTES

_SIMULATED: Final = (
    "Weather forecasts are simulated: 2013 has no archive of forecasts, so each is the observed "
    "weather blurred as forecasts err. Figures at 6 h and more depend on that simulation."
)
_CAVEATS: Final = (
    "One year of departures from three airports of one city; season and year cannot be told apart.",
    "Intervals resample whole days: the unit of evidence is the storm day, not the flight.",
    "Cancellations count as known from the scheduled departure; the data does not say when they "
    "were announced.",
    "An airport that was not trained on gets the overall rates; expect no more than climatology.",
    "What predicts has learnt from the judged days as well, so it is another model than the one "
    "judged: the same recipe, with nine weeks more to learn from.",
)
_UNSEEN: Final = {
    (False, False): "Neither the inbound aircraft nor the weather at the destination is seen.",
    (False, True): "The inbound aircraft is not seen.",
    (True, False): "The weather at the destination is not seen.",
}
"""By whether the inbound aircraft and the weather at the destination are read."""

_PROTOCOL: Final = (
    "The figures are those of a trial, on days it had not seen: they lie after those it learnt "
    "from. What is released learnt the same again from "
    "every day, so it should be a little better than it looks here.",
    "The hyper-parameters were fixed before this release was trained; nothing was chosen by the "
    "days it is judged on. They were once picked among a few on the flights of 2013, autumn "
    "included, so figures of 2013 flatter them a little; in `make bench-model`, which tells 2013 "
    "month by month, they are chosen only by months before the one told.",
)


def model_card(
    model_set: ModelSet,
    trials: Mapping[int, Mapping[str, Mapping[str, Evaluation]]],
    calendar: Calendar,
    *,
    importance: Mapping[int, Importance | None],
    judgement: Mapping[str, Any],
    trained_until: datetime,
    forecast_sources: Sequence[str],
    code_version: str,
) -> dict[str, Any]:
    """Write the card of a release in plain values that JSON can hold.

    Parameters
    ----------
    model_set:
        The released models.
    trials:
        Figures by horizon, target and kind of model.
    calendar:
        The days of each block.
    importance:
        What goes with each group of features by horizon; None where climatology alone speaks.
    judgement:
        Tables of `ml.judgement.judgement_tables`.
    trained_until:
        Zone-aware instant of training.
    forecast_sources:
        Names of the forecasts' sources; one that starts with "simulated" adds a caveat.
    code_version:
        Version of the code that trained.

    Returns
    -------
    :
        The card.
    """
    given = _given(model_set)
    is_simulated = any(source.startswith("simulated") for source in forecast_sources)
    return {
        "code_version": code_version,
        "libraries": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "trained_until": trained_until.isoformat(),
        "days": calendar.as_dict(),
        "targets": {
            target: f"cancelled, or leaving at least {minutes} min late"
            for target, minutes in THRESHOLD_MINUTES.items()
        },
        "recipe": {
            "champion": dict(CHAMPION.settings),
            "lines": CHAMPION.lines_as_dict(),
            "controls": {
                "climatology": {"by": "origin and hour", "smoothing_flights": SMOOTHING_FLIGHTS},
                "logistic_regression": {"C": LOGISTIC_C},
            },
            "calibration": "none",
            "learnt": "once more from every day after its trial",
            LATE_60: "logistic line on the log-odds of the champion and of its own climatology",
        },
        "forecast_sources": list(forecast_sources),
        "known_at": {
            source: rule
            for source, rule in KNOWN_AT_RULES.items()
            if source in given or source not in OPTIONAL_SOURCES
        },
        "horizons": {
            str(hours): _horizon(model_set, hours, trial, importance[hours])
            for hours, trial in trials.items()
        },
        "judgement": dict(judgement),
        "protocol": list(_PROTOCOL),
        "caveats": [*_CAVEATS, *_unseen(given), *([_SIMULATED] if is_simulated else [])],
    }


def _given(model_set: ModelSet) -> set[str]:
    """Name the optional feeds that some model of the release reads."""
    models = model_set.by_horizon.values()
    return {feature.source for each in models for feature in each.features if feature.is_optional}


def _unseen(given: set[str]) -> list[str]:
    """Say which of the two strongest signals no model of the release reads."""
    seen = INBOUND in given, bool(given - {INBOUND})
    return [_UNSEEN[seen]] if seen in _UNSEEN else []


def _horizon(
    model_set: ModelSet,
    hours: int,
    trial: Mapping[str, Mapping[str, Evaluation]],
    importance: Importance | None,
) -> dict[str, Any]:
    champion = model_set.at(hours).champion
    return {
        "speaks": "champion" if champion else "climatology: no forecast to learn from",
        "trees": int(champion.trees.estimator.n_iter_) if champion else 0,
        "trial": {
            target: {kind: evaluation.as_dict() for kind, evaluation in kinds.items()}
            for target, kinds in trial.items()
        },
        "importance": importance.as_dict() if importance else None,
        "features": [
            {"name": f.name, "unit": f.unit, "source": f.source, "group": f.group}
            for f in model_set.at(hours).features
        ],
    }
