"""The weather columns: as observed when predicting, and as forecast for the departure."""

from typing import Final

from ml.feature import FORECASTS, OBSERVATIONS, Feature

NEAR_HORIZON_HOURS: Final = 12
"""Up to here the weather of the moment says something about the weather at departure."""

_NEAR: Final = NEAR_HORIZON_HOURS

OBSERVED_FEATURES: Final = (
    Feature("observed_temperature_c", "°C", OBSERVATIONS, "air", "{value:.0f} °C observed", -1),
    Feature("observed_humidity_pct", "%", OBSERVATIONS, "air", "humidity {value:.0f} %", 1, _NEAR),
    Feature("observed_pressure_hpa", "hPa", OBSERVATIONS, "air", "pressure {value:.0f} hPa", -1),
    Feature(
        "observed_temperature_change_3h_c", "°C", OBSERVATIONS, "air", "{value:+.0f} °C in 3 h", -1
    ),
    Feature(
        "observed_pressure_change_3h_hpa",
        "hPa",
        OBSERVATIONS,
        "air",
        "pressure {value:+.0f} hPa in 3 h",
        -1,
        _NEAR,
    ),
    Feature(
        "observed_pressure_change_6h_hpa",
        "hPa",
        OBSERVATIONS,
        "air",
        "pressure {value:+.0f} hPa in 6 h",
        -1,
        _NEAR,
    ),
    Feature(
        "observed_wind_mps", "m/s", OBSERVATIONS, "wind", "wind {value:.0f} m/s observed", 1, _NEAR
    ),
    Feature(
        "observed_gust_mps", "m/s", OBSERVATIONS, "wind", "gusts {value:.0f} m/s observed", 1, _NEAR
    ),
    Feature(
        "observed_gust_max_6h_mps",
        "m/s",
        OBSERVATIONS,
        "wind",
        "gusts up to {value:.0f} m/s in 6 h",
        1,
    ),
    Feature("observed_wind_east_mps", "m/s", OBSERVATIONS, "wind", "", 0),
    Feature("observed_wind_north_mps", "m/s", OBSERVATIONS, "wind", "", 0, _NEAR),
    Feature(
        "observed_precipitation_mm",
        "mm/h",
        OBSERVATIONS,
        "rain or snow",
        "{value:.1f} mm/h of rain or snow observed",
        1,
        _NEAR,
    ),
    Feature(
        "observed_precipitation_6h_mm",
        "mm",
        OBSERVATIONS,
        "rain or snow",
        "{value:.1f} mm of rain or snow in 6 h",
        1,
        _NEAR,
    ),
    Feature(
        "observed_precipitation_24h_mm",
        "mm",
        OBSERVATIONS,
        "rain or snow",
        "{value:.1f} mm of rain or snow in 24 h",
        1,
    ),
    Feature(
        "observed_freezing_precipitation_6h_mm",
        "mm",
        OBSERVATIONS,
        "rain or snow",
        "{value:.1f} mm fell at freezing point in 6 h",
        1,
        _NEAR,
    ),
    Feature(
        "region_precipitation_3h_mm",
        "mm",
        OBSERVATIONS,
        "rain or snow",
        "{value:.1f} mm in 3 h at an airport nearby",
        1,
        _NEAR,
    ),
    Feature(
        "observed_visibility_m",
        "m",
        OBSERVATIONS,
        "visibility",
        "visibility {value:.0f} m observed",
        -1,
        _NEAR,
    ),
    Feature(
        "observed_visibility_min_3h_m",
        "m",
        OBSERVATIONS,
        "visibility",
        "visibility down to {value:.0f} m in 3 h",
        -1,
        _NEAR,
    ),
    Feature(
        "region_visibility_min_m",
        "m",
        OBSERVATIONS,
        "visibility",
        "visibility {value:.0f} m at an airport nearby",
        -1,
        _NEAR,
    ),
)
FORECAST_FEATURES: Final = (
    Feature("forecast_temperature_c", "°C", FORECASTS, "air", "{value:.0f} °C at departure", -1),
    Feature("forecast_dew_spread_c", "°C", FORECASTS, "air", "", 0),
    Feature(
        "forecast_humidity_pct", "%", FORECASTS, "air", "humidity {value:.0f} % at departure", 1
    ),
    Feature(
        "forecast_pressure_hpa",
        "hPa",
        FORECASTS,
        "air",
        "pressure {value:.0f} hPa at departure",
        -1,
    ),
    Feature("forecast_wind_mps", "m/s", FORECASTS, "wind", "wind {value:.0f} m/s at departure", 1),
    Feature("forecast_gust_mps", "m/s", FORECASTS, "wind", "gusts {value:.0f} m/s at departure", 1),
    Feature(
        "forecast_gust_max_mps",
        "m/s",
        FORECASTS,
        "wind",
        "gusts up to {value:.0f} m/s around departure",
        1,
    ),
    Feature(
        "forecast_region_gust_max_mps",
        "m/s",
        FORECASTS,
        "wind",
        "gusts up to {value:.0f} m/s nearby around departure",
        1,
    ),
    Feature(
        "forecast_precipitation_mm",
        "mm/h",
        FORECASTS,
        "rain or snow",
        "{value:.1f} mm/h of rain or snow at departure",
        1,
    ),
    Feature(
        "forecast_precipitation_sum_mm",
        "mm",
        FORECASTS,
        "rain or snow",
        "{value:.1f} mm of rain or snow around departure",
        1,
    ),
    Feature(
        "forecast_freezing_precipitation_mm",
        "mm",
        FORECASTS,
        "rain or snow",
        "{value:.1f} mm at freezing point around departure",
        1,
    ),
    Feature(
        "forecast_region_precipitation_mm",
        "mm",
        FORECASTS,
        "rain or snow",
        "{value:.1f} mm of rain or snow nearby around departure",
        1,
    ),
    Feature(
        "forecast_visibility_m",
        "m",
        FORECASTS,
        "visibility",
        "visibility {value:.0f} m at departure",
        -1,
    ),
    Feature(
        "forecast_visibility_min_m",
        "m",
        FORECASTS,
        "visibility",
        "visibility down to {value:.0f} m around departure",
        -1,
    ),
)
