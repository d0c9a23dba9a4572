"""Whose record counts together: an airport, its region, a carrier, and so on."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from ml.instants import zone_of


@dataclass(frozen=True)
class Subject:
    """Flights that share the values of some columns."""

    columns: tuple[str, ...]
    #: Whose flights they are, as an agent says it of a flight to predict.
    whose: str


SUBJECTS: Final = {
    "airport": Subject(("origin",), "from {origin}"),
    "region": Subject(("region",), "across the region"),
    "carrier": Subject(("carrier",), "of {carrier}"),
    "carrier_airport": Subject(("carrier", "origin"), "of {carrier} from {origin}"),
    "destination": Subject(("destination",), "to {destination}"),
}


def subjects_of(flights: pd.DataFrame) -> pd.DataFrame:
    """Name whose record each flight adds to; a region is the airports of one time zone.

    Parameters
    ----------
    flights:
        Canonical flights.

    Returns
    -------
    :
        carrier, origin, destination and region, a row per flight.
    """
    origin = flights["origin"]
    region = origin.map({airport: zone_of(airport) for airport in origin.unique()})
    return flights[["carrier", "origin", "destination"]].assign(region=region)
