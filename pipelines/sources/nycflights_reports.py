"""What carriers report about a flight, each piece with the instant from which it is known."""

from functools import cache
from pathlib import Path

import pandas as pd

from pipelines.sources.nycflights_movements import FLIGHT_KEY, parse_movements

LONG_DELAY_MINUTES = 120
DIVERSION_KNOWN_AFTER = pd.Timedelta(hours=3)
REPORT_COLUMNS = [
    *FLIGHT_KEY,
    *["reported_at", "kind", "departure_delay_minutes", "arrival_delay_minutes", "occurred_at"],
]


@cache
def derive_reports(path: Path | None) -> pd.DataFrame:
    """Give all reports in the order in which they become known."""
    flights = parse_movements(path).accepted
    reports = pd.concat(
        [
            report_cancellations(flights),
            report_long_delays(flights),
            report_departures(flights),
            report_arrivals(flights),
            report_diversions(flights),
        ],
        ignore_index=True,
    )
    return reports.sort_values(["reported_at", *FLIGHT_KEY], ignore_index=True, kind="stable")


def report_cancellations(flights: pd.DataFrame) -> pd.DataFrame:
    """Report flights that never left, at their scheduled departure.

    The data does not say when a cancellation was announced; this is the latest it can be.

    Returns
    -------
    :
        One report per cancelled flight.
    """
    cancelled = flights[flights["actual_departure_at"].isna()]
    return _as_reports(
        cancelled.drop(columns=["departure_delay_minutes", "arrival_delay_minutes"]),
        kind="cancelled",
        reported_at=cancelled["scheduled_departure_at"],
    )


def report_long_delays(flights: pd.DataFrame) -> pd.DataFrame:
    """Report flights 120 minutes late as just that: how late they will be is not yet known."""
    late = flights[flights["departure_delay_minutes"].fillna(0) >= LONG_DELAY_MINUTES]
    known_delay = pd.Series(LONG_DELAY_MINUTES, index=late.index, dtype="Int64")
    return _as_reports(
        late.assign(departure_delay_minutes=known_delay).drop(columns="arrival_delay_minutes"),
        kind="delayed",
        reported_at=late["scheduled_departure_at"] + pd.Timedelta(minutes=LONG_DELAY_MINUTES),
    )


def report_departures(flights: pd.DataFrame) -> pd.DataFrame:
    """Report departures at the instant they happened."""
    departed = flights[flights["actual_departure_at"].notna()]
    return _as_reports(
        departed.drop(columns="arrival_delay_minutes"),
        kind="departed",
        reported_at=departed["actual_departure_at"],
        occurred_at=departed["actual_departure_at"],
    )


def report_arrivals(flights: pd.DataFrame) -> pd.DataFrame:
    """Report arrivals at the instant they happened, with both delays."""
    arrived = flights[flights["arrival_delay_minutes"].notna()]
    return _as_reports(
        arrived,
        kind="arrived",
        reported_at=arrived["actual_arrival_at"],
        occurred_at=arrived["actual_arrival_at"],
    )


def report_diversions(flights: pd.DataFrame) -> pd.DataFrame:
    """Report flights that left and whose arrival is not told, three hours after it was due.

    Due means scheduled arrival, moved by a late departure: before that nobody could know.

    Returns
    -------
    :
        One report per diverted flight; where and when it landed is not in the data.
    """
    is_diverted = flights["actual_departure_at"].notna() & flights["arrival_delay_minutes"].isna()
    diverted = flights[is_diverted]
    late = pd.to_timedelta(diverted["departure_delay_minutes"].clip(lower=0), unit="min")
    return _as_reports(
        diverted,
        kind="diverted",
        reported_at=diverted["scheduled_arrival_at"] + late + DIVERSION_KNOWN_AFTER,
    )


def _as_reports(
    flights: pd.DataFrame,
    *,
    kind: str,
    reported_at: "pd.Series[pd.Timestamp]",
    occurred_at: "pd.Series[pd.Timestamp] | None" = None,
) -> pd.DataFrame:
    unknown = pd.Series(pd.NaT, index=flights.index, dtype="datetime64[us, UTC]")
    reports = flights.assign(
        kind=kind,
        reported_at=reported_at,
        occurred_at=unknown if occurred_at is None else occurred_at,
    )
    for column in ("departure_delay_minutes", "arrival_delay_minutes"):
        if column not in reports:
            reports[column] = pd.array([pd.NA] * len(reports), dtype="Int64")
    return reports[REPORT_COLUMNS]
