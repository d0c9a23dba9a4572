"""What the gate measures: two models on the same flights, with intervals over whole days."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.ranking import Floats, Ranking
from ml.resampling import INTERVAL_PERCENTS

SKILL_RESAMPLES: Final = 2_000
RANKING_RESAMPLES: Final = 200
_SEED: Final = 20130101


@dataclass(frozen=True)
class Difference:
    """A figure of one model less that of another, with its 95 % interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, mean: float, drawn: Floats) -> Self:
        """Keep the middle 95 % of what was drawn."""
        told = drawn[np.isfinite(drawn)]
        if not len(told):
            return cls(mean, float("nan"), float("nan"))
        low, high = np.percentile(told, INTERVAL_PERCENTS)
        return cls(mean, float(low), float(high))


def skill_difference(
    candidate: Floats,
    other: Floats,
    climatology: Floats,
    outcomes: NDArray[np.bool_],
    service_dates: pd.Series,
) -> Difference:
    """Tell how much more of climatology's error one model takes away than another.

    Both are judged on the same flights, and whole days are drawn again for both at once: most of
    what makes a day hard is hard for both, so the difference is far surer than either figure.

    Parameters
    ----------
    candidate:
        Probabilities of the one, shape (n_flights,).
    other:
        Probabilities of the other.
    climatology:
        Probabilities that both are measured against.
    outcomes:
        Whether each flight was disrupted.
    service_dates:
        Local departure date of each flight.

    Returns
    -------
    :
        Brier skill score of the candidate less that of the other.
    """
    day_of, days = _days(service_dates)
    sums = np.stack([
        np.bincount(day_of, (said - outcomes) ** 2, days)
        for said in (candidate, other, climatology)
    ])
    drawn = sums @ _draws(days, SKILL_RESAMPLES).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return Difference.of(_gain(sums.sum(axis=1)), (drawn[1] - drawn[0]) / drawn[2])


def precision_difference(
    candidate: Floats,
    other: Floats,
    outcomes: NDArray[np.bool_],
    service_dates: pd.Series,
    *,
    share: float,
) -> Difference:
    """Tell how many more of the flights that a model ranks highest came true.

    Parameters
    ----------
    candidate:
        Probabilities of the one, shape (n_flights,).
    other:
        Probabilities of the other.
    outcomes:
        Whether each flight was disrupted.
    service_dates:
        Local departure date of each flight.
    share:
        How much of the ranking is looked at, as 0.02.

    Returns
    -------
    :
        Precision of the candidate less that of the other.
    """
    day_of, days = _days(service_dates)
    rankings = [Ranking.of(said, outcomes) for said in (candidate, other)]

    def gain(weights: Floats) -> float:
        ours, theirs = (ranking.weighted(weights).precision_at(share) for ranking in rankings)
        return ours - theirs

    drawn = [gain(draw[day_of]) for draw in _draws(days, RANKING_RESAMPLES)]
    return Difference.of(gain(np.ones(len(outcomes))), np.array(drawn))


def _days(service_dates: pd.Series) -> tuple[NDArray[np.intp], int]:
    days, day_of = np.unique(pd.to_datetime(service_dates).to_numpy(), return_inverse=True)
    return day_of, len(days)


def _draws(days: int, resamples: int) -> Floats:
    rng = np.random.default_rng(_SEED)
    return rng.multinomial(days, np.full(days, 1 / days), size=resamples).astype(np.float64)


def _gain(sums: Floats) -> float:
    ours, theirs, usual = sums
    return float((theirs - ours) / usual) if usual > 0 else float("nan")
