"""The weather at the origin, as observed when predicting and as forecast for the departure.

Everything is worked out once per airport and hour, then spread to the flights. Values are carried
forward for at most three hours and never interpolated: that would look ahead.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.instants import HOUR, NEVER, Minutes, minutes_of
from ml.regions import nearby, over_region
from ml.weather_grids import (
    CARRY_FORWARD_HOURS,
    HOURS_AFTER,
    HOURS_BEFORE,
    OBSERVED_HOURS,
    Grid,
    forecast_grids,
    observed_grids,
)

VARIABLES: Final = (
    "temperature_c",
    "dew_point_c",
    "humidity_pct",
    "wind_direction_deg",
    "wind_mps",
    "gust_mps",
    "precipitation_mm",
    "pressure_hpa",
    "visibility_m",
)
FRESH_FORECAST_HOURS: Final = 12
"""A forecast issued longer before predicted_at than this is as good as none."""

FORECAST_FROM_HORIZON_HOURS: Final = 6
"""From this horizon on the models read forecasts; below it observations say more."""

_OFFSETS: Final = range(-HOURS_BEFORE, HOURS_AFTER + 1)


@dataclass(frozen=True)
class WeatherColumns:
    """Columns for each described flight, and when the newest value behind them was known."""

    columns: dict[str, NDArray[np.float64]]
    known: Minutes


@dataclass(frozen=True)
class _Sample:
    """Weather by variable on a grid of (airports, moments, hours)."""

    airports: tuple[str, ...]
    by_variable: dict[str, Grid]
    known: NDArray[np.int64]


def observed_columns(
    observations: pd.DataFrame, origins: pd.Series, predicted: Minutes
) -> WeatherColumns:
    """Describe the weather known at each flight's predicted_at.

    Parameters
    ----------
    observations:
        Canonical weather observations, one row per airport and hour.
    origins:
        Origin of each flight.
    predicted:
        Minutes since 1970 of each flight's predicted_at, on the hour.

    Returns
    -------
    :
        The observed columns; missing where nothing was known in the last four hours.
    """
    observations = nearby(observations, origins)
    moments, moment_of = np.unique(predicted, return_inverse=True)
    sample = _observed_sample(observations, moments)
    return _spread(sample, observed_grids(sample.airports, sample.by_variable), origins, moment_of)


def forecast_columns(
    forecasts: pd.DataFrame, origins: pd.Series, predicted: Minutes, departing: Minutes
) -> WeatherColumns:
    """Describe the weather that the newest forecast at predicted_at promised for the departure.

    Parameters
    ----------
    forecasts:
        Canonical weather forecasts of one source; unique on airport, valid_at and issued_at.
    origins:
        Origin of each flight.
    predicted:
        Minutes since 1970 of each flight's predicted_at.
    departing:
        Minutes since 1970 of the hour of departure, a fixed time after `predicted`.

    Returns
    -------
    :
        The forecast columns; missing where no forecast of the last twelve hours exists.
    """
    forecasts = nearby(forecasts, origins)
    moments, first, moment_of = np.unique(predicted, return_index=True, return_inverse=True)
    sample = _forecast_sample(forecasts, moments, departing[first])
    return _spread(sample, forecast_grids(sample.airports, sample.by_variable), origins, moment_of)


def _observed_sample(observations: pd.DataFrame, moments: Minutes) -> _Sample:
    """Gather what was known at each moment of the hours before it, newest first."""
    airports, codes = _airport_codes(observations)
    hours = minutes_of(observations["observed_at"]) // HOUR
    known = minutes_of(observations["known_at"])
    span = max(hours.max(initial=0), moments.max(initial=0) // HOUR) + 1
    order = np.lexsort((known, hours, codes))
    keys = codes[order] * span + hours[order]
    lags = np.arange(1, OBSERVED_HOURS + CARRY_FORWARD_HOURS + 1)
    labels = moments[:, None] // HOUR - lags
    rows, found = _find(keys, np.arange(len(airports))[:, None, None] * span + labels, side="left")
    found &= _take(known[order], rows, NEVER) <= moments[:, None]
    return _gather(observations, airports, order[rows] if len(order) else rows, found, known)


def _forecast_sample(forecasts: pd.DataFrame, moments: Minutes, departing: Minutes) -> _Sample:
    """Gather the newest forecast known at each moment for the hours around departure."""
    airports, codes = _airport_codes(forecasts)
    hours = minutes_of(forecasts["valid_at"]) // HOUR
    issued = minutes_of(forecasts["issued_at"])
    span = max(hours.max(initial=0), departing.max(initial=0) // HOUR) + len(_OFFSETS)
    reach = max(issued.max(initial=0), moments.max(initial=0)) + 1
    keys = (codes * span + hours) * reach + issued
    order = np.argsort(keys, kind="stable")
    valid = departing[:, None] // HOUR + np.array(_OFFSETS)
    places = np.arange(len(airports))[:, None, None] * span + valid
    wanted = places * reach + moments[:, None]
    rows, _ = _find(keys[order], wanted, side="right")
    newest = _take(keys[order], rows, -1)
    # Where nothing is old enough, the search ends at the first row, which is not.
    found = (newest // reach == places) & (newest <= wanted)
    found &= _take(issued[order], rows, NEVER) >= moments[:, None] - FRESH_FORECAST_HOURS * HOUR
    return _gather(forecasts, airports, order[rows] if len(order) else rows, found, issued)


def _airport_codes(frame: pd.DataFrame) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    airports = tuple(sorted(frame["airport"].unique()))
    codes = frame["airport"].map({airport: code for code, airport in enumerate(airports)})
    return airports, codes.to_numpy(np.int64)


def _find(
    keys: NDArray[np.int64], wanted: NDArray[np.int64], *, side: str
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Positions of the first equal key (left), or of the last key not above (right)."""
    if side == "left":
        rows = np.searchsorted(keys, wanted, side="left")
    else:
        rows = np.searchsorted(keys, wanted, side="right") - 1
    rows = rows.clip(0, max(len(keys) - 1, 0))
    return rows, _take(keys, rows, -1) == wanted


