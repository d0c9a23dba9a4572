"""Figures of a ranking of flights by probability, where each flight may count several times.

Flights of equal probability are one step of the ranking, so neither the order of rows nor a lucky
tie moves a figure.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def neutral_order(*columns: ArrayLike) -> NDArray[np.intp]:
    """Order rows by what they say alone, the last column first, so that sums add up to one bit."""
    order: NDArray[np.intp] = np.lexsort([np.asarray(column) for column in columns])
    return order


@dataclass(frozen=True)
class Ranking:
    """Flights from the most probable to the least, with the ends of each run of equals."""

    order: NDArray[np.intp]
    run_ends: NDArray[np.intp]
    outcomes: Floats

    @classmethod
    def of(cls, probability: Floats, outcomes: NDArray[np.bool_]) -> Self:
        """Rank flights once, so that many weightings can be figured quickly."""
        order = np.argsort(-probability, kind="stable")
        changes = np.flatnonzero(np.diff(probability[order]))
        run_ends = np.append(changes, len(order) - 1)
        return cls(order, run_ends, outcomes[order].astype(np.float64))

    def weighted(self, weights: Floats) -> "WeightedRanking":
        """Count each flight as often as its weight says."""
        ordered = weights[self.order]
        flagged = np.cumsum(ordered)[self.run_ends]
        hits = np.cumsum(ordered * self.outcomes)[self.run_ends]
        return WeightedRanking(flagged, hits)


@dataclass(frozen=True)
class WeightedRanking:
    """How many flights, and how many that came true, lie above each step."""

    flagged: Floats
    hits: Floats

    @property
    def auc(self) -> float:
        """Chance that a flight that came true ranks above one that did not, ties at half."""
        happened, calm = self.hits[-1], self.flagged[-1] - self.hits[-1]
        if happened == 0 or calm == 0:
            return float("nan")
        false_alarms = self.flagged - self.hits
        widths = np.diff(false_alarms, prepend=0.0)
        heights = self.hits - np.diff(self.hits, prepend=0.0) / 2
        return float(np.sum(widths * heights) / (happened * calm))

    @property
    def average_precision(self) -> float:
        """Area under precision against recall, by steps."""
        if self.hits[-1] == 0:
            return float("nan")
        gained = np.diff(self.hits, prepend=0.0)
        precision = np.divide(
            self.hits, self.flagged, out=np.zeros_like(self.hits), where=self.flagged > 0
        )
        return float(np.sum(gained * precision) / self.hits[-1])

    def precision_at(self, share: float) -> float:
        """Share that came true among the most probable `share` of all flights.

        Where the cut falls among equals, they count in proportion.

        Returns
        -------
        :
            A share in [0, 1].
        """
        return self._hits_at(share) / (share * float(self.flagged[-1]))

    def recall_at(self, share: float) -> float:
        """Share of all that came true which lies among the most probable `share` of flights.

        Returns
        -------
        :
            A share in [0, 1]; not a number where nothing came true.
        """
        happened = float(self.hits[-1])
        return self._hits_at(share) / happened if happened > 0 else float("nan")

    def _hits_at(self, share: float) -> float:
        steps = np.concatenate([[0.0], self.flagged])
        hits = np.concatenate([[0.0], self.hits])
        return float(np.interp(share * self.flagged[-1], steps, hits))
