"""Features of the flights due in the last hours, as far as they had gone when predicting.

The windows of `ml.trailing` wait until an outcome is settled, two hours after schedule. Here the
flights due since then count by what is known of them at once: one that has left is as late as it
left, one that has not is at least as late as it has been waiting, and a cancelled one is cancelled.
Where no flight of the region has left or been cancelled in all that time the feed is silent, and
silence must not look like a standstill: every column is missing then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.feature import REPORTS, Feature
from ml.instants import HOUR, NEVER, Minutes, minutes_of
from ml.schedule import codes_of
from ml.subjects import SUBJECTS, subjects_of
from ml.trailing import DELAY_CAP_MINUTES
from ml.weather_features import NEAR_HORIZON_HOURS

Totals = NDArray[np.float64]
"""Sums of whole numbers, shape (subjects, moments)."""

LONGEST_WINDOW_HOURS: Final = 3

_DELAY: Final = "delay_so_far_minutes"
_CANCELLED: Final = "cancelled_so_far"


@dataclass(frozen=True)
class ReportWindow:
    """A figure over the flights of a subject that were due in the last hours."""

    #: One of `ml.subjects.SUBJECTS`.
    subject: str
    hours: int
    measure: str
    worded: bool = True

    @property
    def feature(self) -> Feature:
        """Declaration of this window's column."""
        is_delay = self.measure == _DELAY
        words = ""
        if self.worded:
            whose = SUBJECTS[self.subject].whose
            what = "{value:.0f} min late so far" if is_delay else "{value:.0%} cancelled"
            words = f"flights {whose} due in the last {self.hours} h: {what}"
        return Feature(
            f"{self.subject}_{self.measure}_{self.hours}h",
            "min" if is_delay else "share",
            REPORTS,
            "recent disruption",
            words,
            1,
            NEAR_HORIZON_HOURS,
        )


REPORT_WINDOWS: Final = (
    ReportWindow("airport", 1, _DELAY),
    ReportWindow("airport", 2, _DELAY),
    ReportWindow("airport", 2, _CANCELLED),
    ReportWindow("region", 2, _DELAY),
    ReportWindow("region", 2, _CANCELLED),
    ReportWindow("carrier", 2, _DELAY),
    ReportWindow("carrier", 2, _CANCELLED),
    ReportWindow("carrier_airport", 2, _DELAY, worded=False),
    ReportWindow("carrier_airport", 3, _DELAY),
    ReportWindow("destination", 3, _DELAY),
)
REPORT_FEATURES: Final = tuple(window.feature for window in REPORT_WINDOWS)


def report_columns(
    flights: pd.DataFrame, positions: NDArray[np.intp], predicted: Minutes
) -> tuple[dict[str, NDArray[np.float64]], Minutes]:
    """Average how late flights were so far, and how many were cancelled, at each predicted_at.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes; of each only what was known at a predicted_at counts.
    positions:
        Rows of `flights` to describe.
    predicted:
        Minutes since 1970 of each described row's predicted_at, on the hour.

    Returns
    -------
    :
        A column per window (missing where no flight was due in it, or the feed was silent), and
        when that was known: at predicted_at itself, since waiting is known only then.
    """
    moments, moment_of = np.unique(predicted, return_inverse=True)
    subjects = subjects_of(flights)
    progress = _Progress(flights, moments)
    regions = _Counted(codes_of(subjects, SUBJECTS["region"].columns), len(moments))
    is_silent = _silence(progress, regions)[regions.codes[positions], moment_of]
    columns: dict[str, NDArray[np.float64]] = {}
    for name in dict.fromkeys(window.subject for window in REPORT_WINDOWS):
        subject = _Counted(codes_of(subjects, SUBJECTS[name].columns), len(moments))
        where = subject.codes[positions], moment_of
        for window, average in _averages(progress, subject, name):
            columns[window.feature.name] = np.where(is_silent, np.nan, average[where])
    return columns, np.where(is_silent, NEVER, predicted)


