"""Record locators, instants of booking and fares of the generated trips."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.sources.geography import distance_between
from pipelines.sources.random_streams import pick, stream

# Letters and digits that cannot be mistaken for one another: 32 of them.
LOCATOR_LETTERS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))
LOCATOR_LENGTH = 6
LOCATOR_STEP, LOCATOR_START = 387_420_489, 271_828_183
MEDIAN_DAYS_AHEAD = {"business": 11.0, "leisure": 44.0}
SPREAD_OF_DAYS_AHEAD = {"business": 0.9, "leisure": 0.8}
LEAST_DAYS_AHEAD, MOST_DAYS_AHEAD = 0.15, 330.0
CABINS = {
    "business": {"economy": 0.72, "premium_economy": 0.13, "business": 0.15},
    "leisure": {"economy": 0.93, "premium_economy": 0.05, "business": 0.02},
}
FARE_BY_CABIN = {"economy": 1.0, "premium_economy": 1.6, "business": 3.1}
FARE_MINOR_UNITS, FARE_PER_KM = 4_900, 6.5
LATE_BOOKING_RISE = 0.55


def record_locators(count: int) -> "pd.Series[str]":
    """Give distinct six-character locators; the odd step makes the mapping one to one."""
    space = len(LOCATOR_LETTERS) ** LOCATOR_LENGTH
    numbers = (np.arange(count, dtype=np.int64) * LOCATOR_STEP + LOCATOR_START) % space
    digits = [numbers // len(LOCATOR_LETTERS) ** place % 32 for place in range(LOCATOR_LENGTH)]
    letters = np.stack([LOCATOR_LETTERS[digit] for digit in digits], axis=1)
    return pd.Series(["".join(locator) for locator in letters])


def booking_instants(trips: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """Draw when each trip was booked: always before it begins, holidays long before."""
    spread = stream("days ahead").standard_normal(len(trips))
    log_days = np.log(trips["purpose"].map(MEDIAN_DAYS_AHEAD))
    days = np.exp(log_days + spread * trips["purpose"].map(SPREAD_OF_DAYS_AHEAD))
    ahead = pd.to_timedelta(days.clip(LEAST_DAYS_AHEAD, MOST_DAYS_AHEAD), unit="D")
    return (trips["begins_at"] - ahead).dt.floor("min").astype("datetime64[us, UTC]")


def choose_cabins(trips: pd.DataFrame) -> "pd.Series[str]":
    """Draw one cabin per trip."""
    cabins = pd.Series("economy", index=trips.index, dtype="str")
    for purpose, weights in CABINS.items():
        rows = trips["purpose"] == purpose
        cabins[rows] = pick(f"cabin {purpose}", weights, int(rows.sum()))
    return cabins


def leg_prices(legs: pd.DataFrame, trips: pd.DataFrame) -> NDArray[np.int64]:
    """Price each leg for the whole party in minor units, dearer when booked late."""
    trip = trips.loc[legs["trip"]]
    days_ahead = (trip["begins_at"] - trip["booked_at"]).dt.total_seconds() / 86_400
    late = 1 + LATE_BOOKING_RISE * np.exp(-days_ahead.to_numpy() / 14)
    distance_km = distance_between(legs["origin"], legs["destination"]).to_numpy()
    fare = (FARE_MINOR_UNITS + FARE_PER_KM * distance_km) * late
    fare *= trip["cabin"].map(FARE_BY_CABIN).to_numpy()
    prices: NDArray[np.int64] = np.rint(fare).astype(np.int64) * trip["party_size"].to_numpy()
    return prices
