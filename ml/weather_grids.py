"""The weather columns, worked out on grids of airports, moments and hours."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.regions import over_region

Grid = NDArray[np.float64]
"""Values of one variable, shape (airports, moments) or (airports, moments, hours)."""

CARRY_FORWARD_HOURS: Final = 3
OBSERVED_HOURS: Final = 24
HOURS_BEFORE: Final = 12
"""How long before the departure forecast weather counts: a morning's storm delays the evening."""

HOURS_AFTER: Final = 3
_NEAR_HOURS: Final = 3
FREEZING_C: Final = 1.0
_WET_MM: Final = 0.25
_LOW_VISIBILITY_M: Final = 5_000.0


def _carried(values: Grid) -> Grid:
    """Fill each hour from up to three hours before; the last axis runs backward in time."""
    hours = values.shape[-1] - CARRY_FORWARD_HOURS
    filled = values[..., :hours].copy()
    for older in range(1, CARRY_FORWARD_HOURS + 1):
        filled = np.where(np.isnan(filled), values[..., older : older + hours], filled)
    return filled


def _sum(values: Grid, hours: int | None = None) -> Grid:
    """Add the first hours, or all of them, one by one: no bit depends on a machine's lanes."""
    total = np.zeros(values.shape[:-1])
    counted = values[..., :hours]
    for hour in range(counted.shape[-1]):
        total = total + np.nan_to_num(counted[..., hour])
    return np.where(np.isnan(counted).all(axis=-1), np.nan, total)


def _highest(values: Grid, hours: int | None = None) -> Grid:
    highest: Grid = np.fmax.reduce(values[..., :hours], axis=-1)
    return highest


def _lowest(values: Grid, hours: int | None = None) -> Grid:
    lowest: Grid = np.fmin.reduce(values[..., :hours], axis=-1)
    return lowest


def observed_grids(airports: Sequence[str], hours: Mapping[str, Grid]) -> dict[str, Grid]:
    """Work out the observed columns from the hours before each moment.

    Parameters
    ----------
    airports:
        Airports of the grid's first axis.
    hours:
        By variable, what was known at each moment of the hours before it, newest first.

    Returns
    -------
    :
        By column, shape (airports, moments).
    """
    now = {name: _carried(values) for name, values in hours.items()}
    rain = hours["precipitation_mm"][..., :OBSERVED_HOURS]
    frozen = np.where(now["temperature_c"] <= FREEZING_C, rain, np.where(np.isnan(rain), rain, 0))
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
        "region_precipitation_3h_mm": over_region(airports, _sum(rain, 3), np.fmax),
        "observed_visibility_m": sight[..., 0],
        "observed_visibility_min_3h_m": _lowest(sight, 3),
        "region_visibility_min_m": over_region(airports, sight[..., 0], np.fmin),
    }


def forecast_grids(airports: Sequence[str], hours: Mapping[str, Grid]) -> dict[str, Grid]:
    """Work out the forecast columns from the hours around each departure.

    Parameters
    ----------
    airports:
        Airports of the grid's first axis.
    hours:
        By variable, the hours from `HOURS_BEFORE` before the departure's until `HOURS_AFTER` after.

    Returns
    -------
    :
        By column, shape (airports, moments).
    """
    grids = _at_departure(hours) | _near_departure(hours) | _before_departure(hours)
    for regional, (name, worst) in _OF_REGION.items():
        grids[regional] = over_region(airports, grids[name], worst)
    return grids


_OF_REGION: Final = {
    "forecast_region_gust_max_mps": ("forecast_gust_max_mps", np.fmax),
    "forecast_region_gust_max_12h_before_mps": ("forecast_gust_max_12h_before_mps", np.fmax),
    "forecast_region_precipitation_mm": ("forecast_precipitation_sum_mm", np.fmax),
    "forecast_region_precipitation_max_mm": ("forecast_precipitation_max_mm", np.fmax),
    "forecast_region_precipitation_12h_before_mm": (
        "forecast_precipitation_12h_before_mm",
        np.fmax,
    ),
    "forecast_region_visibility_min_12h_before_m": (
        "forecast_visibility_min_12h_before_m",
        np.fmin,
    ),
    "forecast_region_low_visibility_hours_12h": ("forecast_low_visibility_hours_12h", np.fmax),
}
"""What an airport shares with those of its time zone: of which column, and which is the worst."""