@dataclass(frozen=True)
class _Due:
    """What was known, at the moments asked for, of flights due within one hour, `lag` hours ago."""

    #: Rows of the flights frame, and for each the place of its moment.
    rows: NDArray[np.intp]
    moments: NDArray[np.intp]
    #: By measure, whole numbers.
    measures: dict[str, NDArray[np.int64]]
    #: Whether the carrier had said anything: it has left, is cancelled, or will be two hours late.
    is_reported: NDArray[np.bool_]


class _Progress:
    """How far each flight had gone, at the first whole hours after it was due."""

    def __init__(self, flights: pd.DataFrame, moments: Minutes) -> None:
        self._due = minutes_of(flights["scheduled_departure_at"])
        self._cancelled = flights["cancelled"].to_numpy(dtype=bool, na_value=False)
        self._delay = flights["departure_delay_minutes"].to_numpy(np.float64, na_value=np.nan)
        self._moments = moments

    def by_lag(self) -> Iterator[_Due]:
        """Give the flights due in the last hour, in the hour before that, and so on."""
        for lag in range(LONGEST_WINDOW_HOURS):
            yield self._at(-(-self._due // HOUR) * HOUR + lag * HOUR)

    def _at(self, moment: Minutes) -> _Due:
        place = np.searchsorted(self._moments, moment).clip(0, max(len(self._moments) - 1, 0))
        is_asked = self._moments[place] == moment if len(self._moments) else moment < 0
        waited = moment - self._due
        has_left = ~self._cancelled & (self._delay <= waited)
        is_known = self._cancelled | ~np.isnan(self._delay) | (waited < DELAY_CAP_MINUTES)
        rows = np.flatnonzero(is_asked & is_known)
        # Two hours after schedule a carrier has said so, whether or not the flight has left since.
        is_reported_late = (waited >= DELAY_CAP_MINUTES) & (self._delay >= DELAY_CAP_MINUTES)
        so_far = np.where(has_left, self._delay, waited).clip(0, DELAY_CAP_MINUTES)
        late = np.where(self._cancelled, 0, np.rint(so_far)).astype(np.int64)
        return _Due(
            rows=rows,
            moments=place[rows],
            measures={_DELAY: late[rows], _CANCELLED: self._cancelled[rows].astype(np.int64)},
            is_reported=(has_left | self._cancelled | is_reported_late)[rows],
        )


@dataclass(frozen=True)
class _Counted:
    """Whose flights are counted together, by number."""

    codes: NDArray[np.int64]
    moments: int

    def total(self, due: _Due, values: NDArray[np.int64] | NDArray[np.bool_] | None) -> Totals:
        """Add whole numbers by subject and moment; without any, count the flights."""
        subjects = int(self.codes.max(initial=0)) + 1
        places = self.codes[due.rows] * self.moments + due.moments
        added = np.bincount(places, weights=values, minlength=subjects * self.moments)
        return np.asarray(added, dtype=np.float64).reshape(subjects, self.moments)


def _averages(
    progress: _Progress, subject: _Counted, name: str
) -> Iterator[tuple[ReportWindow, Totals]]:
    windows = [window for window in REPORT_WINDOWS if window.subject == name]
    flights = np.zeros(1)
    totals = dict.fromkeys((_DELAY, _CANCELLED), np.zeros(1))
    for hours, due in enumerate(progress.by_lag(), start=1):
        flights = flights + subject.total(due, None)
        totals = {name: totals[name] + subject.total(due, due.measures[name]) for name in totals}
        for window in windows:
            if window.hours == hours:
                mean = totals[window.measure] / np.maximum(flights, 1)
                yield window, np.where(flights > 0, mean, np.nan)


def _silence(progress: _Progress, regions: _Counted) -> NDArray[np.bool_]:
    """Say for each region and moment whether no carrier had said anything of the last hours."""
    reported = sum(regions.total(due, due.is_reported) for due in progress.by_lag())
    return np.asarray(np.equal(reported, 0), dtype=np.bool_)
