"""What each feed gave to the flights described lately: how much, how fresh, and whether at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from ml.feature import (
    DESTINATION_FORECASTS,
    DESTINATION_OBSERVATIONS,
    FORECASTS,
    INBOUND,
    OBSERVATIONS,
    OPTIONAL_SOURCES,
    OUTCOMES,
    REPORTS,
    Feature,
    known_at_column,
)
from ml.weather import FORECAST_FROM_HORIZON_HOURS

STALE_AFTER_HOURS: Final = {
    OUTCOMES: 24.0,
    REPORTS: 3.0,
    OBSERVATIONS: 3.0,
    FORECASTS: 12.0,
    DESTINATION_OBSERVATIONS: 4.0,
    DESTINATION_FORECASTS: 12.0,
    INBOUND: 14 * 24.0,
}
"""Feeds that must be newer than this when a flight is described."""

ABSENT_ALARM: Final = 0.05
STALE_ALARM: Final = 0.1


@dataclass(frozen=True)
class FeedHealth:
    """What one feed gave to the flights described lately."""

    source: str
    rows: int
    #: Share of the cells of its features without a value.
    null_rate: float
    #: Share of the rows that it gave nothing at all.
    absent_rate: float
    #: Share of the rows whose newest value of it was too old.
    stale_rate: float
    median_age_hours: float


def feed_health(
    rows: pd.DataFrame, features: Mapping[str, list[Feature]]
) -> tuple[FeedHealth, ...]:
    """Measure per feed how much was missing and how old the newest value was.

    Parameters
    ----------
    rows:
        Feature rows of one kind of horizon or several.
    features:
        By feed, the features that it gives.

    Returns
    -------
    :
        A line per feed that has a known age; none where nothing was described.
    """
    if rows.empty:
        return ()
    return tuple(
        _feed_health(rows, source, given, STALE_AFTER_HOURS[source])
        for source, given in features.items()
        if source in STALE_AFTER_HOURS
    )


def _feed_health(
    rows: pd.DataFrame, source: str, features: list[Feature], stale_after_hours: float
) -> FeedHealth:
    if source == FORECASTS:
        rows = rows[rows["horizon_hours"] >= FORECAST_FROM_HORIZON_HOURS]
    known = rows[known_at_column(source)]
    ages = (rows["predicted_at"] - known).dt.total_seconds() / 3600
    values = rows[[feature.name for feature in features if feature.name in rows]]
    return FeedHealth(
        source=source,
        rows=len(rows),
        null_rate=float(values.isna().to_numpy().mean()) if values.size else float("nan"),
        absent_rate=float(known.isna().mean()),
        stale_rate=float((ages > stale_after_hours).mean()),
        median_age_hours=float(ages.median()),
    )


def feed_alarms(feed: FeedHealth) -> list[str]:
    """Say in sentences what is wrong with a feed; empty when nothing is."""
    told = []
    # An optional feed speaks of some flights only; just that it falls silent is news.
    is_partial = feed.source in OPTIONAL_SOURCES and feed.absent_rate < 1
    if feed.absent_rate > ABSENT_ALARM and not is_partial:
        told.append(f"{feed.absent_rate:.0%} of the rows had nothing from {feed.source}.")
    if feed.stale_rate > STALE_ALARM:
        told.append(f"{feed.stale_rate:.0%} of the rows had only old values from {feed.source}.")
    return told
