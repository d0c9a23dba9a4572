"""Writes weather as METAR and TAF do: knots, statute miles, groups of letters and digits."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from pipelines.sources.geography import NEW_YORK_AIRPORTS
from pipelines.sources.nycflights_movements import known_airports
from pipelines.sources.nycflights_weather import M_PER_MILE

STATIONS: Final = {f"K{airport}": airport for airport in NEW_YORK_AIRPORTS}
_MPS_PER_KNOT: Final = 1852 / 3600
_FARTHEST_MILES: Final = 10
_SNOWS_BELOW_C: Final = 1.0
_HEAVY_MM, _LIGHT_MM = 7.6, 2.5
_FOG_M, _MIST_M = 1_000, 8_000


def known_in(row: Mapping[Any, Any]) -> dict[str, float]:
    """Keep what a row of weather says."""
    return {str(name): float(value) for name, value in row.items() if not pd.isna(value)}


def station_fields(station: str) -> dict[str, Any]:
    """Say which station a report is of, and where it stands."""
    columns = {"name": "name", "latitude": "lat", "longitude": "lon"}
    airports = known_airports().loc[[STATIONS[station]], [*columns]].rename(columns=columns)
    return {"icaoId": station} | {str(k): v for k, v in airports.to_dict("records")[0].items()}


def sky_fields(known: Mapping[str, float]) -> dict[str, Any]:
    """Say wind, visibility and present weather, decoded; cloud is never known."""
    miles = rounded(known.get("visibility_m"), 2, per=M_PER_MILE)
    is_far = miles is not None and miles >= _FARTHEST_MILES
    return {
        "wdir": rounded(known.get("wind_direction_deg"), 0),
        "wspd": rounded(known.get("wind_mps"), 0, per=_MPS_PER_KNOT),
        "wgst": rounded(known.get("gust_mps"), 0, per=_MPS_PER_KNOT),
        "visib": f"{_FARTHEST_MILES}+" if is_far else miles,
        "wxString": _present_weather(known),
        "clouds": [],
    }


def sky_groups(known: Mapping[str, float]) -> list[str]:
    """Say the same as raw groups."""
    sky = sky_fields(known)
    groups = []
    if sky["wspd"] is not None:
        direction = "VRB" if sky["wdir"] is None else f"{sky['wdir']:03d}"
        gusts = "" if sky["wgst"] is None else f"G{sky['wgst']:02d}"
        groups.append(f"{direction}{sky['wspd']:02d}{gusts}KT")
    if sky["visib"] is not None:
        groups.append("10SM" if isinstance(sky["visib"], str) else f"{sky['visib']:g}SM")
    return groups + ([sky["wxString"]] if sky["wxString"] else [])


def temperature_groups(known: Mapping[str, float]) -> list[str]:
    """Say temperature and dew point as one raw group, if both are known."""
    names = "temperature_c", "dew_point_c"
    if not known.keys() >= set(names):
        return []
    return ["/".join(_degrees(known[name]) for name in names)]


def rounded(value: float | None, decimals: int, *, per: float = 1.0) -> float | int | None:
    """Give a value in units of so many metric ones, a whole number without decimals."""
    if value is None:
        return None
    return round(value / per, decimals) if decimals else round(value / per)


def _degrees(value: float) -> str:
    return f"{'M' if round(value) < 0 else ''}{abs(round(value)):02d}"


def _present_weather(known: Mapping[str, float]) -> str | None:
    rain = known.get("precipitation_mm", 0.0)
    if rain > 0:
        what = "SN" if known.get("temperature_c", 20.0) <= _SNOWS_BELOW_C else "RA"
        return f"{'+' if rain >= _HEAVY_MM else '' if rain >= _LIGHT_MM else '-'}{what}"
    visibility = known.get("visibility_m", float("inf"))
    return "FG" if visibility < _FOG_M else "BR" if visibility < _MIST_M else None
