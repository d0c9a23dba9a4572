"""Instants as whole minutes since 1970, which compare and subtract without zones or rounding."""

from functools import cache
from typing import Final

import airportsdata
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Minutes = NDArray[np.int64]

HOUR: Final = 60
DAY: Final = 24 * HOUR
NEVER: Final = np.iinfo(np.int64).min // 4
"""Stands for a missing instant; earlier than any real one."""


def minutes_of(instants: pd.Series) -> Minutes:
    """Turn zone-aware instants into minutes since 1970, missing ones into `NEVER`."""
    naive = pd.DatetimeIndex(pd.to_datetime(instants, utc=True)).tz_localize(None).to_numpy()
    naive = naive.astype("datetime64[m]")
    return np.where(np.isnat(naive), NEVER, naive.astype(np.int64))


def minutes_known(instants: pd.Series) -> Minutes:
    """Turn instants at which something was known into minutes since 1970, never too early."""
    return minutes_of(pd.Series(pd.DatetimeIndex(pd.to_datetime(instants, utc=True)).ceil("min")))


def instants_of(minutes: Minutes) -> pd.DatetimeIndex:
    """Turn minutes since 1970 back into UTC instants."""
    stamps = np.where(minutes == NEVER, np.datetime64("NaT"), minutes.astype("datetime64[m]"))
    return pd.DatetimeIndex(stamps.astype("datetime64[s]")).tz_localize("UTC").as_unit("us")


def whole_hours(minutes: Minutes) -> Minutes:
    """Floor minutes to the hour."""
    return minutes - minutes % HOUR


@cache
def _airports() -> dict[str, airportsdata.Airport]:
    return airportsdata.load("IATA")


@cache
def zone_of(airport: str) -> str:
    """IANA zone of an airport; UTC when the airport is not known."""
    found = _airports().get(airport)
    return found["tz"] if found else "UTC"


@cache
def country_of(airport: str) -> str:
    """ISO country of an airport; empty when the airport is not known."""
    found = _airports().get(airport)
    return found["country"] if found else ""


def local_minutes(instants: pd.Series, airports: pd.Series) -> Minutes:
    """Wall-clock minutes since 1970 of each instant at its airport."""
    zones = airports.map({airport: zone_of(airport) for airport in airports.unique()}).to_numpy()
    local = np.full(len(instants), NEVER, dtype=np.int64)
    for zone in np.unique(zones):
        here = zones == zone
        wall = instants[here].dt.tz_convert(zone).dt.tz_localize(None).to_numpy("datetime64[m]")
        local[here] = np.where(np.isnat(wall), NEVER, wall.astype(np.int64))
    return local
