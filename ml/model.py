"""The models: one interface, boosted trees, and how rows become the numbers it reads."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ml.cores import estimate_side_by_side
from ml.errors import ColumnsMissing, TrainingDataTooThin
from ml.feature import Feature

Probabilities = NDArray[np.float64]
Outcomes = NDArray[np.bool_]

CHAMPION_RECIPE: Final[dict[str, object]] = {
    "learning_rate": 0.035,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 500,
    "l2_regularization": 50.0,
    "max_features": 0.1,
    "max_iter": 300,
    "early_stopping": False,
    "random_state": 20130101,
}
"""Settings of scikit-learn's estimator.

A number of rounds fixed beforehand told 2013 better than stopping by the weeks before: six weeks
hold a few storms only, and stopped at anything from 47 rounds to 502.
"""

LEAST_TRAINING_FLIGHTS: Final = 1_000
"""Twice the smallest leaf: with fewer, no tree could split."""

MOST_CATEGORIES: Final = 250


@dataclass(frozen=True)
class Block:
    """Feature rows with the outcomes that a model learns from or is judged by."""

    name: str
    rows: pd.DataFrame
    outcomes: Outcomes

    def require(self, least_flights: int) -> None:
        """Refuse a block that is too small or knows only one outcome.

        Raises
        ------
        TrainingDataTooThin
            There are fewer flights than asked for, or all came out the same.
        """
        happened = int(self.outcomes.sum())
        if len(self.rows) < least_flights or happened in {0, len(self.rows)}:
            raise TrainingDataTooThin(self.name, len(self.rows), happened, least_flights)


class DisruptionModel(Protocol):
    """What every fitted model can do, champion or control."""

    kind: ClassVar[str]

    def probability(self, rows: pd.DataFrame) -> Probabilities:
        """Estimate the chance of the target for each feature row."""

    def state(self) -> dict[str, Any]:
        """Everything the model has learnt, as plain values and scikit-learn estimators."""


def disruption_probability(model: DisruptionModel, rows: pd.DataFrame) -> Probabilities:
    """Estimate for each flight the chance that the model's target comes true.

    Parameters
    ----------
    model:
        A fitted model.
    rows:
        Feature frame of `ml.features.build_features`, holding only what was known at predicted_at.

    Returns
    -------
    :
        Shape (n_rows,), in the order of `rows`: probabilities in [0, 1].
    """
    if not len(rows):
        return np.empty(0, dtype=np.float64)
    return np.clip(estimate_side_by_side(model.probability, rows), 0.0, 1.0)


@dataclass(frozen=True)
class Encoding:
    """Which columns a model reads, and the number that each category has for it."""

    columns: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, features: Sequence[Feature], rows: pd.DataFrame) -> Self:
        """Leave out columns without any value, and number the categories that occur.

        Where there are too many categories, the rarest get no number.

        Returns
        -------
        :
            The encoding that these rows ask for.
        """
        present = [feature for feature in features if rows[feature.name].notna().any()]
        categories: dict[str, tuple[str, ...]] = {}
        for feature in present:
            if feature.is_category:
                counts = rows[feature.name].value_counts().sort_index()
                commonest = counts.nlargest(MOST_CATEGORIES, keep="first").index
                categories[feature.name] = tuple(sorted(str(value) for value in commonest))
        return cls(tuple(feature.name for feature in present), categories)

    @property
    def category_positions(self) -> list[int]:
        """Columns of the matrix that hold category numbers."""
        return [place for place, name in enumerate(self.columns) if name in self.categories]

    def matrix(self, rows: pd.DataFrame) -> NDArray[np.float32]:
        """Turn rows into numbers; a category never seen in training is missing.

        Returns
        -------
        :
            Shape (n_rows, n_columns).

        Raises
        ------
        ColumnsMissing
            The rows lack a column that the model reads.
        """
        absent = [name for name in self.columns if name not in rows.columns]
        if absent:
            raise ColumnsMissing("features", absent)
        matrix = np.empty((len(rows), len(self.columns)), dtype=np.float32)
        for place, name in enumerate(self.columns):
            matrix[:, place] = self._numbers(rows[name])
        return matrix

    def _numbers(self, column: pd.Series) -> NDArray[np.float32]:
        if column.name in self.categories:
            known = self.categories[str(column.name)]
            column = column.map({category: number for number, category in enumerate(known)})
        return column.to_numpy(np.float32, na_value=np.nan)

    def state(self) -> dict[str, Any]:
        """Plain values to store."""
        return {
            "columns": list(self.columns),
            "categories": {name: list(values) for name, values in self.categories.items()},
        }

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Rebuild the encoding from its state."""
        categories = {name: tuple(values) for name, values in state["categories"].items()}
        return cls(tuple(state["columns"]), categories)


@dataclass(frozen=True)
class BoostedTrees:
    """The larger part of the champion: regularised gradient boosting, uncalibrated."""

    encoding: Encoding
    estimator: HistGradientBoostingClassifier

    kind: ClassVar[str] = "boosted_trees"

    @classmethod
    def fit(
        cls,
        features: Sequence[Feature],
        block: Block,
        settings: Mapping[str, object] = CHAMPION_RECIPE,
    ) -> Self:
        """Boost for the rounds of a recipe.

        Parameters
        ----------
        features:
            Columns to read.
        block:
            Flights to learn from.
        settings:
            As `CHAMPION_RECIPE`.

        Returns
        -------
        :
            The fitted model; the same block gives the same bits with the same number of threads.
        """
        block.require(LEAST_TRAINING_FLIGHTS)
        encoding = Encoding.of(features, block.rows)
        estimator = HistGradientBoostingClassifier(
            **settings, categorical_features=encoding.category_positions
        )
        estimator.fit(encoding.matrix(block.rows), block.outcomes)
        return cls(encoding, estimator)

    def probability(self, rows: pd.DataFrame) -> Probabilities:
        """Estimate the chance of the target for each feature row."""
        return self.estimate_matrix(self.encoding.matrix(rows))

    def estimate_matrix(self, matrix: NDArray[np.float32]) -> Probabilities:
        """Estimate it for rows that its encoding has turned into numbers already."""
        return np.asarray(self.estimator.predict_proba(matrix)[:, 1], dtype=np.float64)

    def estimate_after(
        self, rows: pd.DataFrame, rounds: Collection[int]
    ) -> dict[int, Probabilities]:
        """Say what the model would tell had it been boosted for fewer rounds.

        Parameters
        ----------
        rows:
            Feature rows.
        rounds:
            How many, each from 1 to what the model was boosted for.

        Returns
        -------
        :
            By rounds, shape (n_rows,) each: what a model boosted for just these would say.
        """
        stages = self.estimator.staged_predict_proba(self.encoding.matrix(rows))
        return {
            done: np.asarray(said[:, 1], dtype=np.float64)
            for done, said in enumerate(stages, start=1)
            if done in rounds
        }

    def state(self) -> dict[str, Any]:
        """Everything the model has learnt, as plain values and scikit-learn estimators."""
        return {"encoding": self.encoding.state(), "estimator": self.estimator}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Rebuild the model from its state."""
        return cls(Encoding.of_state(state["encoding"]), state["estimator"])
