"""Features of how flights fared lately, counting only outcomes settled at the time.

An outcome is settled two hours after the scheduled departure: by then a flight has left, was
cancelled, or is at least 120 min late. Longer delays count as 120 min, since no more is known.
Sums are of whole numbers, so neither the order of rows nor later rows can move a bit.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.feature import OUTCOMES, Feature
from ml.instants import DAY, HOUR, NEVER, Minutes, minutes_of
from ml.schedule import codes_of
from ml.subjects import SUBJECTS, subjects_of

SETTLED_AFTER_MINUTES: Final = 2 * HOUR
LONGEST_WINDOW_HOURS: Final = 30 * 24
DELAY_CAP_MINUTES: Final = 120


@dataclass(frozen=True)
class Window:
    """A trailing figure: whose flights, over how many hours, and what is averaged."""

    #: One of `ml.subjects.SUBJECTS`.
    subject: str
    hours: int
    measure: str
    worded: bool = False

    @property
    def feature(self) -> Feature:
        """Declaration of this window's column."""
        period = f"{self.hours // 24}d" if self.hours >= 48 else f"{self.hours}h"
        unit = "min" if self.measure == "delay_minutes" else "share"
        words = _words(self) if self.worded else ""
        group = "recent disruption" if self.hours <= 24 else "usual disruption"
        return Feature(f"{self.subject}_{self.measure}_{period}", unit, OUTCOMES, group, words, 1)


_MONTH = LONGEST_WINDOW_HOURS

WINDOWS: Final = (
    Window("airport", 3, "disrupted", worded=True),
    Window("airport", 3, "cancelled"),
    Window("airport", 3, "delay_minutes", worded=True),
    Window("airport", 6, "delay_minutes"),
    Window("airport", 24, "disrupted", worded=True),
    Window("region", 3, "disrupted", worded=True),
    Window("region", 3, "delay_minutes"),
    Window("region", 24, "disrupted"),
    Window("region", 168, "disrupted"),
    Window("carrier", 6, "disrupted", worded=True),
    Window("carrier", 24, "disrupted", worded=True),
    Window("carrier", 24, "cancelled"),
    Window("carrier_airport", 24, "disrupted"),
    Window("carrier_airport", _MONTH, "disrupted", worded=True),
    Window("destination", 24, "disrupted", worded=True),
    Window("destination", _MONTH, "disrupted", worded=True),
)


def _words(window: Window) -> str:
    whose = SUBJECTS[window.subject].whose
    period = f"{window.hours} h" if window.hours <= 24 else f"{window.hours // 24} days"
    if window.measure == "delay_minutes":
        return f"flights {whose} {{value:.0f}} min late on average in the last {period}"
    return f"{{value:.0%}} of flights {whose} disrupted in the last {period}"


TRAILING_FEATURES: Final = tuple(window.feature for window in WINDOWS)


@dataclass(frozen=True)
class Outcomes:
    """Settled outcomes as parallel arrays, one entry per flight."""

    minutes: Minutes
    is_settled: NDArray[np.bool_]
    measures: dict[str, NDArray[np.int64]]


def outcomes_of(flights: pd.DataFrame) -> Outcomes:
    """Read each flight's outcome; a flight with neither delay nor cancellation has none yet."""
    cancelled = flights["cancelled"].to_numpy(dtype=bool, na_value=False)
    delay = flights["departure_delay_minutes"].to_numpy(np.float64, na_value=np.nan)
    late = ~cancelled & (delay >= DELAY_CAP_MINUTES)
    capped = np.where(cancelled, DELAY_CAP_MINUTES, np.nan_to_num(delay))
    return Outcomes(
        minutes=minutes_of(flights["scheduled_departure_at"]),
        is_settled=cancelled | ~np.isnan(delay),
        measures={
            "disrupted": (cancelled | late).astype(np.int64),
            "cancelled": cancelled.astype(np.int64),
            "delay_minutes": np.rint(capped.clip(0, DELAY_CAP_MINUTES)).astype(np.int64),
        },
    )


def trailing_columns(
    flights: pd.DataFrame, positions: NDArray[np.intp], predicted: Minutes
) -> tuple[dict[str, NDArray[np.float64]], Minutes]:
    """Average settled outcomes over each window that ends two hours before the prediction.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes; only those settled before the window's end count.
    positions:
        Rows of `flights` to describe.
    predicted:
        Minutes since 1970 of each described row's predicted_at.

    Returns
    -------
    :
        A column per window (missing where no flight was settled in it), and when the newest
        outcome counted was known.
    """
    outcomes = outcomes_of(flights)
    cutoff = predicted - SETTLED_AFTER_MINUTES
    columns: dict[str, NDArray[np.float64]] = {}
    subjects = subjects_of(flights)
    for name in dict.fromkeys(window.subject for window in WINDOWS):
        history = _History(outcomes, codes_of(subjects, SUBJECTS[name].columns))
        for window in (window for window in WINDOWS if window.subject == name):
            column = history.average(window, history.codes[positions], cutoff)
            columns[window.feature.name] = column
    region = _History(outcomes, np.zeros(len(flights), dtype=np.int64))
    return columns, region.newest_known(cutoff)


class _History:
    """Running totals of settled outcomes, ordered by subject and time."""

    def __init__(self, outcomes: Outcomes, codes: NDArray[np.int64]) -> None:
        self.codes = codes
        self._first = int(outcomes.minutes.min()) - LONGEST_WINDOW_HOURS * HOUR - 14 * DAY
        self._span = int(outcomes.minutes.max()) + 1 - self._first
        keys = self._keys(codes[outcomes.is_settled], outcomes.minutes[outcomes.is_settled])
        order = np.argsort(keys, kind="stable")
        self._ordered = keys[order]
        self._totals = {
            name: np.concatenate([[0], np.cumsum(values[outcomes.is_settled][order])])
            for name, values in outcomes.measures.items()
        }

    def _keys(self, codes: NDArray[np.int64], minutes: Minutes) -> NDArray[np.int64]:
        within = np.clip(minutes - self._first, 0, self._span - 1)
        return np.asarray(codes * self._span + within, dtype=np.int64)

    def average(
        self, window: Window, codes: NDArray[np.int64], cutoff: Minutes
    ) -> NDArray[np.float64]:
        """Average over the flights scheduled within the window, its end included."""
        upper = np.searchsorted(self._ordered, self._keys(codes, cutoff), side="right")
        opening = self._keys(codes, cutoff - window.hours * HOUR)
        lower = np.searchsorted(self._ordered, opening, side="right")
        total = self._totals[window.measure]
        count = upper - lower
        return np.where(count > 0, (total[upper] - total[lower]) / np.maximum(count, 1), np.nan)

    def newest_known(self, cutoff: Minutes) -> Minutes:
        """When the newest outcome at or before the cutoff was known, of a single subject."""
        if not len(self._ordered):
            return np.full(len(cutoff), NEVER, dtype=np.int64)
        keys = self._keys(np.zeros(len(cutoff), dtype=np.int64), cutoff)
        index = np.searchsorted(self._ordered, keys, side="right")
        newest = self._ordered[np.maximum(index, 1) - 1] + self._first + SETTLED_AFTER_MINUTES
        return np.asarray(np.where(index > 0, newest, NEVER), dtype=np.int64)
