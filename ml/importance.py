"""How much skill goes with each group of features, measured on days no model had learnt from.

Group by group the judged flights are described as usual for their origin and hour, as drivers are
told, and judged again. What is lost is an association, never a cause: a group whose news another
group also brings is hardly missed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ml.as_usual import groups_of, said_without_each_group
from ml.blend import Blend
from ml.errors import TrainingDataTooThin
from ml.estimate import HorizonModels
from ml.model import disruption_probability
from ml.plain import rounded
from ml.ranking import Floats, Ranking, neutral_order
from ml.resampling import RESAMPLES, DayBlocks, Interval
from ml.targets import DISRUPTED

MOST_FLIGHTS: Final = 20_000
"""More are thinned evenly, for they would cost time and say the same: days are what counts."""

LOST: Final = ("bss", "pr_auc")
"""What is told of each group: the loss of skill over climatology, and of PR-AUC."""

_WHOLE: Final = ""
"""Stands for the flights as they were, among the groups taken away."""


@dataclass(frozen=True)
class GroupImportance:
    """What is lost without one group of features; below 0 the figure is better without it."""

    group: str
    #: How many features the group has.
    features: int
    #: By figure of `LOST`.
    lost: dict[str, float]
    #: 95 % interval of each loss; both judgements are made on each draw of days.
    intervals: dict[str, Interval]


@dataclass(frozen=True)
class Importance:
    """The groups of features of one horizon, the one with most skill to lose first."""

    flights: int
    days: int
    groups: tuple[GroupImportance, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold, of six digits; a loss that does not exist is None."""
        values: dict[str, Any] = rounded(self)
        return values


def importance(
    models: HorizonModels,
    rows: pd.DataFrame,
    outcomes: NDArray[np.bool_],
    service_dates: ArrayLike,
    *,
    resamples: int = RESAMPLES,
) -> Importance | None:
    """Measure what the champion's figures lose when each group of features is as usual.

    Storms move both judgements the same way, so a loss is known better than either figure. It
    costs a prediction of all flights per group and the resampling: at most 3 s of one thread for
    ten groups and 300 trees, for of more than 20,000 flights only every second, third and so on
    counts.

    Parameters
    ----------
    models:
        What speaks at the horizon.
    rows:
        Feature frame of the judged flights, which no model has learnt from, one row per flight.
    outcomes:
        Whether each was disrupted.
    service_dates:
        Local departure date of each flight.
    resamples:
        How many times the days are drawn again.

    Returns
    -------
    :
        The losses with their 95 % intervals, the same bits for any order of rows; None where
        climatology alone speaks, for it reads no group.

    Raises
    ------
    TrainingDataTooThin
        There is no flight to judge.
    """
    if models.champion is None:
        return None
    if not len(rows):
        raise TrainingDataTooThin("judged", 0, 0, 1)
    dates = np.asarray(service_dates, dtype="datetime64[D]")
    chosen = _chosen(rows, dates)
    rows, blocks = rows.iloc[chosen], DayBlocks.of(dates[chosen])
    losses = _losses_of(
        _said(models, models.champion, rows),
        outcomes[chosen],
        disruption_probability(models.climatologies[DISRUPTED], rows),
    )
    lost, intervals = losses(np.ones(len(rows))), blocks.intervals(losses, resamples)
    features = models.features
    groups = [
        GroupImportance(
            group,
            sum(feature.group == group for feature in features),
            {figure: lost[_key(figure, group)] for figure in LOST},
            {figure: intervals[_key(figure, group)] for figure in LOST},
        )
        for group in groups_of(features)
    ]
    groups.sort(key=lambda each: (-np.nan_to_num(each.lost[LOST[0]]), each.group))
    return Importance(len(rows), len(blocks), tuple(groups))


def _chosen(rows: pd.DataFrame, dates: NDArray[np.datetime64]) -> NDArray[np.intp]:
    """Order flights by day and identifier, and thin them evenly where there are very many."""
    order = neutral_order(rows["flight_id"].to_numpy(), dates)
    return order[:: -(-len(order) // MOST_FLIGHTS)]


def _said(models: HorizonModels, champion: Blend, rows: pd.DataFrame) -> dict[str, Floats]:
    """Let the champion speak of the flights as they were, and with each group as usual."""
    usual = models.baseline.usual(models.features, rows)
    said = said_without_each_group(champion, models.features, rows, usual)
    return {_WHOLE: said.whole, **said.without}


def _losses_of(
    said: Mapping[str, Floats], outcomes: NDArray[np.bool_], climatology: Floats
) -> Callable[[Floats], dict[str, float]]:
    """Prepare the losses as a function of how often each flight counts."""
    reference = (climatology - outcomes) ** 2
    errors = {group: (each - outcomes) ** 2 for group, each in said.items()}
    rankings = {group: Ranking.of(each, outcomes) for group, each in said.items()}

    def figures(group: str, weights: Floats, usual: float) -> dict[str, float]:
        brier = float(np.average(errors[group], weights=weights))
        return {
            "bss": 1 - brier / usual if usual > 0 else float("nan"),
            "pr_auc": rankings[group].weighted(weights).average_precision,
        }

    def losses(weights: Floats) -> dict[str, float]:
        usual = float(np.average(reference, weights=weights))
        whole = figures(_WHOLE, weights, usual)
        without = {group: figures(group, weights, usual) for group in said if group != _WHOLE}
        return {
            _key(figure, group): whole[figure] - told[figure]
            for group, told in without.items()
            for figure in LOST
        }

    return losses


def _key(figure: str, group: str) -> str:
    return f"{figure} of {group}"
