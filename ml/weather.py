"""The weather at the origin, as observed when predicting and as forecast for the departure.

Everything is worked out once per airport and hour, then spread to the flights. Values are carried
forward for at most three hours and never interpolated: that would look ahead.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.instants import HOUR, NEVER, Minutes, minutes_of, zone_of

Grid = NDArray[np.float64]
"""Values of one variable, shape (airports, moments) or (airports, moments, hours)."""

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
CARRY_FORWARD_HOURS: Final = 3
FRESH_FORECAST_HOURS: Final = 12
"""A forecast issued longer before predicted_at than this is as good as none."""

FORECAST_FROM_HORIZON_HOURS: Final = 6
"""From this horizon on the models read forecasts; below it observations say more."""

_OBSERVED_HOURS: Final = 24
_OFFSETS: Final = tuple(range(-3, 4))
_AT_DEPARTURE: Final = _OFFSETS.index(0)
_FREEZING_C: Final = 1.0


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
    moments, moment_of = np.unique(predicted, return_inverse=True)
    sample = _observed_sample(observations, moments)
    return _spread(sample, _observed_grids(sample), origins, moment_of)


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
    moments, first, moment_of = np.unique(predicted, return_index=True, return_inverse=True)
    sample = _forecast_sample(forecasts, moments, departing[first])
    return _spread(sample, _forecast_grids(sample), origins, moment_of)


def _observed_sample(observations: pd.DataFrame, moments: Minutes) -> _Sample:
    """Gather what was known at each moment of the hours before it, newest first."""
    airports, codes = _airport_codes(observations)
    hours = minutes_of(observations["observed_at"]) // HOUR
    known = minutes_of(observations["known_at"])
    span = max(hours.max(initial=0), moments.max(initial=0) // HOUR) + 1
    order = np.lexsort((known, hours, codes))
    keys = codes[order] * span + hours[order]
    lags = np.arange(1, _OBSERVED_HOURS + CARRY_FORWARD_HOURS + 1)
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
    rows, _ = _find(keys[order], places * reach + moments[:, None], side="right")
    found = _take(keys[order], rows, -1) // reach == places
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


def _carried(values: Grid) -> Grid:
    """Fill each hour from up to three hours before; the last axis runs backward in time."""
    hours = values.shape[-1] - CARRY_FORWARD_HOURS
    filled = values[..., :hours].copy()
    for older in range(1, CARRY_FORWARD_HOURS + 1):
        filled = np.where(np.isnan(filled), values[..., older : older + hours], filled)
    return filled


def _sum(values: Grid, hours: int) -> Grid:
    """Add the first hours one by one, so that the bits never depend on the machine's lanes."""
    total = np.zeros(values.shape[:-1])
    for hour in range(hours):
        total = total + np.nan_to_num(values[..., hour])
    return np.where(np.isnan(values[..., :hours]).all(axis=-1), np.nan, total)


def _highest(values: Grid, hours: int) -> Grid:
    highest: Grid = np.fmax.reduce(values[..., :hours], axis=-1)
    return highest


def _lowest(values: Grid, hours: int) -> Grid:
    lowest: Grid = np.fmin.reduce(values[..., :hours], axis=-1)
    return lowest


def _observed_grids(sample: _Sample) -> dict[str, Grid]:
    now = {name: _carried(values) for name, values in sample.by_variable.items()}
    rain = sample.by_variable["precipitation_mm"][..., :_OBSERVED_HOURS]
    frozen = np.where(now["temperature_c"] <= _FREEZING_C, rain, np.where(np.isnan(rain), rain, 0))
    turn = np.deg2rad(now["wind_direction_deg"][..., 0])
    temperature, pressure = now["temperature_c"], now["pressure_hpa"]
    sight, wind, gust = now["visibility_m"], now["wind_mps"], now["gust_mps"]
    return {
        "observed_temperature_c": temperature[..., 0],
        "observed_humidity_pct": now["humidity_pct"][..., 0],
        "observed_pressure_hpa": pressure[..., 0],
        "observed_temperature_change_3h_c": temperature[..., 0] - temperature[..., 3],
        "observed_pressure_change_3h_hpa": pressure[..., 0] - pressure[..., 3],
        "observed_pressure_change_6h_hpa": pressure[..., 0] - pressure[..., 6],
        "observed_wind_mps": wind[..., 0],
        "observed_gust_mps": gust[..., 0],
        "observed_gust_max_6h_mps": _highest(gust, 6),
        "observed_wind_east_mps": -wind[..., 0] * np.sin(turn),
        "observed_wind_north_mps": -wind[..., 0] * np.cos(turn),
        "observed_precipitation_mm": now["precipitation_mm"][..., 0],
        "observed_precipitation_6h_mm": _sum(rain, 6),
        "observed_precipitation_24h_mm": _sum(rain, 24),
        "observed_freezing_precipitation_6h_mm": _sum(frozen, 6),
        "region_precipitation_3h_mm": _over_region(sample.airports, _sum(rain, 3), np.fmax),
        "observed_visibility_m": sight[..., 0],
        "observed_visibility_min_3h_m": _lowest(sight, 3),
        "region_visibility_min_m": _over_region(sample.airports, sight[..., 0], np.fmin),
    }


def _forecast_grids(sample: _Sample) -> dict[str, Grid]:
    around = sample.by_variable
    then = {name: values[..., _AT_DEPARTURE] for name, values in around.items()}
    rain, temperature = around["precipitation_mm"], around["temperature_c"]
    frozen = np.where(temperature <= _FREEZING_C, rain, np.where(np.isnan(rain), rain, 0))
    gusts, total = _highest(around["gust_mps"], len(_OFFSETS)), _sum(rain, len(_OFFSETS))
    return {
        "forecast_temperature_c": then["temperature_c"],
        "forecast_dew_spread_c": then["temperature_c"] - then["dew_point_c"],
        "forecast_humidity_pct": then["humidity_pct"],
        "forecast_pressure_hpa": then["pressure_hpa"],
        "forecast_wind_mps": then["wind_mps"],
        "forecast_gust_mps": then["gust_mps"],
        "forecast_gust_max_mps": gusts,
        "forecast_region_gust_max_mps": _over_region(sample.airports, gusts, np.fmax),
        "forecast_precipitation_mm": then["precipitation_mm"],
        "forecast_precipitation_sum_mm": total,
        "forecast_freezing_precipitation_mm": _sum(frozen, len(_OFFSETS)),
        "forecast_region_precipitation_mm": _over_region(sample.airports, total, np.fmax),
        "forecast_visibility_m": then["visibility_m"],
        "forecast_visibility_min_m": _lowest(around["visibility_m"], len(_OFFSETS)),
    }


def _over_region(airports: tuple[str, ...], values: Grid, worst: np.ufunc) -> Grid:
    """Give each airport the worst value among the airports of its time zone."""
    zones = np.array([zone_of(airport) for airport in airports], dtype=str)
    shared = np.empty_like(values)
    for zone in np.unique(zones):
        shared[zones == zone] = worst.reduce(values[zones == zone], axis=0)
    return shared


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
    regional = sample.known.max(axis=0)
    return WeatherColumns(columns, np.where(unknown, NEVER, regional[moment_of]))
