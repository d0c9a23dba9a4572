"""What Open-Meteo calls its hourly variables and units, and which of our columns fill them."""

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Quantity = Literal["temperature", "speed", "water", "share", "angle", "pressure", "length", "other"]


class Unit(NamedTuple):
    """How a metric value is written: the sign of its unit, factor, offset and decimals."""

    sign: str
    factor: float = 1.0
    decimals: int = 1
    offset: float = 0.0


@dataclass(frozen=True)
class Variable:
    """An hourly variable; what no column fills is known by name and has no values."""

    quantity: Quantity
    column: str | None = None
    is_of_preceding_hour: bool = False
    """Told at the end of its hour: our row of the hour before fills it."""
    sign: str = ""
    """Of a unit that nobody chooses."""


@dataclass(frozen=True)
class Series:
    """One array of an answer: a variable, as asked for, and how many days before it was said."""

    name: str
    variable: Variable
    previous_day: int = 0


_VARIABLES: Final = {
    "temperature_2m": Variable("temperature", "temperature_c"),
    "dew_point_2m": Variable("temperature", "dew_point_c"),
    "relative_humidity_2m": Variable("share", "humidity_pct"),
    "wind_direction_10m": Variable("angle", "wind_direction_deg"),
    "wind_speed_10m": Variable("speed", "wind_mps"),
    "wind_gusts_10m": Variable("speed", "gust_mps", is_of_preceding_hour=True),
    "precipitation": Variable("water", "precipitation_mm", is_of_preceding_hour=True),
    "pressure_msl": Variable("pressure", "pressure_hpa"),
    "visibility": Variable("length", "visibility_m"),
    "apparent_temperature": Variable("temperature"),
    "rain": Variable("water"),
    "showers": Variable("water"),
    "snowfall": Variable("other", sign="cm"),
    "snow_depth": Variable("other", sign="m"),
    "precipitation_probability": Variable("share"),
    "weather_code": Variable("other", sign="wmo code"),
    "surface_pressure": Variable("pressure"),
    "cloud_cover": Variable("share"),
    "cloud_cover_low": Variable("share"),
    "cloud_cover_mid": Variable("share"),
    "cloud_cover_high": Variable("share"),
    "cape": Variable("other", sign="J/kg"),
    "freezing_level_height": Variable("length"),
    "is_day": Variable("other"),
    "thunderstorm_probability": Variable("other", sign="undefined"),
    "freezing_rain_probability": Variable("other", sign="undefined"),
    "snowfall_probability": Variable("other", sign="undefined"),
}
_OLD_SPELLINGS: Final = {
    "dewpoint_2m": "dew_point_2m",
    "relativehumidity_2m": "relative_humidity_2m",
    "winddirection_10m": "wind_direction_10m",
    "windspeed_10m": "wind_speed_10m",
    "windgusts_10m": "wind_gusts_10m",
    "weathercode": "weather_code",
    "cloudcover": "cloud_cover",
}
_NAME: Final = re.compile(r"(?P<variable>\w+?)(?:_previous_day(?P<day>[1-7]))?")

CHOSEN: Final[dict[str, dict[str, Unit]]] = {
    "temperature": {
        "celsius": Unit("°C"),
        "fahrenheit": Unit("°F", 9 / 5, offset=32.0),
    },
    "speed": {
        "kmh": Unit("km/h", 3.6),
        "ms": Unit("m/s", decimals=2),
        "mph": Unit("mp/h", 1 / 0.44704),
        "kn": Unit("kn", 3600 / 1852),
    },
    "water": {
        "mm": Unit("mm", decimals=2),
        "inch": Unit("inch", 1 / 25.4, decimals=3),
    },
}
"""Units by quantity and by the word they are chosen with; the first is the default."""

_FIXED: Final = {
    "share": Unit("%", decimals=0),
    "angle": Unit("°", decimals=0),
    "pressure": Unit("hPa"),
    "length": Unit("m", decimals=0),
}


def series_named(name: str) -> Series | None:
    """Find what a name asks for, in the new spelling or the old; None if nothing is so called."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    variable = _VARIABLES.get(_OLD_SPELLINGS.get(found["variable"], found["variable"]))
    return Series(name, variable, int(found["day"] or 0)) if variable is not None else None


def unit_of(variable: Variable, chosen: dict[str, Unit]) -> Unit:
    """Give the unit a variable is written in, as far as units were chosen."""
    return chosen.get(variable.quantity) or _FIXED.get(variable.quantity) or Unit(variable.sign)
