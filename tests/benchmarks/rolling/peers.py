"""What else one would train on the same rows, each as its library proposes, stopped and refitted.

They read the very columns the champion reads, stop by the same days, and learn again from all of
the past, so that nothing but the model differs.
"""

from typing import Any, ClassVar

import lightgbm
import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from ml.controls import LogisticControl
from ml.cores import one_thread
from ml.features import features_at
from ml.model import Encoding, Probabilities, disruption_probability
from ml.recipe import CHAMPION_LINES
from ml.rolling import Origin

MOST_ROUNDS = 1_000
PATIENCE_ROUNDS = 30
SEED = 20130101


class _Matrices:
    """An origin's blocks as numbers; what one peer read the next reads too."""

    _latest: ClassVar["_Matrices | None"] = None

    @classmethod
    def of(cls, origin: Origin) -> "_Matrices":
        """Give an origin's numbers, kept until another's are asked for."""
        if cls._latest is None or cls._latest.origin is not origin:
            cls._latest = cls(origin)
        return cls._latest

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        encoding = Encoding.of(features_at(origin.horizon_hours), origin.past.rows)
        self.categories = encoding.category_positions
        self.learn, self.stop, self.past, self.told = (
            encoding.matrix(block.rows)
            for block in (origin.learn, origin.stop, origin.past, origin.told)
        )

    def grown(self, rounds: int) -> int:
        """As many more rounds as there are more flights."""
        return max(1, round(rounds * len(self.past) / len(self.learn)))


def light_gbm(origin: Origin) -> Probabilities:
    """LightGBM: 31 leaves, rate .05, categories native."""
    at = _Matrices.of(origin)
    settings: dict[str, Any] = {
        "learning_rate": 0.05,
        "num_leaves": 31,
        "n_jobs": 1,
        "verbose": -1,
        "random_state": SEED,
    }
    trial = lightgbm.LGBMClassifier(n_estimators=MOST_ROUNDS, **settings).fit(
        at.learn,
        origin.learn.outcomes,
        eval_X=at.stop,
        eval_y=origin.stop.outcomes,
        callbacks=[lightgbm.early_stopping(PATIENCE_ROUNDS, verbose=False)],
        categorical_feature=at.categories,
    )
    rounds = at.grown(trial.best_iteration_)
    again = lightgbm.LGBMClassifier(n_estimators=rounds, **settings).fit(
        at.past, origin.past.outcomes, categorical_feature=at.categories
    )
    return _second(again.booster_.predict(at.told))


def xg_boost(origin: Origin) -> Probabilities:
    """XGBoost: depth 6, rate .05, histograms."""
    at = _Matrices.of(origin)
    settings: dict[str, Any] = {
        "learning_rate": 0.05,
        "max_depth": 6,
        "tree_method": "hist",
        "n_jobs": 1,
        "random_state": SEED,
    }
    trial = xgboost.XGBClassifier(
        n_estimators=MOST_ROUNDS, early_stopping_rounds=PATIENCE_ROUNDS, **settings
    ).fit(
        *(at.learn, origin.learn.outcomes),
        eval_set=[(at.stop, origin.stop.outcomes)],
        verbose=False,
    )
    again = xgboost.XGBClassifier(n_estimators=at.grown(trial.best_iteration + 1), **settings)
    again.fit(at.past, origin.past.outcomes)
    return _second(again.predict_proba(at.told)[:, 1])


def random_forest(origin: Origin) -> Probabilities:
    """Random forest of scikit-learn: 100 trees, each of a tenth of the flights, leaves of 5.

    With three tenths it told months no better, and took more than twice the time.
    """
    at = _Matrices.of(origin)
    forest = RandomForestClassifier(
        100, max_samples=0.1, min_samples_leaf=5, n_jobs=1, random_state=SEED
    )
    forest.fit(at.past, origin.past.outcomes)
    return _second(forest.predict_proba(at.told)[:, 1])


def line_alone(origin: Origin) -> Probabilities:
    """The logistic line that stands beside the champion's trees, without the trees."""
    with one_thread():
        line = LogisticControl.fit(
            features_at(origin.horizon_hours), origin.past, c=CHAMPION_LINES[2].c
        )
    return disruption_probability(line, origin.told.rows)


def _second(said: Any) -> NDArray[np.float64]:
    return np.asarray(said, dtype=np.float64)