def _take(values: NDArray[np.int64], rows: NDArray[np.intp], otherwise: int) -> NDArray[np.int64]:
    return values[rows] if len(values) else np.full(rows.shape, otherwise, dtype=np.int64)


def _gather(
    frame: pd.DataFrame,
    airports: tuple[str, ...],
    rows: NDArray[np.intp],
    found: NDArray[np.bool_],
    known: Minutes,
) -> _Sample:
    values = {name: np.where(found, _take_floats(frame[name], rows), np.nan) for name in VARIABLES}
    values["gust_mps"] = np.where(
        np.isnan(values["gust_mps"]), values["wind_mps"], values["gust_mps"]
    )
    newest = np.where(found, _take(known, rows, NEVER), NEVER).max(axis=-1, initial=NEVER)
    return _Sample(airports=airports, by_variable=values, known=newest)


def _take_floats(values: pd.Series, rows: NDArray[np.intp]) -> Grid:
    floats = values.to_numpy(np.float64, na_value=np.nan)
    return floats[rows] if len(floats) else np.full(rows.shape, np.nan)


def _spread(
    sample: _Sample, grids: dict[str, Grid], origins: pd.Series, moment_of: NDArray[np.intp]
) -> WeatherColumns:
    """Hand each flight the values of its airport and moment; unknown airports get none."""
    codes = origins.map({airport: code for code, airport in enumerate(sample.airports)})
    airport_of = codes.fillna(-1).to_numpy(np.int64)
    unknown = airport_of < 0
    if not sample.airports:
        nothing = np.full(len(origins), np.nan)
        return WeatherColumns(dict.fromkeys(grids, nothing), np.full(len(origins), NEVER))
    columns = {
        name: np.where(unknown, np.nan, grid[airport_of, moment_of]) for name, grid in grids.items()
    }
    regional = over_region(sample.airports, sample.known, np.maximum)
    known = regional[airport_of, moment_of]
    return WeatherColumns(columns, np.where(unknown, NEVER, known))
