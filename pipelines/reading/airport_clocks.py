"""From what clocks show at an airport to the instant, and back to the local date."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.reading.airports import zone_of


def zones_of(airports: "pd.Series[str]") -> "pd.Series[str]":
    """Give the zone that clocks at airports keep.

    Parameters
    ----------
    airports:
        IATA codes, each missing or not.

    Returns
    -------
    :
        IANA names; missing where we do not know the airport.
    """
    zones = {code: zone_of(code) for code in airports.dropna().unique()}
    names = {code: zone.key for code, zone in zones.items() if zone is not None}
    return airports.map(names).astype("str")


def first_instants(
    local: "pd.Series[pd.Timestamp]", zones: "pd.Series[str]"
) -> "pd.Series[pd.Timestamp]":
    """Give the instant at which clocks of a zone first show a time.

    Parameters
    ----------
    local:
        Wall time without zone.
    zones:
        The zone of each, by the same index; missing where there is none.

    Returns
    -------
    :
        UTC; of an hour shown twice the first, and missing in an hour that clocks skip.
    """
    instants = pd.Series(pd.NaT, index=local.index, dtype="datetime64[us, UTC]")
    for zone, places in _places(local, zones):
        wall = local.iloc[places]
        always = np.ones(len(wall), dtype=bool)
        shown = wall.dt.tz_localize(zone, ambiguous=always, nonexistent="NaT")
        instants.iloc[places] = shown.dt.tz_convert("UTC")
    return instants


def local_dates(
    instants: "pd.Series[pd.Timestamp]", zones: "pd.Series[str]"
) -> "pd.Series[pd.Timestamp]":
    """Give the date that calendars of a zone show at an instant.

    Parameters
    ----------
    instants:
        UTC.
    zones:
        The zone of each, by the same index; missing where there is none.

    Returns
    -------
    :
        Midnights without zone.
    """
    dates = pd.Series(pd.NaT, index=instants.index, dtype="datetime64[s]")
    for zone, places in _places(instants, zones):
        local = instants.iloc[places].dt.tz_convert(zone).dt.tz_localize(None)
        dates.iloc[places] = local.dt.normalize().astype("datetime64[s]")
    return dates


def _places(times: pd.Series, zones: "pd.Series[str]") -> list[tuple[str, NDArray[np.intp]]]:
    """Group the rows that have a time and a zone by zone."""
    there = np.flatnonzero(times.notna().to_numpy() & zones.notna().to_numpy())
    codes, names = pd.factorize(zones.iloc[there])
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return [(str(name), there[order[bounds[i] : bounds[i + 1]]]) for i, name in enumerate(names)]
