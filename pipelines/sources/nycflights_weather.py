"""Hourly weather observed at New York's airports, in metric units and UTC."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd

from pipelines.sources.nycflights_files import SOURCE, WEATHER_FILE, OpenedFile, open_known_file
from pipelines.sources.source_frame import (
    Refusal,
    SourceFrame,
    list_first_refused,
    list_refused,
    without_rejected,
)

LOCAL_TIME_ZONE = "America/New_York"
# An hour's row gathers reports up to H:51, so nothing of it is known before H + 1 h.
KNOWN_AFTER = pd.Timedelta(hours=1)
FAHRENHEIT_FREEZING, CELSIUS_PER_FAHRENHEIT = 32.0, 5 / 9
MPS_PER_MPH = 0.44704
MM_PER_INCH = 25.4
M_PER_MILE = 1609.344


@dataclass(frozen=True)
class Measure:
    """How one column of the file becomes one of ours, and the range nature keeps to."""

    name: str
    factor: float
    lowest: float
    highest: float
    offset: float = 0.0


MEASURES = {
    "temp": Measure("temperature_c", CELSIUS_PER_FAHRENHEIT, -90, 60, -FAHRENHEIT_FREEZING),
    "dewp": Measure("dew_point_c", CELSIUS_PER_FAHRENHEIT, -100, 40, -FAHRENHEIT_FREEZING),
    "humid": Measure("humidity_pct", 1.0, 0, 100),
    "wind_dir": Measure("wind_direction_deg", 1.0, 0, 360),
    # 113.2 m/s is the strongest wind ever measured at a surface station (Barrow Island, 1996).
    "wind_speed": Measure("wind_mps", MPS_PER_MPH, 0, 113.2),
    "wind_gust": Measure("gust_mps", MPS_PER_MPH, 0, 113.2),
    "precip": Measure("precipitation_mm", MM_PER_INCH, 0, 305),
    "pressure": Measure("pressure_hpa", 1.0, 850, 1090),
    "visib": Measure("visibility_m", M_PER_MILE, 0, 200_000),
}
VARIABLES = [measure.name for measure in MEASURES.values()]
OBSERVATION_COLUMNS = ["airport", "observed_at", "known_at", *VARIABLES]


@cache
def parse_observations(path: Path | None) -> SourceFrame:
    """Read the observations, once per process and path."""
    opened = open_known_file(WEATHER_FILE, path)
    metric = _to_metric(opened.rows)
    impossible = find_impossible_values(opened.rows, metric)
    blanked = _blank(metric, impossible)
    refusals = _list_refusals(opened.rows, blanked)
    return _sort_out(opened, blanked, refusals, impossible)


def list_missing_hours(
    observations: pd.DataFrame, airport: str, start: datetime, end: datetime
) -> pd.DatetimeIndex:
    """Name the hours from start until before end at which an airport has no observation."""
    expected = pd.date_range(start, end, freq="h", inclusive="left")
    observed = observations.loc[observations["airport"] == airport, "observed_at"]
    return expected.difference(pd.DatetimeIndex(observed))


def find_impossible_values(rows: pd.DataFrame, metric: pd.DataFrame) -> list[Refusal]:
    """Find numbers outside what nature does, such as the wind of 1,048 mph in Newark."""
    return [
        Refusal(
            rows[column].notna() & ~metric[measure.name].between(measure.lowest, measure.highest),
            measure.name,
            f"{column} is no number from {measure.lowest:g} to {measure.highest:g} in metric units",
        )
        for column, measure in MEASURES.items()
    ]


def _to_metric(rows: pd.DataFrame) -> pd.DataFrame:
    observed_at = pd.to_datetime(rows["time_hour"], utc=True, errors="coerce", format="ISO8601")
    observed_at = observed_at.astype("datetime64[us, UTC]")
    values = {
        measure.name: (pd.to_numeric(rows[column], errors="coerce") + measure.offset)
        * measure.factor
        for column, measure in MEASURES.items()
    }
    columns = {"airport": rows["origin"], "observed_at": observed_at} | values
    return pd.DataFrame(columns | {"known_at": observed_at + KNOWN_AFTER})[OBSERVATION_COLUMNS]


def _blank(metric: pd.DataFrame, impossible: list[Refusal]) -> pd.DataFrame:
    possible = {r.column_name: metric[r.column_name].mask(r.failing) for r in impossible}
    return metric.assign(**possible)


def _list_refusals(rows: pd.DataFrame, metric: pd.DataFrame) -> list[Refusal]:
    local = metric["observed_at"].dt.tz_convert(LOCAL_TIME_ZONE)
    stated = rows[["year", "month", "day", "hour"]].apply(pd.to_numeric, errors="coerce")
    shown = pd.DataFrame({name: getattr(local.dt, name) for name in stated.columns})
    return [
        Refusal(rows["origin"].isna(), "origin", "is missing"),
        Refusal(metric["observed_at"].isna(), "time_hour", "is not an instant"),
        Refusal((stated != shown).any(axis=1), "hour", "disagrees with time_hour"),
        Refusal(metric.duplicated(["airport", "observed_at"]), "time_hour", "appears twice"),
    ]


def _sort_out(
    opened: OpenedFile, metric: pd.DataFrame, refusals: list[Refusal], impossible: list[Refusal]
) -> SourceFrame:
    raw_lines = opened.raw_lines()
    rejected = list_first_refused(SOURCE, raw_lines, refusals)
    corrected = list_refused(SOURCE, raw_lines, impossible)
    accepted = without_rejected(metric, rejected)
    return SourceFrame(
        accepted=accepted.sort_values(["observed_at", "airport"], ignore_index=True),
        rejected=rejected,
        corrected=corrected[~corrected["line"].isin(rejected["line"])],
        received_count=len(opened.rows),
    )
