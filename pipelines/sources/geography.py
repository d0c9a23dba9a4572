"""Where airports lie, how far apart, and in which time zone."""

from functools import cache

import numpy as np
import pandas as pd

from pipelines.sources.nycflights_movements import airports_used, known_airports, parse_movements

EARTH_RADIUS_KM = 6_371.0
NEW_YORK_AIRPORTS = ("EWR", "JFK", "LGA")


@cache
def network() -> "pd.Series[int]":
    """Give the airports that real flights use their place in alphabetical order."""
    used = airports_used(parse_movements(None).accepted)
    return pd.Series(range(len(used)), index=used, dtype="int64")


def zones_of(airports: "pd.Series[str]") -> "pd.Series[str]":
    """Give each airport's IANA time zone."""
    return airports.map(known_airports()["time_zone"])


def great_circle_km(
    latitude: "pd.Series[float]",
    longitude: "pd.Series[float]",
    to_latitude: "pd.Series[float]",
    to_longitude: "pd.Series[float]",
) -> "pd.Series[float]":
    """Measure along the surface, by the haversine formula."""
    north, to_north = np.radians(latitude), np.radians(to_latitude)
    half_height = np.sin((to_north - north) / 2) ** 2
    half_width = np.sin(np.radians(to_longitude - longitude) / 2) ** 2
    chord = half_height + np.cos(north) * np.cos(to_north) * half_width
    return pd.Series(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord)), index=latitude.index)


def distance_between(origin: "pd.Series[str]", destination: "pd.Series[str]") -> "pd.Series[float]":
    """Measure from airport to airport."""
    known = known_airports()
    ends = [
        airports.map(known[coordinate])
        for airports in (origin, destination)
        for coordinate in ("latitude", "longitude")
    ]
    return great_circle_km(*ends)


def is_westward(origin: "pd.Series[str]", destination: "pd.Series[str]") -> "pd.Series[bool]":
    """Say which ways lead west, against the wind."""
    longitude = known_airports()["longitude"]
    return destination.map(longitude) < origin.map(longitude)
