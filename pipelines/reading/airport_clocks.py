"""From what clocks show at an airport to the instant, and back to the local date."""

from functools import cache

import numpy as np
import pandas as pd


@cache
def zones_by_airport() -> "pd.Series[str]":
    """Give the IANA time zone of every airport by its IATA code.

    Returns
    -------
    :
        Zones, indexed by three-letter code.
    """
    import airportsdata

    airports = airportsdata.load("IATA")
    return pd.Series({code: airport["tz"] for code, airport in airports.items()}, dtype="str")


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


def _places(times: pd.Series, zones: "pd.Series[str]") -> list[tuple[str, "np.ndarray"]]:
    """Group the rows that have a time and a zone by zone."""
    there = np.flatnonzero(times.notna().to_numpy() & zones.notna().to_numpy())
    codes, names = pd.factorize(zones.iloc[there])
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return [(str(name), there[order[bounds[i] : bounds[i + 1]]]) for i, name in enumerate(names)]
