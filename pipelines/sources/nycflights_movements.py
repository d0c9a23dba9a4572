"""The year's departures from New York: the schedule, and what then happened, as instants.

The file's order follows actual departures, and its `tailnum` is empty on cancelled flights
only: both would tell the future, so rows are sorted by schedule and `tailnum` is never read. Nor
does it fill `aircraft`, which is the one assigned beforehand: `tailnum` is the one that flew.
"""

from functools import cache
from pathlib import Path

import airportsdata
import pandas as pd

from pipelines.sources.nycflights_files import FLIGHTS_FILE, SOURCE, open_known_file
from pipelines.sources.source_frame import (
    Refusal,
    SourceFrame,
    list_first_refused,
    list_refused,
    without_rejected,
)
from pipelines.sources.wall_clock import is_clock_time, nearest_instant

KM_PER_MILE = 1.609344
FLIGHT_KEY = ["carrier", "flight_number", "origin", "service_date"]
FLIGHT_COLUMNS = [
    *["carrier", "flight_number", "origin", "destination", "service_date"],
    *["scheduled_departure_at", "scheduled_arrival_at", "distance_km", "is_generated"],
]
_WORDS = ["carrier", "origin", "dest", "time_hour"]
_NUMBERS = [name for name in FLIGHTS_FILE.columns if name not in _WORDS]
_OUTCOMES = ["dep_time", "dep_delay", "arr_time", "arr_delay"]
_CLOCKS = ["dep_time", "sched_arr_time", "arr_time"]
# Taxiing and climbing, then cruising: within two hours of every schedule of the year,
# and choosing the day of an arrival needs no better.
_GROUND_MINUTES = 58.0
_CRUISE_KM_PER_MINUTE = 13.0


@cache
def parse_movements(path: Path | None) -> SourceFrame:
    """Read the flights with what happened to them, once per process and path."""
    opened = open_known_file(FLIGHTS_FILE, path)
    numbered, refusals = _read_numbers(opened.rows)
    placed = _place_in_time(numbered)
    refusals += _list_refusals(numbered, placed)
    raw_lines = opened.raw_lines() if any(r.failing.any() for r in refusals) else []
    rejected = list_first_refused(SOURCE, raw_lines, refusals)
    return SourceFrame(
        accepted=sort_by_schedule(without_rejected(placed, rejected)),
        rejected=rejected,
        corrected=list_refused(SOURCE, raw_lines, []),
        received_count=len(opened.rows),
    )


def sort_by_schedule(flights: pd.DataFrame) -> pd.DataFrame:
    """Order flights by what was public beforehand, never by their place in the file."""
    key = ["scheduled_departure_at", "origin", "carrier", "flight_number"]
    return flights.sort_values(key, ignore_index=True)


def airports_used(flights: pd.DataFrame) -> list[str]:
    """Name the airports of these flights in alphabetical order."""
    return sorted({*flights["origin"].unique(), *flights["destination"].unique()})


@cache
def known_airports() -> pd.DataFrame:
    """Give every airport of airportsdata by its IATA code, in our column names."""
    airports = pd.DataFrame(list(airportsdata.load("IATA").values()))
    names = {"lat": "latitude", "lon": "longitude", "tz": "time_zone"}
    return airports.rename(columns=names).set_index("iata")


def estimate_arrival(
    departure_at: "pd.Series[pd.Timestamp]", distance_km: "pd.Series[float]"
) -> "pd.Series[pd.Timestamp]":
    """Guess when a flight arrives from its distance alone, within two hours."""
    block_minutes = _GROUND_MINUTES + distance_km / _CRUISE_KM_PER_MINUTE
    return departure_at + pd.to_timedelta(block_minutes, unit="min").dt.round("min")


def _read_numbers(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Refusal]]:
    numbers = rows[_NUMBERS].apply(pd.to_numeric, errors="coerce")
    numbers = numbers.where(numbers % 1 == 0)
    refusals = [
        Refusal(rows[name].notna() & numbers[name].isna(), name, "is not a whole number")
        for name in _NUMBERS
    ]
    return rows.assign(**{name: numbers[name] for name in _NUMBERS}), refusals


