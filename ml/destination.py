"""The weather at the destination, where a feed gives it: observed of late, forecast for arrival.

Flight by flight instead of on a grid: a network has a hundred destinations, and a grid of all of
them over a year would take gigabytes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.feature import DESTINATION_FORECASTS, DESTINATION_OBSERVATIONS, Feature
from ml.instants import HOUR, NEVER, Minutes, minutes_known, minutes_of
from ml.weather import FRESH_FORECAST_HOURS, WeatherColumns
from ml.weather_features import NEAR_HORIZON_HOURS
from ml.weather_grids import FREEZING_C

OWN_SKY_KM: Final = 50.0
"""A hop no longer than this stays under the origin's sky, which the origin's columns describe."""

_GROUP: Final = "weather at the destination"
_NEAR: Final = NEAR_HORIZON_HOURS
_AROUND_ARRIVAL: Final = np.array([-1, 0, 1])
_HOURS_BEFORE: Final = np.array([-1, -2, -3])
_VARIABLES: Final = ("gust_mps", "wind_mps", "precipitation_mm", "temperature_c", "visibility_m")

_FORECAST: Final = (
    Feature(
        "destination_forecast_gust_mps",
        "m/s",
        DESTINATION_FORECASTS,
        _GROUP,
        "gusts {value:.0f} m/s at {destination} at arrival",
        1,
    ),
    Feature(
        "destination_forecast_precipitation_mm",
        "mm",
        DESTINATION_FORECASTS,
        _GROUP,
        "{value:.1f} mm of rain or snow at {destination} around arrival",
        1,
    ),
    Feature(
        "destination_forecast_freezing_precipitation_mm",
        "mm",
        DESTINATION_FORECASTS,
        _GROUP,
        "{value:.1f} mm at freezing point at {destination} around arrival",
        1,
    ),
    Feature(
        "destination_forecast_visibility_min_m",
        "m",
        DESTINATION_FORECASTS,
        _GROUP,
        "visibility {value:.0f} m at {destination} at arrival",
        -1,
    ),
)
_OBSERVED: Final = (
    Feature(
        "destination_observed_gust_mps",
        "m/s",
        DESTINATION_OBSERVATIONS,
        _GROUP,
        "gusts {value:.0f} m/s observed at {destination}",
        1,
        _NEAR,
    ),
    Feature(
        "destination_observed_precipitation_mm",
        "mm",
        DESTINATION_OBSERVATIONS,
        _GROUP,
        "{value:.1f} mm of rain or snow in 3 h at {destination}",
        1,
        _NEAR,
    ),
    Feature(
        "destination_observed_freezing_precipitation_mm",
        "mm",
        DESTINATION_OBSERVATIONS,
        _GROUP,
        "{value:.1f} mm fell at freezing point in 3 h at {destination}",
        1,
        _NEAR,
    ),
    Feature(
        "destination_observed_visibility_min_m",
        "m",
        DESTINATION_OBSERVATIONS,
        _GROUP,
        "visibility {value:.0f} m observed at {destination}",
        -1,
        _NEAR,
    ),
)
DESTINATION_FEATURES: Final = (*_FORECAST, *_OBSERVED)


def destination_forecast_columns(
    forecasts: pd.DataFrame, rows: pd.DataFrame, predicted: Minutes
) -> WeatherColumns:
    """Describe what the newest forecast at predicted_at promised for each flight's arrival.

    Parameters
    ----------
    forecasts:
        Canonical weather forecasts; unique on airport, valid_at and issued_at.
    rows:
        Flights: their destination, distance_km and scheduled_arrival_at.
    predicted:
        Minutes since 1970 of each flight's predicted_at.

    Returns
    -------
    :
        The worst from an hour before until an hour after the hour of arrival; missing where no
        forecast of the last twelve hours is for the destination.
    """
    hours = minutes_of(rows["scheduled_arrival_at"]) // HOUR
    newest = _Newest.of(forecasts, rows["destination"], "valid_at", "issued_at")
    oldest = predicted - FRESH_FORECAST_HOURS * HOUR
    return _describe(newest, rows, hours[:, None] + _AROUND_ARRIVAL, (oldest, predicted), _FORECAST)


def destination_observed_columns(
    observations: pd.DataFrame, rows: pd.DataFrame, predicted: Minutes
) -> WeatherColumns:
    """Describe the weather at each flight's destination as observed until predicted_at.

    Parameters
    ----------
    observations:
        Canonical weather observations, one row per airport and hour.
    rows:
        Flights: their destination and distance_km.
    predicted:
        Minutes since 1970 of each flight's predicted_at, on the hour.

    Returns
    -------
    :
        The worst of the last three hours; missing where nothing was observed in them.
    """
    hours = predicted[:, None] // HOUR + _HOURS_BEFORE
    newest = _Newest.of(observations, rows["destination"], "observed_at", "known_at")
    oldest = np.full(len(rows), NEVER)
    return _describe(newest, rows, hours, (oldest, predicted), _OBSERVED)


@dataclass(frozen=True)
class _Newest:
    """Weather in order of airport, hour and the instant it was known, to find the newest known."""

    airports: pd.Index
    keys: NDArray[np.int64]
    known: Minutes
    measured: dict[str, NDArray[np.float64]]
    hours: int
    reach: int

    @classmethod
    def of(cls, frame: pd.DataFrame, wanted: pd.Series, at: str, known_at: str) -> "_Newest":
        """Order the rows of the airports that are wanted."""
        frame = frame[frame["airport"].isin(wanted.unique())]
        airports = pd.Index(frame["airport"].unique())
        hours = minutes_of(frame[at]) // HOUR
        known = minutes_known(frame[known_at])
        span, reach = int(hours.max(initial=0)) + 1, int(known.max(initial=0)) + 1
        keys = (airports.get_indexer(frame["airport"]) * span + hours) * reach + known
        order = np.argsort(keys, kind="stable")
        measured = {
            name: frame[name].to_numpy(np.float64, na_value=np.nan)[order] for name in _VARIABLES
        }
        return cls(airports, keys[order], known[order], measured, span, reach)

    def find(
        self, airports: NDArray[np.intp], hours: Minutes, oldest: Minutes, by: Minutes
    ) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Find the row of each airport and hour that was newest at an instant, if one was."""
        places = airports * self.hours + hours
        wanted = places * self.reach + by.clip(0, self.reach - 1)
        rows = (np.searchsorted(self.keys, wanted, side="right") - 1).clip(0)
        found = (hours >= 0) & (hours < self.hours) & (self.keys[rows] // self.reach == places)
        return rows, found & (self.known[rows] >= oldest) & (self.known[rows] <= by)


def _describe(
    newest: _Newest,
    rows: pd.DataFrame,
    hours: Minutes,
    between: tuple[Minutes, Minutes],
    features: tuple[Feature, ...],
) -> WeatherColumns:
    """Give each flight the worst of the hours at its destination, in the order of the features."""
    columns = {feature.name: np.full(len(rows), np.nan) for feature in features}
    known = np.full(len(rows), NEVER, dtype=np.int64)
    airports = newest.airports.get_indexer(pd.Index(rows["destination"].astype(object)))
    is_far = rows["distance_km"].to_numpy(np.float64) > OWN_SKY_KM
    here = np.flatnonzero((airports >= 0) & is_far)
    if len(here):
        oldest, by = (instants[here][:, None] for instants in between)
        places, found = newest.find(airports[here][:, None], hours[here], oldest, by)
        seen = {
            name: np.where(found, measured[places], np.nan)
            for name, measured in newest.measured.items()
        }
        for column, worst in zip(columns.values(), _worst(seen), strict=True):
            column[here] = worst
        known[here] = np.where(found, newest.known[places], NEVER).max(axis=1)
    return WeatherColumns(columns, known)


def _worst(seen: dict[str, NDArray[np.float64]]) -> tuple[NDArray[np.float64], ...]:
    """Sum up hours, the last axis: gusts, precipitation, what of it freezes, and visibility."""
    gusts = np.where(np.isnan(seen["gust_mps"]), seen["wind_mps"], seen["gust_mps"])
    rain = seen["precipitation_mm"]
    dry = np.where(np.isnan(rain), rain, 0.0)
    frozen = np.where(seen["temperature_c"] <= FREEZING_C, rain, dry)
    return (
        np.fmax.reduce(gusts, axis=-1),
        _total(rain),
        _total(frozen),
        np.fmin.reduce(seen["visibility_m"], axis=-1),
    )


def _total(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add hours one by one, so that the bits never depend on the machine's lanes."""
    total = np.zeros(len(amounts))
    for hour in range(amounts.shape[-1]):
        total = total + np.nan_to_num(amounts[:, hour])
    return np.where(np.isnan(amounts).all(axis=-1), np.nan, total)
