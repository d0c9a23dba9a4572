"""The second output, an hour late or worse, told from the first at a thousandth of its cost."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from ml.blend import Blend
from ml.controls import Climatology
from ml.log_odds import log_odds, probability_of
from ml.model import Block, Probabilities

EVERY_NTH_FLIGHT: Final = 10
"""Three numbers are learnt; a tenth of the flights says as much about them as all."""

_FAINT_PENALTY: Final = 1e6


@dataclass(frozen=True)
class LateLink:
    """A logistic line on the log-odds of the champion and of the target's own climatology."""

    disrupted: Blend
    climatology: Climatology
    slopes: tuple[float, float]
    intercept: float

    kind: ClassVar[str] = "linked_to_disrupted"

    @classmethod
    def learn(cls, disrupted: Blend, climatology: Climatology, block: Block) -> Self:
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
        told = _both(disrupted.probability(rows), climatology.probability(rows))
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
        line = _both(disrupted, self.climatology.probability(rows)) @ np.array(self.slopes)
        return probability_of(line + self.intercept)

    def state(self) -> dict[str, Any]:
        """Plain values to store, without the models it stands on: those are kept once."""
        return {"slopes": list(self.slopes), "intercept": self.intercept}

    @classmethod
    def of_state(cls, state: dict[str, Any], disrupted: Blend, climatology: Climatology) -> Self:
        """Rebuild the link on the models it stands on."""
        first, second = state["slopes"]
        return cls(disrupted, climatology, (first, second), state["intercept"])


def _both(disrupted: Probabilities, usual: Probabilities) -> Probabilities:
    return log_odds(np.column_stack([disrupted, usual]))