def _place_in_time(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the canonical columns and the actual instants, row by row of the file."""
    known = known_airports()["time_zone"]
    departure_zone, arrival_zone = rows["origin"].map(known), rows["dest"].map(known)
    distance_km = rows["distance"] * KM_PER_MILE
    departure_at = scheduled_departure(rows)
    arrival_at = nearest_instant(
        rows["sched_arr_time"], arrival_zone, estimate_arrival(departure_at, distance_km)
    )
    late_departure_at = departure_at + pd.to_timedelta(rows["dep_delay"], unit="min")
    late_arrival_at = arrival_at + pd.to_timedelta(rows["arr_delay"], unit="min")
    return pd.DataFrame({
        "carrier": rows["carrier"],
        "flight_number": rows["flight"].astype("Int64").astype("str"),
        "origin": rows["origin"],
        "destination": rows["dest"],
        "service_date": local_dates(departure_at, departure_zone),
        "scheduled_departure_at": departure_at,
        "scheduled_arrival_at": arrival_at,
        "distance_km": distance_km,
        "is_generated": False,
        "actual_departure_at": nearest_instant(rows["dep_time"], departure_zone, late_departure_at),
        "actual_arrival_at": nearest_instant(rows["arr_time"], arrival_zone, late_arrival_at),
        "departure_delay_minutes": rows["dep_delay"].astype("Int64"),
        "arrival_delay_minutes": rows["arr_delay"].astype("Int64"),
    })


def scheduled_departure(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """Add the minute to `time_hour`, which is UTC and right where local clocks are ambiguous."""
    hour_at = pd.to_datetime(rows["time_hour"], utc=True, errors="coerce", format="ISO8601")
    return hour_at.astype("datetime64[us, UTC]") + pd.to_timedelta(rows["minute"], unit="min")


def local_dates(
    instants: "pd.Series[pd.Timestamp]", time_zone: "pd.Series[str]"
) -> "pd.Series[pd.Timestamp]":
    """Give the calendar date each instant falls on where it happens."""
    dates = pd.Series(None, index=instants.index, dtype=object)
    for zone, rows in time_zone.groupby(time_zone).groups.items():
        dates.loc[rows] = instants.loc[rows].dt.tz_convert(str(zone)).dt.date
    return dates


def _list_refusals(rows: pd.DataFrame, placed: pd.DataFrame) -> list[Refusal]:
    required = [name for name in rows.columns if name not in _OUTCOMES]
    return [
        *[Refusal(rows[name].isna(), name, "is missing") for name in required],
        *_list_unreadable(rows, placed),
        *_list_contradictions(rows, placed),
    ]


def _list_unreadable(rows: pd.DataFrame, placed: pd.DataFrame) -> list[Refusal]:
    airports = known_airports().index
    return [
        Refusal(placed["scheduled_departure_at"].isna(), "time_hour", "is not an instant"),
        *[
            Refusal(~rows[name].isin(airports), name, "is not an airport airportsdata knows")
            for name in ("origin", "dest")
        ],
        *[
            Refusal(rows[name].notna() & ~is_clock_time(rows[name]), name, "is no clock time")
            for name in _CLOCKS
        ],
    ]


def _list_contradictions(rows: pd.DataFrame, placed: pd.DataFrame) -> list[Refusal]:
    stated = pd.to_datetime(rows[["year", "month", "day"]], errors="coerce").dt.date
    half_reported = rows["dep_time"].isna() != rows["dep_delay"].isna()
    return [
        Refusal(stated != placed["service_date"], "day", "disagrees with time_hour"),
        Refusal(half_reported, "dep_time", "and dep_delay must both be there or both be absent"),
        Refusal(placed.duplicated(FLIGHT_KEY), "flight", "appears twice on that day"),
    ]
