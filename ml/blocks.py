"""Which flights a trial learns from, and which it is judged on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

import numpy as np
import pandas as pd

from ml.errors import TrainingDataTooThin
from ml.model import Block, Outcomes

JUDGED_DAYS: Final = 63
"""Nine weeks: the gate asks another recipe for sixty days."""

LATER_SHARE: Final = 0.2
"""The later block is shorter where it would be more than this share of the days."""

LEAST_DAYS: Final = 10


@dataclass(frozen=True)
class Calendar:
    """Whole local days in two blocks: to learn from, and to be judged on.

    Models of a trial learn before `judge_from` and are judged on the rest; those released learn
    again from all of them.
    """

    first_on: date
    judge_from: date
    last_on: date

    @classmethod
    def of(cls, service_dates: pd.Series) -> Self:
        """Lay out the blocks over the days that flights with settled outcomes cover.

        Returns
        -------
        :
            A later block of nine weeks, shorter where the history is short.

        Raises
        ------
        TrainingDataTooThin
            There are fewer than ten days.
        """
        days = pd.to_datetime(service_dates)
        first, last = days.min(), days.max()
        count = (last - first).days + 1 if len(days) else 0
        if count < LEAST_DAYS:
            raise TrainingDataTooThin("training", len(days), 0, LEAST_DAYS)
        later = timedelta(days=min(JUDGED_DAYS, int(count * LATER_SHARE)))
        return cls(first.date(), (last + pd.Timedelta(days=1)).date() - later, last.date())

    @classmethod
    def of_dict(cls, days: Mapping[str, str]) -> Self:
        """Read the blocks off a model card."""
        names = ("first_on", "judge_from", "last_on")
        return cls(*[date.fromisoformat(days[name]) for name in names])

    def as_dict(self) -> dict[str, str]:
        """Plain dates for the model card."""
        return {
            "first_on": self.first_on.isoformat(),
            "judge_from": self.judge_from.isoformat(),
            "last_on": self.last_on.isoformat(),
        }


@dataclass(frozen=True)
class LabelledRows:
    """Feature rows of one horizon by local day, with the outcome of each target."""

    rows: pd.DataFrame
    outcomes: Mapping[str, Outcomes]
    service_dates: pd.Series

    def between(self, name: str, target: str, start: date | None, until: date | None) -> Block:
        """Cut out the flights of whole days, from start until before until, without copying."""
        inside = self._inside(start, until)
        return Block(name, self.rows.iloc[inside], self.outcomes[target][inside])

    def days_between(self, start: date | None, until: date | None) -> pd.Series:
        """Give the local days of the same flights."""
        return self.service_dates.iloc[self._inside(start, until)]

    def _inside(self, start: date | None, until: date | None) -> slice:
        days = self.service_dates.to_numpy("datetime64[D]")
        first = 0 if start is None else int(np.searchsorted(days, np.datetime64(start)))
        end = len(days) if until is None else int(np.searchsorted(days, np.datetime64(until)))
        return slice(first, end)
