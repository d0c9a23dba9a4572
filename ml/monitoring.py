"""Whether a release still means what it says: matured claims, drift, and what the feeds give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.drift import (
    SCHEDULE_ALARM,
    SCORE_ALARM,
    BinShare,
    category_drift,
    precipitation_bins,
    score_drift,
)
from ml.evaluation import evaluate
from ml.event_days import count_event_days
from ml.feature import Feature
from ml.feed_health import FeedHealth, feed_alarms, feed_health
from ml.instants import DAY, HOUR, local_minutes
from ml.plain import rounded
from ml.ranking import neutral_order
from ml.resampling import DayBlocks, Interval
from ml.schedule import EPOCH_WEEKDAY

MONITORED_DAYS: Final = 28
CALIBRATION_BOUNDS: Final = (0.4, 2.0)
"""Mean probability over base rate of a healthy month."""

LEAST_DAYS: Final = 14
"""A mean over fewer days says more of their weather than of the release."""

LEAST_EVENT_DAYS: Final = 3
SCHEDULE_COLUMNS: Final = ("carrier", "origin", "destination", "departure_hour", "weekday")


@dataclass(frozen=True)
class Matured:
    """What was said at one horizon beside what happened, over the days that are settled."""

    horizon_hours: int
    flights: int
    days: int
    #: Days on which an airport lost a good part of its departures: the unit of evidence.
    event_days: int
    base_rate: float
    mean_probability: float
    #: 95 % interval of mean probability less base rate, over resampled days.
    said_less_happened: Interval
    brier: float
    brier_interval: Interval
    #: Skill over climatology; not a number where climatology was not kept.
    bss: float
    bss_interval: Interval


@dataclass(frozen=True)
class Monitoring:
    """The state of the release in force, and what is wrong with it in sentences."""

    matured: tuple[Matured, ...]
    #: Stability index by column of the schedule.
    schedule_drift: dict[str, float]
    score_drift: dict[int, float]
    precipitation: tuple[BinShare, ...]
    feeds: tuple[FeedHealth, ...]

    @property
    def alarms(self) -> list[str]:
        """What a person should look at; empty when all is as it was learnt."""
        return [
            *(words for each in self.matured for words in _matured_alarms(each)),
            *(
                f"The schedule's {name} moved: stability index {index:.2f}, above {SCHEDULE_ALARM}."
                for name, index in self.schedule_drift.items()
                if index > SCHEDULE_ALARM
            ),
            *(
                f"The probabilities {hours} h ahead moved: stability index {index:.2f}, above "
                f"{SCORE_ALARM}."
                for hours, index in self.score_drift.items()
                if index > SCORE_ALARM
            ),
            *(words for each in self.feeds for words in feed_alarms(each)),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; what does not exist is None."""
        values: dict[str, Any] = rounded(self)
        return values | {"alarms": self.alarms}


def monitor(
    claims: pd.DataFrame,
    earlier_claims: pd.DataFrame,
    *,
    schedule: tuple[pd.DataFrame, pd.DataFrame],
    precipitation_mm: tuple[pd.Series, pd.Series],
    feature_rows: pd.DataFrame,
    features: Mapping[str, list[Feature]],
) -> Monitoring:
    """Watch a release by what was said lately, what happened, and what came in.

    Parameters
    ----------
    claims:
        Settled claims of the days watched: horizon_hours, probability, climatology, outcome,
        origin, service_date.
    earlier_claims:
        Claims of as many days before: horizon_hours and probability.
    schedule:
        `SCHEDULE_COLUMNS` of the flights watched, and of those that the release learnt from.
    precipitation_mm:
        Hourly precipitation of the days watched, and of those that the release learnt from.
    feature_rows:
        Rows described lately.
    features:
        By feed, the features that it gives.

    Returns
    -------
    :
        The state, which says itself what is wrong.
    """
    recent, usual = schedule
    earlier = dict(tuple(earlier_claims.groupby("horizon_hours")["probability"]))
    return Monitoring(
        matured=tuple(
            _matured(int(str(hours)), flights) for hours, flights in claims.groupby("horizon_hours")
        ),
        schedule_drift={
            name: category_drift(recent[name], usual[name]) for name in SCHEDULE_COLUMNS
        },
        score_drift={
            int(str(hours)): score_drift(
                said.to_numpy(np.float64), earlier[hours].to_numpy(np.float64)
            )
            for hours, said in claims.groupby("horizon_hours")["probability"]
            if hours in earlier
        },
        precipitation=precipitation_bins(*precipitation_mm),
        feeds=feed_health(feature_rows, features),
    )


def schedule_columns(flights: pd.DataFrame) -> pd.DataFrame:
    """Describe when and where flights are scheduled, in `SCHEDULE_COLUMNS`; hours are local."""
    local = local_minutes(flights["scheduled_departure_at"], flights["origin"])
    return flights[["carrier", "origin", "destination"]].assign(
        departure_hour=local % DAY // HOUR, weekday=(local // DAY + EPOCH_WEEKDAY) % 7
    )


def _matured(horizon_hours: int, flights: pd.DataFrame) -> Matured:
    outcomes = flights["outcome"].to_numpy(np.bool_)
    judged = evaluate(
        flights["probability"].to_numpy(np.float64),
        outcomes,
        flights["service_date"],
        climatology=flights["climatology"].to_numpy(np.float64, na_value=np.nan),
    )
    nothing = (float("nan"), float("nan"))
    return Matured(
        horizon_hours=horizon_hours,
        flights=judged.flights,
        days=judged.days,
        event_days=count_event_days(flights["service_date"], flights["origin"], flights["outcome"]),
        base_rate=judged.base_rate,
        mean_probability=judged.mean_probability,
        said_less_happened=_said_less_happened(flights),
        brier=judged.figures["brier"],
        brier_interval=judged.intervals.get("brier", nothing),
        bss=judged.figures["bss"],
        bss_interval=judged.intervals.get("bss", nothing),
    )


def _said_less_happened(flights: pd.DataFrame) -> Interval:
    gaps = flights["probability"].to_numpy(np.float64) - flights["outcome"].to_numpy(np.float64)
    dates = np.asarray(pd.to_datetime(flights["service_date"]))
    order = neutral_order(dates, gaps)
    mean = DayBlocks.of(dates[order]).intervals(
        lambda weights: {"gap": float(np.average(gaps[order], weights=weights))}
    )
    return mean["gap"]


def _matured_alarms(matured: Matured) -> list[str]:
    told = []
    low, high = CALIBRATION_BOUNDS
    ratio = matured.mean_probability / matured.base_rate if matured.base_rate else float("nan")
    if matured.days >= LEAST_DAYS and (ratio < low or ratio > high):
        told.append(
            f"{matured.horizon_hours} h ahead {matured.mean_probability:.1%} was said on average "
            f"and {matured.base_rate:.1%} happened."
        )
    if matured.bss < 0 and matured.event_days >= LEAST_EVENT_DAYS:
        told.append(
            f"{matured.horizon_hours} h ahead climatology did better over {matured.days} days: "
            f"skill {matured.bss:+.3f}."
        )
    return told
