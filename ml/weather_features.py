"""The weather columns as observed when predicting."""

from typing import Final

from ml.feature import OBSERVATIONS, Feature

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
