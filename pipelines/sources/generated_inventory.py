"""Rooms that hotels report as free: plenty on a calm night, few once a storm strands people.

A report never knows more than its own instant: scarcity follows the cancellations and long
delays that carriers had reported by then.
"""

import numpy as np
import pandas as pd

from pipelines.sources.generated_hotels import CURRENCY, OCCUPANCY, demand_for_rooms, night_price
from pipelines.sources.generated_stays import spread_nights
from pipelines.sources.geography import NEW_YORK_AIRPORTS
from pipelines.sources.random_streams import stream
from pipelines.sources.wall_clock import from_local

INVENTORY_COLUMNS = [
    *["hotel_ref", "room_type", "night", "reported_at", "total", "price_minor_units"],
    *["currency", "occupancy", "is_generated"],
]
FIRST_REPORT_AT = pd.Timestamp("2012-12-15T05:00Z")
FIRST_NIGHT, LAST_NIGHT = "2013-01-01", "2013-12-31"
MOST_ROOMS = {"single": 8, "double": 14, "family": 5}
STORM_REPORT_HOURS = (12, 15, 18, 21)
CALM_SHARE, FULL_SHARE = 0.04, 0.24
FEWEST_LEFT = 0.05
STORM_PRICE_RISE = 0.5
NEXT_NIGHT_EASES = 0.5
ROOM = ["hotel_ref", "room_type", "night"]


def list_inventory(
    hotels: pd.DataFrame, stays: pd.DataFrame, flights: pd.DataFrame, reports: pd.DataFrame
) -> pd.DataFrame:
    """Give every report of free rooms; for a room and night the newest one known counts."""
    first = _first_reports(_wanted_nights(hotels, stays))
    storm = _storm_reports(first, measure_disruption(flights, reports))
    both = pd.concat([first, storm], ignore_index=True)
    priced = both.assign(
        currency=CURRENCY, occupancy=both["room_type"].map(OCCUPANCY), is_generated=True
    )
    return priced.sort_values([*ROOM, "reported_at"], ignore_index=True)[INVENTORY_COLUMNS]


def measure_disruption(flights: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Measure per airport, day and hour of report the share of flights known to be disrupted."""
    scheduled = flights.groupby(["origin", "service_date"]).size().rename("scheduled")
    bad = reports[reports["kind"].isin(["cancelled", "delayed"])]
    parts = [_measure_by(bad, hour) for hour in STORM_REPORT_HOURS]
    measured = pd.concat(parts).join(scheduled, on=["origin", "service_date"])
    share = measured["disrupted"] / measured["scheduled"]
    scarcity = ((share - CALM_SHARE) / (FULL_SHARE - CALM_SHARE)).clip(0, 1 - FEWEST_LEFT)
    measured = measured.assign(scarcity=scarcity, night=pd.to_datetime(measured["service_date"]))
    return measured.rename(columns={"origin": "airport"})[
        ["airport", "night", "reported_at", "scarcity"]
    ]


def _measure_by(bad: pd.DataFrame, hour: int) -> pd.DataFrame:
    """Count the disruptions of each day that had been reported by this local hour."""
    local = pd.to_datetime(bad["service_date"]) + pd.Timedelta(hours=hour)
    zone = pd.Series("America/New_York", index=bad.index)
    due = bad.assign(by=from_local(local, zone))
    known = due[due["reported_at"] <= due["by"]].drop_duplicates([
        *["carrier", "flight_number", "origin", "service_date"]
    ])
    counted = known.groupby(["origin", "service_date", "by"]).size().rename("disrupted")
    return counted.reset_index().rename(columns={"by": "reported_at"})


def _wanted_nights(hotels: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Take all nights of the year around New York, elsewhere the nights people stay."""
    in_new_york = hotels[hotels["airport"].isin(NEW_YORK_AIRPORTS)][["hotel_ref"]]
    year = pd.DataFrame({"night": pd.date_range(FIRST_NIGHT, LAST_NIGHT)})
    stayed = spread_nights(stays)[["hotel_ref", "night"]]
    nights = pd.concat([in_new_york.merge(year, how="cross"), stayed]).drop_duplicates()
    rooms = nights.merge(pd.DataFrame({"room_type": list(OCCUPANCY)}), how="cross")
    known = hotels[["hotel_ref", "airport", "stars"]]
    return rooms.merge(known, on="hotel_ref").sort_values(ROOM, ignore_index=True)


def _first_reports(rooms: pd.DataFrame) -> pd.DataFrame:
    """Report free rooms before the season: fewer on the nights everybody travels."""
    most = rooms["room_type"].map(MOST_ROOMS)
    luck = stream("free rooms").random(len(rooms))
    free = most * (0.35 + 0.65 * luck) / demand_for_rooms(rooms["night"])
    return rooms.assign(
        reported_at=FIRST_REPORT_AT,
        total=free.round().astype("int64"),
        price_minor_units=night_price(rooms, rooms["room_type"], rooms["night"]),
    )


def _storm_reports(first: pd.DataFrame, disruption: pd.DataFrame) -> pd.DataFrame:
    """Report fewer and dearer rooms for the night of a storm, and for the next one."""
    tonight = first.merge(disruption, on=["airport", "night"], suffixes=("_first", ""))
    evening = disruption.groupby(["airport", "night"], as_index=False).last()
    following = evening.assign(
        night=evening["night"] + pd.Timedelta(days=1),
        scarcity=evening["scarcity"] * NEXT_NIGHT_EASES,
    )
    next_night = first.merge(following, on=["airport", "night"], suffixes=("_first", ""))
    affected = pd.concat([tonight, next_night], ignore_index=True)
    left = np.floor(affected["total"] * (1 - affected["scarcity"])).astype("int64")
    price = affected["price_minor_units"] * (1 + STORM_PRICE_RISE * affected["scarcity"])
    dearer = affected.assign(total=left, price_minor_units=(price / 100).round().astype(int) * 100)
    return dearer[left < affected["total"]].drop(columns=["reported_at_first", "scarcity"])
