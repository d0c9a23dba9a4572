"""The two controls that stand beside the champion: climatology and a logistic regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ml.feature import Feature
from ml.log_odds import probability_of
from ml.model import LEAST_TRAINING_FLIGHTS, Block, Encoding, Probabilities
from ml.schedule import origin_hours

SMOOTHING_FLIGHTS: Final = 100.0
"""An hour of an airport counts as having seen this many flights at the overall rate already."""

LOGISTIC_C: Final = 1e-4


@dataclass(frozen=True)
class Climatology:
    """How often flights of the same origin and local hour came out so; what is used in need."""

    overall: float
    rates: dict[str, float]

    kind: ClassVar[str] = "climatology"

    @classmethod
    def fit(cls, features: Sequence[Feature], block: Block) -> Self:  # noqa: ARG003 (the interface)
        """Count the block's outcomes by origin and hour, shrunk to the overall rate."""
        block.require(1)
        overall = float(block.outcomes.mean())
        grouped = pd.Series(block.outcomes.astype(np.int64)).groupby(origin_hours(block.rows))
        happened, flights = grouped.sum(), grouped.count()
        rates = (happened + SMOOTHING_FLIGHTS * overall) / (flights + SMOOTHING_FLIGHTS)
        return cls(overall, {str(cell): float(rate) for cell, rate in rates.sort_index().items()})

    def probability(self, rows: pd.DataFrame) -> Probabilities:
        """Look up each row's origin and hour; the overall rate where they were never seen."""
        found = pd.Series(origin_hours(rows)).map(self.rates)
        return np.asarray(found.fillna(self.overall), dtype=np.float64)

    def state(self) -> dict[str, Any]:
        """Everything the model has learnt, as plain values."""
        return {"overall": self.overall, "rates": dict(self.rates)}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Rebuild the model from its state."""
        return cls(float(state["overall"]), dict(state["rates"]))


@dataclass(frozen=True)
class LogisticControl:
    """A strongly shrunk logistic regression on the same columns."""

    encoding: Encoding
    pipeline: Pipeline

    kind: ClassVar[str] = "logistic_regression"

    @classmethod
    def fit(cls, features: Sequence[Feature], block: Block, *, c: float = LOGISTIC_C) -> Self:
        """Fit on a block, the less shrunk the larger C; missing numbers become the median."""
        block.require(LEAST_TRAINING_FLIGHTS)
        encoding = Encoding.of(features, block.rows)
        matrix = encoding.matrix(block.rows)
        pipeline = _pipeline(encoding, c)
        pipeline.fit(matrix, block.outcomes)
        return cls(encoding, pipeline)

    def probability(self, rows: pd.DataFrame) -> Probabilities:
        """Estimate the chance of the target for each feature row."""
        return self.estimate_matrix(self.encoding.matrix(rows))

    def estimate_matrix(self, matrix: NDArray[np.float32]) -> Probabilities:
        """Estimate it for rows that its encoding has turned into numbers already.

        Summed up column by column: a product of matrices rounds a row by where it stands among
        others, and the same flight must get the same bits in any company.

        Returns
        -------
        :
            Shape (n_rows,).
        """
        read = self.pipeline[:-1].transform(matrix)
        fitted: LogisticRegression = self.pipeline[-1]
        odds = np.full(len(matrix), fitted.intercept_[0], dtype=np.float64)
        for column, weight in zip(read.T, fitted.coef_[0].astype(np.float64), strict=True):
            odds += column * weight
        return probability_of(odds)

    def state(self) -> dict[str, Any]:
        """Everything the model has learnt, as plain values and scikit-learn estimators."""
        return {"encoding": self.encoding.state(), "pipeline": self.pipeline}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Rebuild the model from its state."""
        return cls(Encoding.of_state(state["encoding"]), state["pipeline"])


def _pipeline(encoding: Encoding, c: float) -> Pipeline:
    categories = encoding.category_positions
    numbers = [place for place in range(len(encoding.columns)) if place not in categories]
    scaled = Pipeline([
        ("fill", SimpleImputer(strategy="median", keep_empty_features=True, copy=False)),
        ("scale", StandardScaler(copy=False)),
    ])
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=0.005,
        sparse_output=False,
        dtype=np.float32,
    )
    columns = ColumnTransformer([("numbers", scaled, numbers), ("words", one_hot, categories)])
    return Pipeline([("columns", columns), ("fit", LogisticRegression(C=c, max_iter=300))])
