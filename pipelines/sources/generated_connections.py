"""Which pairs of flights make a sensible connection, through New York or through a hub."""

from functools import cache

import pandas as pd

from pipelines.sources.geography import NEW_YORK_AIRPORTS, distance_between
from pipelines.sources.nycflights_movements import parse_movements

HUBS = {
    "9E": ("DTW", "MSP", "ATL"),
    "AA": ("DFW", "ORD", "MIA"),
    "B6": ("MCO", "FLL", "BOS"),
    "DL": ("ATL", "DTW", "MSP", "SLC"),
    "EV": ("IAD", "CLE", "ORD"),
    "FL": ("ATL",),
    "MQ": ("ORD",),
    "UA": ("ORD", "IAH", "DEN", "SFO", "IAD", "CLE"),
    "US": ("CLT", "PHX"),
    "VX": ("SFO", "LAX"),
    "WN": ("MDW", "BNA", "DEN", "HOU"),
}
LONGEST_DETOUR = 1.4
SHORTEST_HOP_KM, LONGEST_HOP_KM = 250, 4_200
SHORTEST_THROUGH_TRIP_KM = 600
LEAST_FLIGHTS_A_YEAR = 50


@cache
def served_routes() -> pd.DataFrame:
    """List the routes carriers really fly from New York, with any regularity."""
    flights = parse_movements(None).accepted
    counted = flights.groupby(["carrier", "origin", "destination"]).size()
    routes = counted[counted >= LEAST_FLIGHTS_A_YEAR].index.to_frame(index=False)
    return routes[~routes["destination"].isin(NEW_YORK_AIRPORTS)]


@cache
def list_feeders() -> pd.DataFrame:
    """List where a departure can be reached from: places its carrier serves, on the way."""
    routes = served_routes()
    starts = routes.rename(columns={"destination": "start"})
    return _keep_sensible(
        routes.merge(starts, on=["carrier", "origin"]), "start", "origin", "destination"
    )


@cache
def list_onward() -> pd.DataFrame:
    """List where a departure to a hub can lead: places its carrier serves, on the way."""
    routes = served_routes()
    hubs = pd.DataFrame(
        [(carrier, hub) for carrier, hubs in HUBS.items() for hub in hubs],
        columns=["carrier", "destination"],
    )
    ends = routes[["carrier", "destination"]].drop_duplicates()
    ends = ends.rename(columns={"destination": "end"})
    through = routes.merge(hubs, on=["carrier", "destination"]).merge(ends, on="carrier")
    return _keep_sensible(through, "origin", "destination", "end")


def _keep_sensible(ways: pd.DataFrame, start: str, via: str, end: str) -> pd.DataFrame:
    """Keep ways of two hops, neither too short nor too long, with little detour."""
    first, second = distance_between(ways[start], ways[via]), distance_between(ways[via], ways[end])
    direct = distance_between(ways[start], ways[end])
    sensible = (
        first.between(SHORTEST_HOP_KM, LONGEST_HOP_KM)
        & second.between(SHORTEST_HOP_KM, LONGEST_HOP_KM)
        & (direct > SHORTEST_THROUGH_TRIP_KM)
        & (first + second <= LONGEST_DETOUR * direct)
    )
    return ways[sensible].reset_index(drop=True)
