"""What Open-Meteo calls its variables and units, and which of our columns they fill."""

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Quantity = Literal["temperature", "share", "angle", "speed", "water", "pressure", "length"]


@dataclass(frozen=True)
class Variable:
    """Which weather column a variable fills, and when within the hour it is taken."""

    column: str
    quantity: Quantity
    is_of_preceding_hour: bool = False
    """Summed, or the highest, over the hour that ends at its time; others hold at the time."""


class Series(NamedTuple):
    """One array of an answer: a variable, how many days before it was forecast, by which model."""

    variable: Variable
    previous_day: int
    model: str | None


VARIABLES: Final = {
    "temperature_2m": Variable("temperature_c", "temperature"),
    "dew_point_2m": Variable("dew_point_c", "temperature"),
    "relative_humidity_2m": Variable("humidity_pct", "share"),
    "wind_direction_10m": Variable("wind_direction_deg", "angle"),
    "wind_speed_10m": Variable("wind_mps", "speed"),
    "wind_gusts_10m": Variable("gust_mps", "speed", is_of_preceding_hour=True),
    "precipitation": Variable("precipitation_mm", "water", is_of_preceding_hour=True),
    "pressure_msl": Variable("pressure_hpa", "pressure"),
    "visibility": Variable("visibility_m", "length"),
}
ASKED: Final = tuple(VARIABLES)
"""The variables that fill our columns, as they are asked for."""

_OLD_SPELLINGS: Final = {
    "dewpoint_2m": "dew_point_2m",
    "relativehumidity_2m": "relative_humidity_2m",
    "winddirection_10m": "wind_direction_10m",
    "windspeed_10m": "wind_speed_10m",
    "windgusts_10m": "wind_gusts_10m",
}
# Whose models there are; a suffix outside these is another variable, as in temperature_2m_max.
_MODELS: Final = (
    r"(?:best_match|aifs|arome|arpae|arpege|bom|cerra|chmi|cma|cmc|copernicus|dmi|dwd|ecmwf|era5|"
    r"eumetsat|gem|geosphere|gfs|google|icon|ifs|italia_meteo|jma|jms|kma|knmi|meteofrance|"
    r"meteoswiss|metno|nasa|ncep|ukmo)\w*?"
)
_NAME: Final = re.compile(
    rf"(?P<variable>{'|'.join([*VARIABLES, *_OLD_SPELLINGS])})"
    rf"(?:_previous_day(?P<day>\d))?(?:_(?P<model>{_MODELS}))?(?:_previous_day(?P<late_day>\d))?"
)

_SAME: Final = (1.0, 0.0)
_UNITS: Final[dict[Quantity, dict[str, tuple[float, float]]]] = {
    "temperature": {"°C": _SAME, "°F": (5 / 9, -32 * 5 / 9), "K": (1.0, -273.15)},
    "share": {"%": _SAME, "fraction": (100.0, 0.0)},
    "angle": {"°": _SAME},
    "speed": {
        "m/s": _SAME,
        "km/h": (1 / 3.6, 0.0),
        "mp/h": (0.44704, 0.0),
        "mph": (0.44704, 0.0),
        "kn": (1852 / 3600, 0.0),
    },
    "water": {"mm": _SAME, "cm": (10.0, 0.0), "inch": (25.4, 0.0)},
    "pressure": {"hPa": _SAME, "kPa": (10.0, 0.0), "Pa": (0.01, 0.0)},
    "length": {"m": _SAME, "km": (1000.0, 0.0), "ft": (0.3048, 0.0)},
}


def series_named(name: str) -> Series | None:
    """Read the name of an array, in the new spelling or the old; None if it fills no column."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    variable = VARIABLES[_OLD_SPELLINGS.get(found["variable"], found["variable"])]
    return Series(variable, int(found["day"] or found["late_day"] or 0), found["model"])


def conversion(quantity: Quantity, unit: object) -> tuple[float, float] | None:
    """Give the factor and then the offset that make a unit ours; None if it is not known."""
    return _UNITS[quantity].get(unit.strip()) if isinstance(unit, str) else None
