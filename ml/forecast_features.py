"""The weather columns as forecast for the departure, and for the half day before it."""

from typing import Final

from ml.feature import FORECASTS, Feature

_AIR, _WIND, _WET, _SIGHT = "air", "wind", "rain or snow", "visibility"
_NEARBY: Final = "nearby"
_MM: Final = "{value:.1f} mm of rain or snow"


def _feature(name: str, unit: str, group: str, words: str = "", worse: int = 0) -> Feature:
    return Feature(f"forecast_{name}", unit, FORECASTS, group, words, worse)


FORECAST_FEATURES: Final = (
    _feature("temperature_c", "°C", _AIR, "{value:.0f} °C at departure", -1),
    _feature("dew_spread_c", "°C", _AIR),
    _feature("humidity_pct", "%", _AIR, "humidity {value:.0f} % at departure", 1),
    _feature("pressure_hpa", "hPa", _AIR, "pressure {value:.0f} hPa at departure", -1),
    _feature(
        "pressure_change_6h_hpa", "hPa", _AIR, "pressure {value:+.0f} hPa in 6 h to departure", -1
    ),
    _feature("wind_mps", "m/s", _WIND, "wind {value:.0f} m/s at departure", 1),
    _feature("wind_east_mps", "m/s", _WIND),
    _feature("wind_north_mps", "m/s", _WIND),
    _feature("wind_mean_6h_mps", "m/s", _WIND, "wind {value:.0f} m/s in 6 h to departure", 1),
    _feature("gust_mps", "m/s", _WIND, "gusts {value:.0f} m/s at departure", 1),
    _feature("gust_max_mps", "m/s", _WIND, "gusts up to {value:.0f} m/s around departure", 1),
    _feature(
        *("gust_max_12h_before_mps", "m/s", _WIND),
        *("gusts up to {value:.0f} m/s in 12 h before departure", 1),
    ),
    _feature(
        *("region_gust_max_mps", "m/s", _WIND),
        *("gusts up to {value:.0f} m/s nearby around departure", 1),
    ),
    _feature(
        *("region_gust_max_12h_before_mps", "m/s", _WIND),
        *("gusts up to {value:.0f} m/s nearby in 12 h before departure", 1),
    ),
    _feature("precipitation_mm", "mm/h", _WET, "{value:.1f} mm/h of rain or snow at departure", 1),
    _feature("precipitation_max_mm", "mm/h", _WET, "up to {value:.1f} mm/h near departure", 1),
    _feature("precipitation_sum_mm", "mm", _WET, f"{_MM} around departure", 1),
    _feature("precipitation_after_mm", "mm", _WET, f"{_MM} in 3 h after departure", 1),
    _feature("precipitation_6h_before_mm", "mm", _WET, f"{_MM} in 6 h before departure", 1),
    _feature("precipitation_12h_before_mm", "mm", _WET, f"{_MM} in 12 h before departure", 1),
    _feature("wet_hours_12h", "h", _WET, "{value:.0f} wet hours of 12 before departure", 1),
    _feature(
        *("freezing_precipitation_mm", "mm", _WET),
        *("{value:.1f} mm at freezing point around departure", 1),
    ),
    _feature(
        *("freezing_precipitation_12h_mm", "mm", _WET),
        *("{value:.1f} mm at freezing point in 12 h to departure", 1),
    ),
    _feature("region_precipitation_mm", "mm", _WET, f"{_MM} {_NEARBY} around departure", 1),
    _feature(
        *("region_precipitation_max_mm", "mm/h", _WET),
        *("up to {value:.1f} mm/h nearby near departure", 1),
    ),
    _feature(
        *("region_precipitation_12h_before_mm", "mm", _WET),
        *(f"{_MM} {_NEARBY} in 12 h before departure", 1),
    ),
    _feature("visibility_m", "m", _SIGHT, "visibility {value:.0f} m at departure", -1),
    _feature(
        "visibility_min_m", "m", _SIGHT, "visibility down to {value:.0f} m around departure", -1
    ),
    _feature(
        "visibility_mean_6h_m", "m", _SIGHT, "visibility {value:.0f} m in 6 h to departure", -1
    ),
    _feature(
        *("visibility_min_12h_before_m", "m", _SIGHT),
        *("visibility down to {value:.0f} m in 12 h before departure", -1),
    ),
    _feature(
        *("low_visibility_hours_12h", "h", _SIGHT),
        *("visibility under 5 km for {value:.0f} h of 12 before departure", 1),
    ),
    _feature(
        *("region_visibility_min_12h_before_m", "m", _SIGHT),
        *("visibility down to {value:.0f} m nearby in 12 h before departure", -1),
    ),
    _feature(
        *("region_low_visibility_hours_12h", "h", _SIGHT),
        *("visibility under 5 km nearby for {value:.0f} h of 12 before departure", 1),
    ),
)
