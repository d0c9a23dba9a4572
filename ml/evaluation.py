"""How good probabilities were, judged on later flights, with intervals over whole days."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.errors import TrainingDataTooThin
from ml.plain import plain
from ml.ranking import Floats, Ranking, neutral_order
from ml.resampling import RESAMPLES, DayBlocks, Interval

TOP_SHARES: Final = {"1pct": 0.01, "2pct": 0.02, "5pct": 0.05}
"""Parts of all flights, the most probable first, of which precision and recall are told."""

_BINS: Final = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """Flights of similar probability: what was said, and how many came true."""

    flights: int
    mean_probability: float
    share_happened: float


@dataclass(frozen=True)
class Evaluation:
    """Figures of one model on one block of days it was not fitted on."""

    flights: int
    days: int
    first_on: str
    last_on: str
    base_rate: float
    mean_probability: float
    #: auc, pr_auc, brier, bss (skill over climatology), ece, and at 1pct, 2pct and 5pct of all
    #: flights precision_at_… (share of those that came true) and recall_at_… (share of what came
    #: true that is among them).
    figures: dict[str, float]
    #: 95 % interval of each figure but ece, over resampled days.
    intervals: dict[str, Interval]
    reliability: tuple[ReliabilityBin, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; a figure that does not exist is None."""
        values: dict[str, Any] = plain(self)
        return values


def evaluate(
    probability: Floats,
    outcomes: NDArray[np.bool_],
    service_dates: pd.Series,
    *,
    climatology: Floats,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Judge probabilities by what happened.

    Intervals resample whole days: flights of one storm day share their fate, and resampling
    flights would claim about five times too much certainty.

    Parameters
    ----------
    probability:
        Shape (n_flights,), in [0, 1].
    outcomes:
        Shape (n_flights,), whether the target came true.
    service_dates:
        Local departure date of each flight.
    climatology:
        Probabilities of the climatology fitted on the same earlier flights, the measure of skill.
    resamples:
        How many times the days are drawn again.

    Returns
    -------
    :
        The figures with their 95 % intervals.

    Raises
    ------
    TrainingDataTooThin
        There is no flight to judge.
    """
    if not len(outcomes):
        raise TrainingDataTooThin("judged", 0, 0, 1)
    dates = np.asarray(pd.to_datetime(service_dates))
    order = neutral_order(dates, climatology, outcomes, probability)
    probability, outcomes, climatology = probability[order], outcomes[order], climatology[order]
    blocks = DayBlocks.of(dates[order])
    figure = figures_of(probability, outcomes, climatology)
    figures = figure(np.ones(len(outcomes)))
    bins, ece = _reliability(probability, outcomes)
    return Evaluation(
        flights=len(outcomes),
        days=len(blocks),
        first_on=blocks.first_on,
        last_on=blocks.last_on,
        base_rate=float(outcomes.mean()),
        mean_probability=float(probability.mean()),
        figures={**figures, "ece": ece},
        intervals=blocks.intervals(figure, resamples),
        reliability=bins,
    )


def evaluate_all(
    said: Mapping[str, Floats],
    outcomes: NDArray[np.bool_],
    service_dates: pd.Series,
    *,
    usual: str,
) -> dict[str, Evaluation]:
    """Judge what each of several models said of the same flights, by the name of the model.

    Parameters
    ----------
    said:
        Probabilities by name, each of shape (n_flights,).
    outcomes:
        Shape (n_flights,), whether the target came true.
    service_dates:
        Local departure date of each flight.
    usual:
        Name of the climatology among them, the measure of skill.

    Returns
    -------
    :
        Figures by name.
    """
    return {
        name: evaluate(probability, outcomes, service_dates, climatology=said[usual])
        for name, probability in said.items()
    }


def figures_of(
    probability: Floats, outcomes: NDArray[np.bool_], climatology: Floats
) -> Callable[[Floats], dict[str, float]]:
    """Prepare the figures as a function of how often each flight counts.

    Parameters
    ----------
    probability:
        What was said, shape (n_flights,).
    outcomes:
        What happened.
    climatology:
        What climatology would have said, the measure of skill.

    Returns
    -------
    :
        A function from weights to figures by name.
    """
    ranking = Ranking.of(probability, outcomes)
    errors = (probability - outcomes) ** 2
    reference = (climatology - outcomes) ** 2

    def figure(weights: Floats) -> dict[str, float]:
        counted = ranking.weighted(weights)
        brier = float(np.average(errors, weights=weights))
        usual = float(np.average(reference, weights=weights))
        return {
            "auc": counted.auc,
            "pr_auc": counted.average_precision,
            "brier": brier,
            "bss": 1 - brier / usual if usual > 0 else float("nan"),
            **{f"precision_at_{part}": counted.precision_at(s) for part, s in TOP_SHARES.items()},
            **{f"recall_at_{part}": counted.recall_at(s) for part, s in TOP_SHARES.items()},
        }

    return figure


def _reliability(
    probability: Floats, outcomes: NDArray[np.bool_]
) -> tuple[tuple[ReliabilityBin, ...], float]:
    """Compare what was said with what happened in ten bins of equally many flights."""
    order = np.argsort(probability, kind="stable")
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, _BINS + 1))[1:-1])
    bin_of = np.searchsorted(edges, probability[order], side="right")
    parts = [order[bin_of == number] for number in range(len(edges) + 1)]
    bins = tuple(
        ReliabilityBin(len(part), float(probability[part].mean()), float(outcomes[part].mean()))
        for part in parts
        if len(part)
    )
    gaps = [abs(each.mean_probability - each.share_happened) * each.flights for each in bins]
    return bins, float(sum(gaps) / len(outcomes))
