"""How good probabilities were month by month, airport by airport, carrier by carrier."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ml.evaluation import figures_of
from ml.ranking import Floats, neutral_order


@dataclass(frozen=True)
class GroupFigures:
    """What was said of one group of flights beside what happened to them.

    A month in which little happens has little to find: read precision beside the base rate.
    """

    group: str
    flights: int
    base_rate: float
    mean_probability: float
    #: Skill over climatology; below 0 climatology alone did better.
    bss: float
    pr_auc: float
    precision_at_2pct: float

    @property
    def precision_over_base(self) -> float:
        """How many times as often the most probable 2 % came true as any flight of the group."""
        return self.precision_at_2pct / self.base_rate if self.base_rate > 0 else float("nan")


def breakdown(
    probability: Floats, outcomes: NDArray[np.bool_], groups: ArrayLike, *, climatology: Floats
) -> tuple[GroupFigures, ...]:
    """Judge each group of flights by itself.

    Parameters
    ----------
    probability:
        What was said of each flight, in [0, 1].
    outcomes:
        Whether it came true.
    groups:
        The group of each flight: its month, airport or carrier.
    climatology:
        What climatology said, the measure of skill.

    Returns
    -------
    :
        One entry per group, by name. A figure that a group does not have, as the skill of a month
        in which nothing happened, is not a number. The order of flights moves no bit.
    """
    names, group_of = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    order = neutral_order(climatology, outcomes, probability, group_of)
    ends = np.cumsum(np.bincount(group_of, minlength=len(names)))
    parts = np.split(order, ends[:-1]) if len(names) else []
    return tuple(
        _figures(str(name), probability[part], outcomes[part], climatology[part])
        for name, part in zip(names, parts, strict=True)
    )


def months_of(service_dates: ArrayLike) -> NDArray[np.str_]:
    """Name the month of each local date, as 2013-11."""
    dates = pd.DatetimeIndex(pd.to_datetime(np.asarray(service_dates)))
    return dates.to_numpy().astype("datetime64[M]").astype(str)


def _figures(
    group: str, probability: Floats, outcomes: NDArray[np.bool_], climatology: Floats
) -> GroupFigures:
    figures = figures_of(probability, outcomes, climatology)(np.ones(len(outcomes)))
    return GroupFigures(
        group=group,
        flights=len(outcomes),
        base_rate=float(outcomes.mean()),
        mean_probability=float(probability.mean()),
        bss=figures["bss"],
        pr_auc=figures["pr_auc"],
        precision_at_2pct=figures["precision_at_2pct"],
    )
