"""What warning by a probability saves, over how much a warning is worth when it is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.errors import TrainingDataTooThin
from ml.ranking import Floats, Ranking

LOSSES: Final = (3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0)
"""What a right alert saves, in costs of an alert: loss x avoidable share / cost."""

_PER_FLIGHTS: Final = 1_000


@dataclass(frozen=True)
class CostPoint:
    """Net savings per 1,000 flights, in costs of one alert, at one worth of a right alert."""

    loss: float
    #: Probability from which on warning pays: 1 / loss.
    threshold: float
    #: Share of flights alerted at that threshold.
    alert_rate: float
    saving: float
    #: With the threshold that turned out best.
    saving_in_hindsight: float
    #: Climatology at the same threshold.
    saving_of_climatology: float
    #: An alert for every flight.
    saving_of_all: float
    #: An alert for exactly those that came true.
    saving_of_perfect: float


def cost_curve(
    probability: Floats,
    outcomes: NDArray[np.bool_],
    *,
    climatology: Floats,
    losses: Sequence[float] = LOSSES,
) -> tuple[CostPoint, ...]:
    """Reckon what alerts would have saved, an alert costing 1 and a right one saving `loss`.

    Parameters
    ----------
    probability:
        What was said of each flight.
    outcomes:
        Whether it came true.
    climatology:
        What climatology said.
    losses:
        What a right alert saves, in costs of an alert.

    Returns
    -------
    :
        A point per loss, in the order given.

    Raises
    ------
    TrainingDataTooThin
        There is no flight to reckon with.
    """
    if not len(outcomes):
        raise TrainingDataTooThin("judged", 0, 0, 1)
    ranking = Ranking.of(probability, outcomes).weighted(np.ones(len(outcomes)))
    scale = _PER_FLIGHTS / len(outcomes)
    happened = int(outcomes.sum())

    def point(loss: float) -> CostPoint:
        threshold = 1 / loss
        best = float(np.max(loss * ranking.hits - ranking.flagged, initial=0.0))
        return CostPoint(
            loss=loss,
            threshold=threshold,
            alert_rate=float((probability >= threshold).mean()),
            saving=scale * _net(probability >= threshold, outcomes, loss),
            saving_in_hindsight=scale * best,
            saving_of_climatology=scale * _net(climatology >= threshold, outcomes, loss),
            saving_of_all=scale * (loss * happened - len(outcomes)),
            saving_of_perfect=scale * (loss - 1) * happened,
        )

    return tuple(point(loss) for loss in losses)


def _net(is_alerted: NDArray[np.bool_], outcomes: NDArray[np.bool_], loss: float) -> float:
    return loss * int((is_alerted & outcomes).sum()) - int(is_alerted.sum())
