"""The frames that weather connectors hand over, ready for the warehouse."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from warehouse.operations.feeds import WEATHER_RULES

WEATHER_COLUMNS: Final = tuple(WEATHER_RULES)
FORECAST_COLUMNS: Final = ("source", "airport", "valid_at", "issued_at", *WEATHER_COLUMNS)
OBSERVATION_COLUMNS: Final = ("airport", "observed_at", "known_at", *WEATHER_COLUMNS)
BULLETIN_COLUMNS: Final = (
    "source",
    "kind",
    "airport",
    "bulletin_ref",
    "issued_at",
    "valid_from",
    "valid_until",
    "severity",
    "headline",
    "raw_text",
)
"""A bulletin gives an agent words; `valid_until` and `severity` may be missing."""

_INSTANTS: Final = ("valid_at", "issued_at", "observed_at", "known_at", "valid_from", "valid_until")

Row = Mapping[str, Any]


def forecasts_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Lay forecasts out for `load_forecasts`; a weather value that is not given is missing."""
    return _frame(rows, FORECAST_COLUMNS)


def observations_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Lay observations out for `load_observations`."""
    return _frame(rows, OBSERVATION_COLUMNS)


def bulletins_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Lay bulletins out."""
    return _frame(rows, BULLETIN_COLUMNS)


def range_broken(column: str, value: float) -> str | None:
    """Say what a weather value must be; None if the warehouse would take it."""
    rule = WEATHER_RULES[column]
    is_below = rule.lowest is not None and value < rule.lowest
    is_above = rule.highest is not None and value > rule.highest
    return f"must be {rule.range_words}" if is_below or is_above else None


def _frame(rows: Iterable[Row], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    instants = {
        name: pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
        for name in columns
        if name in _INSTANTS
    }
    kinds = {
        name: "float64" if name in WEATHER_RULES else "str"
        for name in columns
        if name not in instants
    }
    return frame.assign(**instants).astype(kinds)
