"""The champion: boosted trees, and at some horizons a logistic line that has a share in them.

Trees know only what they have met: beyond the worst storm so far they say the same of every worse
one. A line goes on rising. Averaged on the log-odds, each mends what the other errs in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.controls import LogisticControl
from ml.feature import Feature
from ml.log_odds import log_odds, probability_of
from ml.model import Block, BoostedTrees, Encoding, Probabilities
from ml.recipe import Recipe


@dataclass(frozen=True)
class Blend:
    """A weighted mean on the log-odds; without a line the trees speak alone."""

    trees: BoostedTrees
    line: LogisticControl | None = None
    #: How much the line counts; the trees count for the rest.
    share: float = 0.0

    #: The trees count for most of it, and give what is kept of either its name.
    kind: ClassVar[str] = BoostedTrees.kind

    @classmethod
    def fit(
        cls, features: Sequence[Feature], block: Block, recipe: Recipe, horizon_hours: int
    ) -> Self:
        """Learn both parts of a recipe from the same flights.

        Parameters
        ----------
        features:
            Columns to read.
        block:
            Flights to learn from.
        recipe:
            Settings of the trees, and the line's at each horizon.
        horizon_hours:
            Horizon of the flights.

        Returns
        -------
        :
            The fitted champion; the same block gives the same bits with the same number of threads.
        """
        trees = BoostedTrees.fit(features, block, recipe.settings)
        line = recipe.line_at(horizon_hours)
        if line is None:
            return cls(trees)
        return cls(trees, LogisticControl.fit(features, block, c=line.c), line.share)

    @property
    def encoding(self) -> Encoding:
        """What both parts read."""
        return self.trees.encoding

    def probability(self, rows: pd.DataFrame) -> Probabilities:
        """Estimate the chance of the target for each feature row."""
        return self.estimate_matrix(self.encoding.matrix(rows))

    def estimate_matrix(self, matrix: NDArray[np.float32]) -> Probabilities:
        """Estimate it for rows that the encoding has turned into numbers already."""
        said = self.trees.estimate_matrix(matrix)
        if self.line is None:
            return said
        return mixed(said, self.line.estimate_matrix(matrix), self.share)

    def state(self) -> dict[str, Any]:
        """Everything the model has learnt, as plain values and scikit-learn estimators."""
        return {
            "trees": self.trees.state(),
            "line": self.line.state() if self.line else None,
            "share": self.share,
        }

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Rebuild the model from its state."""
        line = LogisticControl.of_state(state["line"]) if state["line"] else None
        return cls(BoostedTrees.of_state(state["trees"]), line, float(state["share"]))


def mixed(trees: Probabilities, line: Probabilities, share: float) -> Probabilities:
    """Average two probabilities on the log-odds, the second with a share in [0, 1]."""
    odds = (1 - share) * log_odds(trees) + share * log_odds(line)
    return probability_of(np.asarray(odds, dtype=np.float64))
