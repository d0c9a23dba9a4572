"""Says an aerodrome forecast in one line: how it begins, and what of it makes flying hard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipelines.providers.weather_words import Conditions, say

# Below these an airport lands fewer aircraft an hour, and gusts from 25 knots on close runways.
_LOW_VISIBILITY_M: Final = 5_000
_LOW_CEILING_M: Final = 300
_STRONG_GUST_MPS: Final = 12.8


@dataclass(frozen=True)
class Period:
    """A part of the forecast: FM and BECMG last, TEMPO and PROB pass; the first has no change."""

    conditions: Conditions
    begins_at: datetime | None
    ends_at: datetime | None
    change: str | None = None
    probability_pct: float | None = None


def say_taf(periods: Sequence[Period]) -> str | None:
    """Say how a forecast begins, then each later part with weather, low cloud, fog or strong gusts.

    Parameters
    ----------
    periods:
        In the order of the forecast.

    Returns
    -------
    :
        One line; None if nothing was forecast that can be said.
    """
    said = [_say(period, is_first=place == 0) for place, period in enumerate(periods)]
    return "; ".join(words for words in said if words) or None


def _say(period: Period, *, is_first: bool) -> str | None:
    words = say(period.conditions)
    if not words or not (is_first or _is_hard(period.conditions)):
        return None
    if is_first:
        return f"{words} until {_at(period.ends_at)}" if period.ends_at else words
    return f"{_when(period)} {words[:1].lower()}{words[1:]}"


def _is_hard(conditions: Conditions) -> bool:
    sight, ceiling = conditions.visibility, conditions.ceiling_m
    return (
        bool(conditions.phenomena)
        or (sight is not None and sight.metres < _LOW_VISIBILITY_M)
        or (ceiling is not None and ceiling < _LOW_CEILING_M)
        or (conditions.gust_mps or 0) > _STRONG_GUST_MPS
    )


def _when(period: Period) -> str:
    begins, ends = _at(period.begins_at), _at(period.ends_at)
    if period.change == "PROB" or period.probability_pct:
        chance = f"{period.probability_pct:.0f} % chance" if period.probability_pct else "a chance"
        return f"{begins} to {ends} {chance} of"
    if period.change == "TEMPO":
        return f"{begins} to {ends} at times"
    if period.change == "BECMG":
        return f"from {begins} gradually"
    return f"from {begins}"


def _at(instant: datetime | None) -> str:
    return f"{instant:%d %b %H:%M} UTC" if instant else "a time not given"
