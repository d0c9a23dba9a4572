"""The second output, an hour late or worse, told from the first at a thousandth of its cost."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ml.controls import Climatology
from ml.model import Block, BoostedTrees, Probabilities

EVERY_NTH_FLIGHT: Final = 10
"""Three numbers are learnt; a tenth of the flights says as much about them as all."""

_FAINT_PENALTY: Final = 1e6
_FARTHEST: Final = 1e-9


@dataclass(frozen=True)
class LateLink:
    """A logistic line on the log-odds of the champion and of the target's own climatology."""

    disrupted: BoostedTrees
    climatology: Climatology
    slopes: tuple[float, float]
    intercept: float

    kind: ClassVar[str] = "linked_to_disrupted"

    @classmethod
    def learn(cls, disrupted: BoostedTrees, climatology: Climatology, block: Block) -> Self:
        """Fit the line on every tenth flight of a block.

        Parameters
        ----------
        disrupted:
            The champion for the first target.
        climatology:
            The climatology of the second.
        block:
            Flights of all seasons, with the outcomes of the second target.

        Returns
        -------
        :
            The fitted link.
        """
        rows, outcomes = block.rows[::EVERY_NTH_FLIGHT], block.outcomes[::EVERY_NTH_FLIGHT]
        line = LogisticRegression(C=_FAINT_PENALTY)
        told = _log_odds(disrupted.probability(rows), climatology.probability(rows))
        line.fit(told, outcomes)
        champion_slope, usual_slope = map(float, line.coef_[0])
        return cls(disrupted, climatology, (champion_slope, usual_slope), float(line.intercept_[0]))

    def probability(self, rows: pd.DataFrame) -> Probabilities:
        """Estimate the chance of the second target for each feature row."""
        return self.linked(self.disrupted.probability(rows), rows)

    def linked(self, disrupted: Probabilities, rows: pd.DataFrame) -> Probabilities:
        """Estimate the same where the champion has already spoken.

        Parameters
        ----------
        disrupted:
            What the champion says of each row.
        rows:
            The feature rows.

        Returns
        -------
        :
            The chance of the second target for each row.
        """
        line = _log_odds(disrupted, self.climatology.probability(rows)) @ np.array(self.slopes)
        return np.asarray(1 / (1 + np.exp(-line - self.intercept)), dtype=np.float64)

    def state(self) -> dict[str, Any]:
        """Plain values to store, without the models it stands on: those are kept once."""
        return {"slopes": list(self.slopes), "intercept": self.intercept}

    @classmethod
    def of_state(
        cls, state: dict[str, Any], disrupted: BoostedTrees, climatology: Climatology
    ) -> Self:
        """Rebuild the link on the models it stands on."""
        first, second = state["slopes"]
        return cls(disrupted, climatology, (first, second), state["intercept"])


def _log_odds(disrupted: Probabilities, usual: Probabilities) -> NDArray[np.float64]:
    told = np.column_stack([disrupted, usual])
    sure = np.clip(told, _FARTHEST, 1 - _FARTHEST)
    return np.asarray(np.log(sure / (1 - sure)), dtype=np.float64)
