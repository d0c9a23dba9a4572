"""How good probabilities were, judged on later flights, with intervals over whole days."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.errors import TrainingDataTooThin
from ml.ranking import Floats, Ranking

TOP_SHARES: Final = {
    "precision_at_1pct": 0.01,
    "precision_at_2pct": 0.02,
    "precision_at_5pct": 0.05,
}
RESAMPLES: Final = 200
INTERVAL_PERCENTS: Final = (2.5, 97.5)

_BINS: Final = 10
_SEED: Final = 20130101


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
    #: auc, pr_auc, brier, bss (skill over climatology), ece, precision_at_1pct, …_2pct, …_5pct.
    figures: dict[str, float]
    #: 95 % interval of each figure but ece, over resampled days.
    intervals: dict[str, tuple[float, float]]
    reliability: tuple[ReliabilityBin, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; a figure that does not exist is None."""
        plain: dict[str, Any] = _without_nan(asdict(self))
        return plain


def split_by_day(service_dates: pd.Series, first_later_on: date) -> NDArray[np.bool_]:
    """Say which flights belong to the later block; days are never divided.

    Parameters
    ----------
    service_dates:
        Local departure date of each flight.
    first_later_on:
        First local date of the later block.

    Returns
    -------
    :
        True for the flights of the later block.
    """
    return np.asarray(pd.to_datetime(service_dates) >= pd.Timestamp(first_later_on), dtype=np.bool_)


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
    days, day_of = np.unique(pd.to_datetime(service_dates).to_numpy(), return_inverse=True)
    figure = _figures_of(probability, outcomes, climatology)
    figures = figure(np.ones(len(outcomes)))
    bins, ece = _reliability(probability, outcomes)
    return Evaluation(
        flights=len(outcomes),
        days=len(days),
        first_on=str(days[0])[:10],
        last_on=str(days[-1])[:10],
        base_rate=float(outcomes.mean()),
        mean_probability=float(probability.mean()),
        figures={**figures, "ece": ece},
        intervals=_intervals(figure, day_of, len(days), resamples),
        reliability=bins,
    )


def _figures_of(
    probability: Floats, outcomes: NDArray[np.bool_], climatology: Floats
) -> Callable[[Floats], dict[str, float]]:
    """Prepare the figures as a function of how often each flight counts."""
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
            **{name: counted.precision_at(share) for name, share in TOP_SHARES.items()},
        }

    return figure


def _intervals(
    figure: Callable[[Floats], dict[str, float]],
    day_of: NDArray[np.intp],
    days: int,
    resamples: int,
) -> dict[str, tuple[float, float]]:
    """Draw the days again and again, and keep the middle 95 % of each figure."""
    draws = np.random.default_rng(_SEED).multinomial(days, np.full(days, 1 / days), size=resamples)
    drawn = pd.DataFrame([figure(draw[day_of].astype(np.float64)) for draw in draws])
    return {
        str(name): _middle(column.dropna().to_numpy(np.float64)) for name, column in drawn.items()
    }


def _middle(values: Floats) -> tuple[float, float]:
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(values, INTERVAL_PERCENTS)
    return float(low), float(high)


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


def _without_nan(value: Any) -> Any:
    """Replace what JSON cannot hold."""
    if isinstance(value, Mapping):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and np.isnan(value) else value
