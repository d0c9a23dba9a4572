"""Intervals by drawing whole days again: flights of one storm day share their fate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ml.ranking import Floats

RESAMPLES: Final = 200
INTERVAL_PERCENTS: Final = (2.5, 97.5)
LEAST_DAYS: Final = 2
_SEED: Final = 20130101

Interval = tuple[float, float]
Figures = Callable[[Floats], dict[str, float]]
"""Figures as a function of how often each flight counts."""


@dataclass(frozen=True)
class DayBlocks:
    """The local days of flights, to be drawn again as wholes."""

    days: NDArray[np.datetime64]
    #: Place of each flight's day among them.
    day_of: NDArray[np.intp]

    @classmethod
    def of(cls, service_dates: ArrayLike) -> Self:
        """Find the days that occur, and number them."""
        stamps = pd.DatetimeIndex(pd.to_datetime(np.asarray(service_dates))).to_numpy()
        days, day_of = np.unique(stamps, return_inverse=True)
        return cls(days, day_of)

    def __len__(self) -> int:
        """Count the days."""
        return len(self.days)

    @property
    def first_on(self) -> str:
        """The earliest day, as 2013-11-01."""
        return str(self.days[0])[:10]

    @property
    def last_on(self) -> str:
        """The latest day."""
        return str(self.days[-1])[:10]

    def intervals(self, figures: Figures, resamples: int = RESAMPLES) -> dict[str, Interval]:
        """Draw the days again and again, and keep the middle 95 % of each figure.

        Parameters
        ----------
        figures:
            Figures as a function of how often each flight counts.
        resamples:
            How many times the days are drawn; always the same draws for the same number of days.

        Returns
        -------
        :
            By figure, lower and upper bound; not a number where no draw had the figure, or where
            there is one day alone, which says nothing of how days differ.
        """
        count = len(self)
        if count < LEAST_DAYS:
            return dict.fromkeys(figures(np.ones(len(self.day_of))), (float("nan"), float("nan")))
        draws = np.random.default_rng(_SEED).multinomial(
            count, np.full(count, 1 / count), size=resamples
        )
        drawn = pd.DataFrame([figures(draw[self.day_of].astype(np.float64)) for draw in draws])
        return {
            str(name): _middle(column.dropna().to_numpy(np.float64))
            for name, column in drawn.items()
        }


def _middle(values: Floats) -> Interval:
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(values, INTERVAL_PERCENTS)
    return float(low), float(high)