def _span(values: Grid, first: int, last: int) -> Grid:
    """Cut out the hours from `first` to `last`, counted from that of the departure."""
    return values[..., HOURS_BEFORE + first : HOURS_BEFORE + last + 1]


def _at_departure(hours: Mapping[str, Grid]) -> dict[str, Grid]:
    then = {name: values[..., HOURS_BEFORE] for name, values in hours.items()}
    turn = np.deg2rad(then["wind_direction_deg"])
    return {
        "forecast_temperature_c": then["temperature_c"],
        "forecast_dew_spread_c": then["temperature_c"] - then["dew_point_c"],
        "forecast_humidity_pct": then["humidity_pct"],
        "forecast_pressure_hpa": then["pressure_hpa"],
        "forecast_wind_mps": then["wind_mps"],
        "forecast_wind_east_mps": -then["wind_mps"] * np.sin(turn),
        "forecast_wind_north_mps": -then["wind_mps"] * np.cos(turn),
        "forecast_gust_mps": then["gust_mps"],
        "forecast_precipitation_mm": then["precipitation_mm"],
        "forecast_visibility_m": then["visibility_m"],
    }


def _near_departure(hours: Mapping[str, Grid]) -> dict[str, Grid]:
    near = {name: _span(values, -_NEAR_HOURS, HOURS_AFTER) for name, values in hours.items()}
    rain = near["precipitation_mm"]
    return {
        "forecast_gust_max_mps": _highest(near["gust_mps"]),
        "forecast_precipitation_sum_mm": _sum(rain),
        "forecast_precipitation_max_mm": _highest(_span(hours["precipitation_mm"], -6, 3)),
        "forecast_precipitation_after_mm": _sum(_span(hours["precipitation_mm"], 1, 3)),
        "forecast_freezing_precipitation_mm": _sum(_frozen(near["temperature_c"], rain)),
        "forecast_visibility_min_m": _lowest(near["visibility_m"]),
    }


def _before_departure(hours: Mapping[str, Grid]) -> dict[str, Grid]:
    rain, sight = hours["precipitation_mm"], hours["visibility_m"]
    frozen = _frozen(hours["temperature_c"], rain)
    pressure = hours["pressure_hpa"]
    return {
        "forecast_precipitation_6h_before_mm": _sum(_span(rain, -6, -1)),
        "forecast_precipitation_12h_before_mm": _sum(_span(rain, -12, -1)),
        "forecast_freezing_precipitation_12h_mm": _sum(_span(frozen, -12, 0)),
        "forecast_wet_hours_12h": _count(_span(rain, -12, 0), _span(rain, -12, 0) > _WET_MM),
        "forecast_visibility_mean_6h_m": _mean(_span(sight, -6, 0)),
        "forecast_visibility_min_12h_before_m": _lowest(_span(sight, -12, -1)),
        "forecast_low_visibility_hours_12h": _count(
            _span(sight, -12, 0), _span(sight, -12, 0) < _LOW_VISIBILITY_M
        ),
        "forecast_gust_max_12h_before_mps": _highest(_span(hours["gust_mps"], -12, -1)),
        "forecast_wind_mean_6h_mps": _mean(_span(hours["wind_mps"], -6, 0)),
        "forecast_pressure_change_6h_hpa": pressure[..., HOURS_BEFORE]
        - pressure[..., HOURS_BEFORE - 6],
    }


def _frozen(temperature: Grid, rain: Grid) -> Grid:
    """Keep what falls at freezing point."""
    return np.where(temperature <= FREEZING_C, rain, np.where(np.isnan(rain), rain, 0))


def _mean(values: Grid) -> Grid:
    count = (~np.isnan(values)).sum(axis=-1)
    return np.where(count > 0, _sum(values) / np.maximum(count, 1), np.nan)


def _count(values: Grid, holds: NDArray[np.bool_]) -> Grid:
    """Count the hours in which something holds; missing where no hour is known."""
    return np.where(np.isnan(values).all(axis=-1), np.nan, holds.sum(axis=-1))
