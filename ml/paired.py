"""Whether one model is better than another on the same flights, with intervals over whole days."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml.errors import TrainingDataTooThin
from ml.evaluation import figures_of
from ml.plain import plain
from ml.ranking import Floats, neutral_order
from ml.resampling import RESAMPLES, DayBlocks, Interval

COMPARED: Final = ("bss", "pr_auc", "precision_at_2pct")


class Difference(NamedTuple):
    """A figure of one model less that of another, with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class PairedDifferences:
    """What one model has over another: above 0 it is better."""

    flights: int
    days: int
    #: By figure: bss, pr_auc, precision_at_2pct.
    differences: dict[str, float]
    #: 95 % interval of each difference; both models are judged on each draw of days.
    intervals: dict[str, Interval]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; a difference that does not exist is None."""
        values: dict[str, Any] = plain(self)
        return values

    def of(self, figure: str) -> Difference:
        """Give one figure's difference with its interval."""
        return Difference(self.differences[figure], *self.intervals[figure])

    def is_better(self, figure: str = "bss") -> bool:
        """Whether the whole interval of a figure lies above 0."""
        return self.intervals[figure][0] > 0


def paired_differences(
    one: Floats,
    other: Floats,
    outcomes: NDArray[np.bool_],
    service_dates: ArrayLike,
    *,
    climatology: Floats,
    resamples: int = RESAMPLES,
) -> PairedDifferences:
    """Compare two models on the same flights, whole days drawn again for both together.

    Storms move both models' figures the same way, so the difference is known far better than
    either figure.

    Parameters
    ----------
    one:
        What the first model said, shape (n_flights,).
    other:
        What the second said of the same flights.
    outcomes:
        Whether each came true.
    service_dates:
        Local departure date of each flight.
    climatology:
        What climatology said, the measure of skill.
    resamples:
        How many times the days are drawn again.

    Returns
    -------
    :
        The first model's figures less the second's.

    Raises
    ------
    TrainingDataTooThin
        There is no flight to compare on.
    """
    if not len(outcomes):
        raise TrainingDataTooThin("compared", 0, 0, 1)
    dates = np.asarray(service_dates, dtype="datetime64[D]")
    order = neutral_order(dates, climatology, other, outcomes, one)
    blocks = DayBlocks.of(dates[order])
    difference = _difference_of(one[order], other[order], outcomes[order], climatology[order])
    return PairedDifferences(
        flights=len(outcomes),
        days=len(blocks),
        differences=difference(np.ones(len(outcomes))),
        intervals=blocks.intervals(difference, resamples),
    )


def _difference_of(
    one: Floats, other: Floats, outcomes: NDArray[np.bool_], climatology: Floats
) -> Callable[[Floats], dict[str, float]]:
    first = figures_of(one, outcomes, climatology)
    second = figures_of(other, outcomes, climatology)

    def difference(weights: Floats) -> dict[str, float]:
        ours, theirs = first(weights), second(weights)
        return {name: ours[name] - theirs[name] for name in COMPARED}

    return difference
