"""What is usual for an origin at an hour: the measure against which drivers are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from ml.feature import SCHEDULE, Feature
from ml.schedule import origin_hours

ENOUGH_FLIGHTS: Final = 40_000
"""More would cost memory and say the same."""

_OVERALL: Final = "overall"
_CROWD: Final = "congestion"


@dataclass(frozen=True)
class Baseline:
    """Medians of each feature by origin and local hour, the commonest categories, the spreads."""

    medians: pd.DataFrame
    commonest: dict[str, str]
    spread: dict[str, float]

    @classmethod
    def of(cls, features: Sequence[Feature], rows: pd.DataFrame) -> Self:
        """Learn what is usual from training rows, evenly thinned where there are very many.

        Of an optional feature that no row has, nothing is usual.

        Returns
        -------
        :
            What is usual.
        """
        numbers = [
            feature
            for feature in features
            if not feature.is_category
            and not (feature.is_optional and rows[feature.name].isna().all())
        ]
        rows = rows[:: max(1, len(rows) // ENOUGH_FLIGHTS)]
        names = [feature.name for feature in numbers]
        by_cell = rows[names].groupby(origin_hours(rows)).median()
        # `median` silences a warning of its own for the whole process, which another thread may be
        # setting up at the same moment.
        by_cell.loc[_OVERALL] = rows[names].quantile()
        commonest = {
            feature.name: min(rows[feature.name].astype(str).mode())
            for feature in features
            if feature.is_category
        }
        spread = rows[names].std().to_dict()
        return cls(
            by_cell.astype(np.float32),
            commonest,
            {str(name): float(value) for name, value in spread.items()},
        )

    def usual(self, features: Sequence[Feature], rows: pd.DataFrame) -> pd.DataFrame:
        """Give for each row the usual values of its origin and hour.

        What the timetable itself fixes (when and where) is compared with the overall usual
        instead, or it would never differ.

        Returns
        -------
        :
            One row per row of `rows`, one column per feature.
        """
        cells = pd.Series(origin_hours(rows))
        known = cells.where(cells.isin(self.medians.index), _OVERALL)
        usual = self.medians.reindex(known).set_axis(rows.index)
        overall = self.medians.loc[_OVERALL]
        fixed = {
            feature.name: self.commonest.get(feature.name, overall.get(feature.name))
            for feature in features
            if feature.source == SCHEDULE and feature.group != _CROWD
        }
        return usual.assign(**fixed)[[feature.name for feature in features]]

    def state(self) -> dict[str, Any]:
        """Plain values to store."""
        return {
            "cells": [str(cell) for cell in self.medians.index],
            "columns": [str(column) for column in self.medians.columns],
            "medians": np.ascontiguousarray(self.medians, dtype=np.float32),
            "commonest": dict(self.commonest),
            "spread": dict(self.spread),
        }

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Rebuild the baseline from its state."""
        medians = pd.DataFrame(state["medians"], index=state["cells"], columns=state["columns"])
        return cls(medians, dict(state["commonest"]), dict(state["spread"]))
