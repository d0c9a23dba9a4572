"""Features of the published schedule: when, where, how far, how crowded, how near a holiday."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import holidays
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.feature import SCHEDULE, Feature
from ml.instants import DAY, HOUR, NEVER, Minutes, country_of, local_minutes, minutes_of

SCHEDULE_LEAD_MINUTES: Final = 14 * DAY
"""How long before departure a schedule counts as known: an assumption, the data is silent."""

HOLIDAY_REACH_DAYS: Final = 7
EPOCH_WEEKDAY: Final = 3

CALENDAR_FEATURES: Final = (
    Feature("departure_hour_local", "h", SCHEDULE, "time of day", "departs near {value:.0f}:00", 1),
    Feature("departure_hour_sin", "1", SCHEDULE, "time of day"),
    Feature("departure_hour_cos", "1", SCHEDULE, "time of day"),
    Feature("arrival_hour_local", "h", SCHEDULE, "time of day", "arrives near {value:.0f}:00"),
    Feature("departure_weekday", "0 = Monday", SCHEDULE, "calendar"),
    Feature("days_from_holiday", "d", SCHEDULE, "calendar", "{value:+.0f} days from a holiday"),
    Feature("distance_km", "km", SCHEDULE, "route"),
)
ROUTE_FEATURES: Final = (
    Feature(
        "carrier", "category", SCHEDULE, "route", "{carrier} flights from {origin} to {destination}"
    ),
    Feature("origin", "category", SCHEDULE, "route"),
    Feature("destination", "category", SCHEDULE, "route"),
)
_CROWD: Final = "congestion"
CONGESTION_FEATURES: Final = (
    Feature(
        "origin_departures_per_hour",
        "flights",
        SCHEDULE,
        _CROWD,
        "{value:.0f} departures from {origin} within half an hour",
        1,
    ),
    Feature("origin_departures_before_3h", "flights", SCHEDULE, _CROWD),
    Feature(
        "origin_departures_of_day",
        "flights",
        SCHEDULE,
        _CROWD,
        "{value:.0f} departures from {origin} that day",
        1,
    ),
    Feature("carrier_departures_of_day", "flights", SCHEDULE, _CROWD),
)


def calendar_columns(rows: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Describe when and how far each flight is scheduled."""
    departure = local_minutes(rows["scheduled_departure_at"], rows["origin"])
    arrival = local_minutes(rows["scheduled_arrival_at"], rows["destination"])
    turn = 2 * np.pi * (departure % DAY) / DAY
    weekday = (departure // DAY + EPOCH_WEEKDAY) % 7
    days = _days_from_holiday(departure // DAY, rows["origin"])
    return {
        "departure_hour_local": departure % DAY / HOUR,
        "departure_hour_sin": np.sin(turn),
        "departure_hour_cos": np.cos(turn),
        "arrival_hour_local": np.where(arrival == NEVER, np.nan, arrival % DAY / HOUR),
        "departure_weekday": weekday.astype(np.float64),
        "days_from_holiday": days,
        "distance_km": rows["distance_km"].to_numpy(np.float64),
    }


def congestion_columns(
    flights: pd.DataFrame, positions: NDArray[np.intp]
) -> dict[str, NDArray[np.float64]]:
    """Count the departures scheduled around each flight, itself included."""
    minutes = minutes_of(flights["scheduled_departure_at"])
    origin = codes_of(flights, ["origin"])
    day = codes_of(flights, ["origin", "service_date"])
    carrier_day = codes_of(flights, ["carrier", "origin", "service_date"])
    half = HOUR // 2
    return {
        "origin_departures_per_hour": _count_near(origin, minutes, positions, half, half),
        "origin_departures_before_3h": _count_near(origin, minutes, positions, 3 * HOUR, 0),
        "origin_departures_of_day": _count_same(day, positions),
        "carrier_departures_of_day": _count_same(carrier_day, positions),
    }


def origin_hours(rows: pd.DataFrame) -> NDArray[np.object_]:
    """Name each feature row's origin and local hour of departure, as "JFK 17"."""
    hours = rows["departure_hour_local"].to_numpy(np.int64)
    numbers, origins = pd.factorize(rows["origin"])
    cells, cell_of = np.unique(numbers * 24 + hours, return_inverse=True)
    names = [f"{origins[cell // 24]} {cell % 24:02d}" for cell in cells]
    return np.array(names, dtype=object)[cell_of]


def codes_of(flights: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.int64]:
    """Give each distinct combination of some columns a number without meaning."""
    codes = np.zeros(len(flights), dtype=np.int64)
    for column in columns:
        numbers, distinct = pd.factorize(flights[column])
        codes = codes * (len(distinct) + 1) + numbers
    return codes


def _count_near(
    codes: NDArray[np.int64],
    minutes: Minutes,
    positions: NDArray[np.intp],
    before: int,
    after: int,
) -> NDArray[np.float64]:
    """Count flights of the same code from `before` minutes earlier to `after` minutes later."""
    first = minutes.min() - before
    span = minutes.max() + after + 1 - first
    keys = codes * span + (minutes - first)
    ordered = np.sort(keys)
    wanted = keys[positions]
    upper = np.searchsorted(ordered, wanted + after, side="right")
    lower = np.searchsorted(ordered, wanted - before, side="left")
    counts: NDArray[np.float64] = (upper - lower).astype(np.float64)
    return counts


def _count_same(codes: NDArray[np.int64], positions: NDArray[np.intp]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    return counts[inverse[positions]].astype(np.float64)


@cache
def _holiday_days(country: str, first_year: int, last_year: int) -> Minutes:
    if country not in holidays.list_supported_countries():
        return np.empty(0, dtype=np.int64)
    dates = holidays.country_holidays(country, years=range(first_year, last_year + 1))
    return np.array(sorted(dates), dtype="datetime64[D]").astype(np.int64)


def _days_from_holiday(days: Minutes, origins: pd.Series) -> NDArray[np.float64]:
    """Signed days since the nearest public holiday, missing beyond a week."""
    years = (days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)) + 1970
    countries = origins.map({origin: country_of(origin) for origin in origins.unique()}).to_numpy()
    distance = np.full(len(days), np.nan)
    for country in np.unique(countries):
        here = countries == country
        known = _holiday_days(str(country), int(years.min()) - 1, int(years.max()) + 1)
        distance[here] = _signed_distance(days[here], known)
    return np.where(np.abs(distance) <= HOLIDAY_REACH_DAYS, distance, np.nan)


def _signed_distance(days: Minutes, known: Minutes) -> NDArray[np.float64]:
    if not len(known):
        return np.full(len(days), np.nan)
    following = np.searchsorted(known, days, side="left").clip(1, len(known) - 1)
    ahead, behind = days - known[following], days - known[following - 1]
    nearest: NDArray[np.float64] = np.where(-ahead < behind, ahead, behind).astype(np.float64)
    return nearest
