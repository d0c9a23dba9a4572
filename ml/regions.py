"""Regions: the airports of one time zone, whose weather tells of each other's."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.instants import zone_of

Value = TypeVar("Value", np.float64, np.int64)


def nearby(weather: pd.DataFrame, origins: pd.Series) -> pd.DataFrame:
    """Keep the weather of the origins' regions; what other airports have cannot move it.

    Parameters
    ----------
    weather:
        Observations or forecasts, one row per airport and hour.
    origins:
        Origin of each flight.

    Returns
    -------
    :
        The rows of airports in the time zone of some origin.
    """
    zones = {zone_of(origin) for origin in origins.unique()}
    near = [airport for airport in weather["airport"].unique() if zone_of(airport) in zones]
    is_near = weather["airport"].isin(near)
    return weather if is_near.all() else weather[is_near]


def over_region(airports: Sequence[str], values: NDArray[Value], worst: np.ufunc) -> NDArray[Value]:
    """Give each airport the worst value, or the newest, among the airports of its region.

    Parameters
    ----------
    airports:
        Along the first axis of the values.
    values:
        Any shape beyond that.
    worst:
        Chooses between two values, such as `np.fmax`.

    Returns
    -------
    :
        The shape of `values`.
    """
    zones = np.array([zone_of(airport) for airport in airports], dtype=str)
    shared = np.empty_like(values)
    for zone in np.unique(zones):
        shared[zones == zone] = worst.reduce(values[zones == zone], axis=0)
    return shared
