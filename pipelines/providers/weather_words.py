"""Says weather in words an agent understands, from the codes that pilots read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Bound = Literal["over", "under"]


class Visibility(NamedTuple):
    """How far one can see, in metres, and whether it is more or less than that."""

    metres: float
    bound: Bound | None = None


class Cloud(NamedTuple):
    """A layer of cloud: its cover code, the height of its base in metres, and CB for a storm's."""

    cover: str
    base_m: float | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Conditions:
    """What a report says of one time; nothing of what it does not say."""

    wind_mps: float | None = None
    wind_direction_deg: float | None = None
    is_variable: bool = False
    gust_mps: float | None = None
    visibility: Visibility | None = None
    phenomena: tuple[str, ...] = ()
    clouds: tuple[Cloud, ...] = ()

    @property
    def ceiling_m(self) -> float | None:
        """The lowest base of cloud that covers more than half of the sky."""
        bases = [c.base_m for c in self.clouds if c.cover in CEILINGS and c.base_m is not None]
        return min(bases, default=None)


CEILINGS: Final = frozenset({"BKN", "OVC", "OVX", "VV"})
_COVERS: Final = {
    "FEW": "few clouds",
    "SCT": "scattered cloud",
    "BKN": "broken cloud",
    "OVC": "overcast",
    "OVX": "sky hidden",
    "VV": "sky hidden",
    "CLR": "clear sky",
    "SKC": "clear sky",
    "CAVOK": "clear sky",
    "NCD": "no cloud detected",
    "NSC": "no significant cloud",
}
_INTENSITIES: Final = {"-": "light ", "+": "heavy "}
_KINDS: Final = {
    "MI": "shallow ",
    "PR": "partial ",
    "BC": "patches of ",
    "DR": "drifting ",
    "BL": "blowing ",
    "FZ": "freezing ",
}
_THINGS: Final = {
    "DZ": "drizzle",
    "RA": "rain",
    "SN": "snow",
    "SG": "snow grains",
    "IC": "ice crystals",
    "PL": "ice pellets",
    "GR": "hail",
    "GS": "small hail",
    "UP": "unknown precipitation",
    "BR": "mist",
    "FG": "fog",
    "FU": "smoke",
    "VA": "volcanic ash",
    "DU": "dust",
    "SA": "sand",
    "HZ": "haze",
    "PY": "spray",
    "PO": "dust whirls",
    "SQ": "squalls",
    "FC": "funnel cloud",
    "SS": "sandstorm",
    "DS": "dust storm",
}
_PHENOMENON: Final = re.compile(
    rf"(?P<sign>\+|-|VC)?(?P<kind>{'|'.join(_KINDS)}|SH|TS)?(?P<things>(?:{'|'.join(_THINGS)})*)"
)


def say(conditions: Conditions) -> str:
    """Say wind, visibility, weather and cloud in one line.

    Parameters
    ----------
    conditions:
        What is known of them.

    Returns
    -------
    :
        Such as "Wind from 210° at 4 m/s, visibility over 16 km, broken cloud at 1,300 m".
    """
    parts = (
        _wind(conditions),
        _visibility(conditions.visibility),
        *say_phenomena(conditions.phenomena),
        _cloud(conditions),
    )
    said = ", ".join(part for part in parts if part)
    return said[:1].upper() + said[1:]


def say_phenomena(codes: Iterable[str]) -> list[str]:
    """Say codes of present weather, such as +TSRA; those that are none are left to the raw text."""
    return [words for code in codes if (words := _phenomenon(code))]


def _wind(conditions: Conditions) -> str | None:
    speed, gust = conditions.wind_mps, conditions.gust_mps
    if speed is None:
        return None
    gusting = f", gusts {gust:.0f} m/s" if gust else ""
    if speed == 0 and not gusting:
        return "no wind"
    if conditions.is_variable:
        return f"variable wind at {speed:.0f} m/s{gusting}"
    if conditions.wind_direction_deg is None:
        return f"wind at {speed:.0f} m/s{gusting}"
    return f"wind from {conditions.wind_direction_deg:.0f}° at {speed:.0f} m/s{gusting}"


def _visibility(visibility: Visibility | None) -> str | None:
    if visibility is None:
        return None
    bound = f"{visibility.bound} " if visibility.bound else ""
    return f"visibility {bound}{_distance(visibility)}"


def _distance(visibility: Visibility) -> str:
    metres = visibility.metres
    if metres < 975:
        return f"{round(metres / 50) * 50} m"
    if metres < 9_950 and visibility.bound is None:
        return f"{metres / 1000:.1f} km".replace(".0 km", " km")
    # More than 16.09 km is more than 16 km; rounding up would say too much.
    return f"{int(metres / 1000) if visibility.bound == 'over' else round(metres / 1000)} km"


def _cloud(conditions: Conditions) -> str | None:
    """Say the layer that limits flying, or else the lowest."""
    known = [cloud for cloud in conditions.clouds if cloud.cover in _COVERS]
    if not known:
        return None
    layers = [cloud for cloud in known if cloud.cover in CEILINGS] or known
    layer = min(layers, key=lambda cloud: float("inf") if cloud.base_m is None else cloud.base_m)
    base = "" if layer.base_m is None else f" at {_height(layer.base_m)}"
    has_storm = any(cloud.kind == "CB" for cloud in known)
    return f"{_COVERS[layer.cover]}{base}{' with storm clouds' if has_storm else ''}"


def _height(metres: float) -> str:
    step = 100 if metres >= 1000 else 10
    return f"{round(metres / step) * step:,} m"


def _phenomenon(code: str) -> str | None:
    found = _PHENOMENON.fullmatch(code)
    if found is None or not (found["kind"] or found["things"]):
        return None
    things = " and ".join(_each(re.findall("..", found["things"])))
    intensity = _INTENSITIES.get(found["sign"] or "", "")
    nearby = " nearby" if found["sign"] == "VC" else ""
    match found["kind"]:
        case "TS" if things:
            words = f"thunderstorm with {intensity}{things}"
        case "TS":
            words = f"{intensity}thunderstorm"
        case "SH":
            words = f"{intensity}{things} showers" if things else "showers"
        case kind:
            words = f"{intensity}{_KINDS.get(kind or '', '')}{things}".strip()
    return f"{words}{nearby}"


def _each(codes: Sequence[str]) -> list[str]:
    return [_THINGS[code] for code in codes]
