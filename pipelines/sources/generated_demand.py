"""Who books which real flights: purpose, party, shape of the trip, nights away, by season."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.sources.generated_connections import list_feeders, list_onward
from pipelines.sources.random_streams import pick, stream

BOOKING_COUNT = 48_000
SHAPES = {"one_way": 0.12, "round_trip": 0.43, "visit": 0.25, "feeder": 0.10, "onward": 0.10}
PURPOSES = {"business": 0.42, "leisure": 0.58}
# Regional aircraft have fewer seats, but more of them are sold to business and agencies.
REGIONAL_CARRIERS, REGIONAL_WEIGHT = ("9E", "EV", "MQ", "OO", "YV"), 0.75
# The agency's corporate contracts favour some flights over others.
FAVOUR_SPREAD = 1.3
STRONGEST_FAVOUR = 2.6
LEISURE_BY_MONTH = [0.8, 0.9, 1.1, 1.1, 1.0, 1.2, 1.4, 1.35, 0.85, 0.9, 0.95, 1.15]
BUSINESS_BY_MONTH = [0.9, 1.0, 1.1, 1.05, 1.1, 1.05, 0.8, 0.75, 1.1, 1.15, 1.05, 1.0]
LEISURE_BY_WEEKDAY = [0.9, 0.75, 0.85, 1.1, 1.35, 1.2, 1.15]
BUSINESS_BY_WEEKDAY = [1.35, 1.25, 1.2, 1.15, 0.9, 0.25, 0.7]
PARTY_SIZES = {"business": {1: 1.0}, "leisure": {1: 0.28, 2: 0.36, 3: 0.13, 4: 0.16, 5: 0.07}}


@dataclass(frozen=True)
class Season:
    """A stretch of days on which people travel more for one purpose and less for another."""

    first_on: str
    last_on: str
    leisure: float
    business: float


SEASONS = [
    Season("2013-01-01", "2013-01-02", 1.4, 0.2),
    Season("2013-03-22", "2013-04-01", 1.4, 0.8),
    Season("2013-05-24", "2013-05-27", 1.5, 0.4),
    Season("2013-07-03", "2013-07-07", 1.5, 0.3),
    Season("2013-08-30", "2013-09-02", 1.4, 0.4),
    Season("2013-11-26", "2013-12-01", 1.9, 0.3),
    # New York's high season: shopping, shows and the year's last meetings.
    Season("2013-12-02", "2013-12-19", 1.7, 1.6),
    Season("2013-12-20", "2013-12-31", 1.8, 0.2),
]


def draw_trips(flights: pd.DataFrame) -> pd.DataFrame:
    """Draw the trips of the year, each anchored on one real departure from New York."""
    anchors = flights.assign(day=pd.to_datetime(flights["service_date"]))
    favour = _favour(anchors)
    drawn = [
        _draw_of_kind(anchors, favour, shape, purpose) for shape in SHAPES for purpose in PURPOSES
    ]
    trips = pd.concat(drawn, ignore_index=True)
    order = ["scheduled_departure_at", "origin", "carrier", "flight_number", "shape", "purpose"]
    trips = trips.sort_values(order, ignore_index=True, kind="stable")
    trips["party_size"] = _party_sizes(trips["purpose"])
    trips["nights"] = _nights(trips)
    return trips


def seasonal_demand(day: "pd.Series[pd.Timestamp]", purpose: str) -> NDArray[np.float64]:
    """Weigh days by month, weekday and holidays; an average day weighs about one."""
    by_month = LEISURE_BY_MONTH if purpose == "leisure" else BUSINESS_BY_MONTH
    by_weekday = LEISURE_BY_WEEKDAY if purpose == "leisure" else BUSINESS_BY_WEEKDAY
    weight: NDArray[np.float64] = (
        np.array(by_month)[day.dt.month - 1] * np.array(by_weekday)[day.dt.day_of_week]
    )
    for season in SEASONS:
        factor = season.leisure if purpose == "leisure" else season.business
        weight = np.where(day.between(season.first_on, season.last_on), weight * factor, weight)
    return weight


def _draw_of_kind(
    anchors: pd.DataFrame, favour: NDArray[np.float64], shape: str, purpose: str
) -> pd.DataFrame:
    suits = _suits(anchors, shape)
    weight = favour[suits] * seasonal_demand(anchors.loc[suits, "day"], purpose)
    count = round(BOOKING_COUNT * SHAPES[shape] * PURPOSES[purpose])
    places = stream(f"anchors {shape} {purpose}").random(count) * weight.sum()
    chosen = np.flatnonzero(suits)[np.searchsorted(weight.cumsum(), places)]
    drawn: pd.DataFrame = anchors.iloc[chosen].assign(shape=shape, purpose=purpose)
    return drawn


def _suits(anchors: pd.DataFrame, shape: str) -> NDArray[np.bool_]:
    """Say which departures can carry a trip of this shape."""
    if shape not in {"feeder", "onward"}:
        return np.ones(len(anchors), dtype=bool)
    routes = list_feeders() if shape == "feeder" else list_onward()
    served = pd.MultiIndex.from_frame(routes[["carrier", "origin", "destination"]])
    flown = pd.MultiIndex.from_frame(anchors[["carrier", "origin", "destination"]])
    return np.asarray(flown.isin(served), dtype=bool)


def _favour(anchors: pd.DataFrame) -> NDArray[np.float64]:
    is_regional = anchors["carrier"].isin(REGIONAL_CARRIERS)
    weight = np.where(is_regional, REGIONAL_WEIGHT, 1.0)
    line = anchors["carrier"] + anchors["flight_number"] + anchors["origin"]
    codes, names = pd.factorize(line, sort=True)
    log_liking = FAVOUR_SPREAD * stream("favour").standard_normal(len(names))
    liking = np.exp(log_liking.clip(max=STRONGEST_FAVOUR))
    return np.asarray(weight * liking[codes], dtype=float)


def _party_sizes(purpose: "pd.Series[str]") -> "pd.Series[int]":
    sizes = np.ones(len(purpose), dtype=np.int64)
    for name, weights in PARTY_SIZES.items():
        rows = (purpose == name).to_numpy()
        options = {str(size): weight for size, weight in weights.items()}
        sizes[rows] = pick(f"party {name}", options, int(rows.sum())).astype(np.int64)
    return pd.Series(sizes, index=purpose.index, dtype="int64")


def _nights(trips: pd.DataFrame) -> "pd.Series[int]":
    """Draw nights away: a few on business, up to two weeks on holiday, longer when further."""
    random = stream("nights")
    is_far = trips["distance_km"] > 3_000
    business = 1 + random.poisson(np.where(is_far, 1.9, 1.1))
    leisure = 2 + random.poisson(np.where(is_far, 4.5, 2.4))
    nights = np.where(trips["purpose"] == "business", business.clip(max=6), leisure.clip(max=14))
    return pd.Series(nights, index=trips.index, dtype="int64")
