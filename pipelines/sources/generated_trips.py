"""Legs of every trip: a real departure from New York, and the generated flights around it."""

import numpy as np
import pandas as pd

from pipelines.sources.generated_connections import list_feeders, list_onward
from pipelines.sources.generated_timetable import (
    DEPARTURES_PER_DAY,
    LEG_COLUMNS,
    LONGEST_LAYOVER,
    ROUTE,
    SHORTEST_LAYOVER,
    fly_after,
    fly_before,
    fly_on,
)
from pipelines.sources.geography import zones_of
from pipelines.sources.random_streams import stream
from pipelines.sources.wall_clock import to_local

FIRST_DAY, LAST_DAY = pd.Timestamp("2013-01-01"), pd.Timestamp("2013-12-31")
DEPARTURE, ARRIVAL = "scheduled_departure_at", "scheduled_arrival_at"
# A visitor's flight lands at least this long before the flight home.
SHORTEST_VISIT = pd.Timedelta(hours=8)


def list_legs(trips: pd.DataFrame, flights: pd.DataFrame) -> pd.DataFrame:
    """Give the legs of all trips in order, `trip` being the row of the trip."""
    of_shape = dict(list(trips.groupby("shape")))
    chains = [
        [anchor_legs(of_shape["one_way"])],
        _round_trip(of_shape["round_trip"]),
        _visit(of_shape["visit"]),
        _feeder(of_shape["feeder"], flights),
        _onward(of_shape["onward"]),
    ]
    flown = [leg[leg[DEPARTURE].notna()] for chain in chains for leg in chain]
    legs = pd.concat([leg.assign(trip=leg.index) for leg in flown])
    legs = legs.sort_values(["trip", DEPARTURE], ignore_index=True)
    position = legs.groupby("trip").cumcount() + 1
    return legs.assign(position=position, is_generated=legs["is_generated"].astype(bool))


def anchor_legs(trips: pd.DataFrame) -> pd.DataFrame:
    """Give the real departure each trip is anchored on."""
    return trips.assign(service_date=trips["day"])[LEG_COLUMNS]


def _round_trip(trips: pd.DataFrame) -> list[pd.DataFrame]:
    there = anchor_legs(trips)
    return [there, _fly_back(trips, there, _reverse(there), last_departure=DEPARTURES_PER_DAY)]


def _visit(trips: pd.DataFrame) -> list[pd.DataFrame]:
    home = anchor_legs(trips)
    day = trips["day"] - pd.to_timedelta(trips["nights"], unit="D")
    inbound = fly_on(_reverse(home), day, _any_departure("visit", trips, DEPARTURES_PER_DAY))
    in_time = (day >= FIRST_DAY) & (home[DEPARTURE] - inbound[ARRIVAL] >= SHORTEST_VISIT)
    return [_only(inbound, in_time), home]


def _feeder(trips: pd.DataFrame, flights: pd.DataFrame) -> list[pd.DataFrame]:
    there = anchor_legs(trips)
    start = _choose_end("feeder", there, list_feeders(), "start")
    feeder = fly_before(_route(there["carrier"], start, there["origin"]), there[DEPARTURE])
    back = _fly_back(trips, there, _reverse(there), last_departure=DEPARTURES_PER_DAY)
    home = _find_real(_route(there["carrier"], there["origin"], start), back[ARRIVAL], flights)
    returns = feeder[DEPARTURE].notna() & back[DEPARTURE].notna() & home[DEPARTURE].notna()
    return [feeder, there, _only(back, returns), _only(home, returns)]


def _onward(trips: pd.DataFrame) -> list[pd.DataFrame]:
    there = anchor_legs(trips)
    end = _choose_end("onward", there, list_onward(), "end")
    onward = fly_after(_route(there["carrier"], there["destination"], end), there[ARRIVAL])
    back = _fly_back(trips, onward, _reverse(onward), last_departure=DEPARTURES_PER_DAY - 3)
    home = fly_after(_reverse(there), back[ARRIVAL])
    returns = back[DEPARTURE].notna() & home[DEPARTURE].notna()
    return [there, onward, _only(back, returns), _only(home, returns)]


def _fly_back(
    trips: pd.DataFrame, there: pd.DataFrame, routes: pd.DataFrame, last_departure: int
) -> pd.DataFrame:
    """Fly some nights after arriving; nobody flies back who never got there, or after the year."""
    landed_on = to_local(there[ARRIVAL], zones_of(there["destination"])).dt.normalize()
    day = landed_on + pd.to_timedelta(trips["nights"], unit="D")
    shape = str(trips["shape"].iloc[0])
    back = fly_on(routes, day, _any_departure(f"back {shape}", trips, last_departure))
    return _only(back, day <= LAST_DAY)


def _find_real(
    routes: pd.DataFrame, landed_at: "pd.Series[pd.Timestamp]", flights: pd.DataFrame
) -> pd.DataFrame:
    """Find the first real departure of each route that can be reached and waited for."""
    wanted = routes.assign(ready_at=landed_at + SHORTEST_LAYOVER, trip=routes.index)
    wanted = wanted[wanted["ready_at"].notna()].sort_values("ready_at", kind="stable")
    offered = flights[LEG_COLUMNS].assign(ready_at=flights[DEPARTURE])
    found = pd.merge_asof(
        wanted,
        offered,
        on="ready_at",
        by=ROUTE,
        direction="forward",
        tolerance=LONGEST_LAYOVER - SHORTEST_LAYOVER,
    )
    found["service_date"] = pd.to_datetime(found["service_date"])
    return found.set_index("trip")[LEG_COLUMNS].reindex(routes.index)


def _choose_end(
    name: str, there: pd.DataFrame, ways: pd.DataFrame, column: str
) -> "pd.Series[str]":
    """Choose one of the ends each departure can connect to."""
    ways = ways.sort_values([*ROUTE, column], ignore_index=True)
    groups = ways.groupby(ROUTE)[column].agg(["size"]).assign(first=lambda g: g["size"].cumsum())
    spans = there[ROUTE].merge(groups.reset_index(), on=ROUTE, how="left")
    place = stream(f"end {name}").random(len(there)) * spans["size"]
    row = (spans["first"] - spans["size"] + np.floor(place)).astype("int64")
    return pd.Series(ways[column].to_numpy()[row], index=there.index)


def _any_departure(name: str, trips: pd.DataFrame, last_departure: int) -> "pd.Series[int]":
    drawn = stream(f"departure {name}").integers(0, last_departure, len(trips))
    return pd.Series(drawn, index=trips.index)


def _route(
    carrier: "pd.Series[str]", origin: "pd.Series[str]", destination: "pd.Series[str]"
) -> pd.DataFrame:
    return pd.DataFrame({"carrier": carrier, "origin": origin, "destination": destination})


def _reverse(legs: pd.DataFrame) -> pd.DataFrame:
    return _route(legs["carrier"], legs["destination"], legs["origin"])


def _only(legs: pd.DataFrame, wanted: "pd.Series[bool]") -> pd.DataFrame:
    return legs.assign(**{DEPARTURE: legs[DEPARTURE].where(wanted)})
