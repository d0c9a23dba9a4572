"""Whether what comes in still looks like what a model learnt from.

Quantile bins are blind to precipitation, whose deciles are all 0, and alarm in every healthy month
on weather and trailing rates; so the schedule and the scores are compared by stability index, and
the weather by bins that mean something.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

SCHEDULE_ALARM: Final = 0.25
"""A timetable change reaches .18; other weeks stay below .06."""

SCORE_ALARM: Final = 0.5
"""Month on month scores move by .02 to .39 as the weather does."""

PRECIPITATION_EDGES_MM: Final = (0.0, 0.25, 2.5, 6.3)
"""None, and from 0.01, 0.1 and 0.25 inch an hour on, a little less where rounding may have been."""

_LEAST_SHARE: Final = 1e-4
_SCORE_BINS: Final = 10


@dataclass(frozen=True)
class BinShare:
    """How often values fell into one bin, lately and as is usual."""

    words: str
    recent: float
    usual: float


def stability_index(recent: ArrayLike, usual: ArrayLike) -> float:
    """Compare how often each category occurs, lately and as is usual.

    Parameters
    ----------
    recent:
        Counts or shares by category, lately.
    usual:
        Counts or shares of the same categories as they were learnt.

    Returns
    -------
    :
        The population stability index: 0 when equal; not a number where one side is empty.
    """
    ours, theirs = np.asarray(recent, np.float64), np.asarray(usual, np.float64)
    if not ours.sum() or not theirs.sum():
        return float("nan")
    ours = np.maximum(ours / ours.sum(), _LEAST_SHARE)
    theirs = np.maximum(theirs / theirs.sum(), _LEAST_SHARE)
    return float(np.sum((ours - theirs) * np.log(ours / theirs)))


def category_drift(recent: pd.Series, usual: pd.Series) -> float:
    """Compare the categories of two columns; one that is new or gone counts too."""
    names = sorted({*map(str, recent.dropna().unique()), *map(str, usual.dropna().unique())})
    counts = [
        column.astype(str).value_counts().reindex(names).fillna(0)
        for column in (recent.dropna(), usual.dropna())
    ]
    return stability_index(counts[0].to_numpy(), counts[1].to_numpy())


def score_drift(recent: NDArray[np.float64], usual: NDArray[np.float64]) -> float:
    """Compare probabilities by tenths of the usual ones."""
    if not len(recent) or not len(usual):
        return float("nan")
    edges = np.unique(np.quantile(usual, np.linspace(0, 1, _SCORE_BINS + 1))[1:-1])
    counts = [
        np.bincount(np.searchsorted(edges, scores, side="right"), minlength=len(edges) + 1)
        for scores in (recent, usual)
    ]
    return stability_index(*counts)


def precipitation_bins(recent: pd.Series, usual: pd.Series) -> tuple[BinShare, ...]:
    """Compare how often it rained or snowed, and how hard, by bins that mean something.

    Parameters
    ----------
    recent:
        Hourly precipitation lately, mm.
    usual:
        The same as it was learnt.

    Returns
    -------
    :
        Shares of the hours per bin; not a number where no hour is known.
    """
    shares = [_shares(column.to_numpy(np.float64, na_value=np.nan)) for column in (recent, usual)]
    words = ["none", *(f"from {low:g} mm" for low in PRECIPITATION_EDGES_MM[1:])]
    return tuple(
        BinShare(word, float(lately), float(usually))
        for word, lately, usually in zip(words, *shares, strict=True)
    )


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = values[~np.isnan(values)]
    bin_of = np.searchsorted(PRECIPITATION_EDGES_MM[1:], known, side="right")
    counts = np.bincount(bin_of, minlength=len(PRECIPITATION_EDGES_MM)).astype(np.float64)
    return counts / len(known) if len(known) else np.full(len(counts), np.nan)
