"""Flights that New York's data lacks, on a regular timetable: inbound, feeding and onward.

Numbers begin at 9000, above every real one, and a route's numbers and hours stay the same
all year. Each function takes routes (carrier, origin, destination) row by row and gives legs
in the same rows; where no flight fits, the instants are missing.
"""

import pandas as pd

from pipelines.sources.geography import distance_between, is_westward, network, zones_of
from pipelines.sources.random_streams import fingerprint
from pipelines.sources.wall_clock import from_local, to_local

ROUTE = ["carrier", "origin", "destination"]
LEG_COLUMNS = [
    *["carrier", "flight_number", "origin", "destination", "service_date"],
    *["scheduled_departure_at", "scheduled_arrival_at", "is_generated"],
]
FIRST_NUMBER = 9_000
FIRST_DEPARTURE_MINUTES = 360
MINUTES_BETWEEN_DEPARTURES = 120
DEPARTURES_PER_DAY = 8
SHORTEST_LAYOVER = pd.Timedelta(minutes=50)
LONGEST_LAYOVER = pd.Timedelta(minutes=180)


def fly_on(
    routes: pd.DataFrame, service_date: "pd.Series[pd.Timestamp]", departure: "pd.Series[int]"
) -> pd.DataFrame:
    """Take the route's n-th departure of a day, counted from 0."""
    zone = zones_of(routes["origin"])
    minutes = FIRST_DEPARTURE_MINUTES + _offset(routes) + MINUTES_BETWEEN_DEPARTURES * departure
    departure_at = from_local(service_date + pd.to_timedelta(minutes, unit="min"), zone)
    departure_at = departure_at.where(departure.between(0, DEPARTURES_PER_DAY - 1))
    legs = routes[ROUTE].assign(
        flight_number=_number(routes, departure),
        service_date=service_date,
        scheduled_departure_at=departure_at,
        scheduled_arrival_at=departure_at + block_time(routes),
        is_generated=True,
    )
    return legs[LEG_COLUMNS]


def fly_after(routes: pd.DataFrame, landed_at: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    """Take the first departure that leaves time to change planes, if the wait is bearable."""
    earliest = to_local(landed_at + SHORTEST_LAYOVER, zones_of(routes["origin"]))
    place = -(-_place_in_timetable(routes, earliest) // 1)
    legs = fly_on(routes, earliest.dt.normalize(), place.clip(lower=0).fillna(-1).astype("int64"))
    return _where_bearable(legs, legs["scheduled_departure_at"] - landed_at)


def fly_before(routes: pd.DataFrame, leaving_at: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    """Take the last departure that still reaches a connecting flight, if the wait is bearable."""
    zone = zones_of(routes["origin"])
    latest = to_local(leaving_at - SHORTEST_LAYOVER - block_time(routes), zone)
    place = (_place_in_timetable(routes, latest) // 1).clip(upper=DEPARTURES_PER_DAY - 1)
    legs = fly_on(routes, latest.dt.normalize(), place.fillna(-1).astype("int64"))
    return _where_bearable(legs, leaving_at - legs["scheduled_arrival_at"])


def block_time(routes: pd.DataFrame) -> "pd.Series[pd.Timedelta]":
    """Estimate gate to gate as the real schedules have it, longer against the wind."""
    distance_km = distance_between(routes["origin"], routes["destination"])
    against_wind = is_westward(routes["origin"], routes["destination"])
    km_per_minute = against_wind.map({True: 12.4, False: 13.7}).astype("float64")
    minutes: pd.Series[float] = (58 + distance_km / km_per_minute) / 5
    return pd.to_timedelta(minutes.round() * 5, unit="min")


def _place_in_timetable(
    routes: pd.DataFrame, local: "pd.Series[pd.Timestamp]"
) -> "pd.Series[float]":
    minutes = local.dt.hour * 60 + local.dt.minute
    return (minutes - FIRST_DEPARTURE_MINUTES - _offset(routes)) / MINUTES_BETWEEN_DEPARTURES


def _offset(routes: pd.DataFrame) -> "pd.Series[int]":
    """Spread the routes' first departures over two hours, in steps of five minutes."""
    route = routes["carrier"] + routes["origin"] + routes["destination"]
    return fingerprint(route) % (MINUTES_BETWEEN_DEPARTURES // 5) * 5


def _number(routes: pd.DataFrame, departure: "pd.Series[int]") -> "pd.Series[str]":
    """Count destinations and departures, so a carrier's numbers at an airport never clash."""
    rank = routes["destination"].map(network())
    number = FIRST_NUMBER + rank * DEPARTURES_PER_DAY + departure
    return number.astype("int64").astype("str")


def _where_bearable(legs: pd.DataFrame, layover: "pd.Series[pd.Timedelta]") -> pd.DataFrame:
    fits = layover.between(SHORTEST_LAYOVER, LONGEST_LAYOVER)
    times = ["scheduled_departure_at", "scheduled_arrival_at"]
    return legs.assign(**{name: legs[name].where(fits) for name in times})
