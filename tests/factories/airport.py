"""Airports and carriers; asking twice for the same code gives the same row."""

from typing import Any

from sqlalchemy.orm import Session

from tests.factories.defaults import insert_row
from warehouse.schema.travel import Airport, Carrier

NEW_YORK = "America/New_York"
PLACES = {
    "JFK": ("John F Kennedy Intl", "New York", 40.6398, -73.7789, NEW_YORK),
    "LGA": ("La Guardia", "New York", 40.7772, -73.8726, NEW_YORK),
    "EWR": ("Newark Liberty Intl", "Newark", 40.6925, -74.1687, NEW_YORK),
    "BOS": ("General Edward Lawrence Logan Intl", "Boston", 42.3643, -71.0052, NEW_YORK),
    "ORD": ("Chicago Ohare Intl", "Chicago", 41.9786, -87.9048, "America/Chicago"),
    "LAX": ("Los Angeles Intl", "Los Angeles", 33.9425, -118.4081, "America/Los_Angeles"),
}


def make_airport(session: Session, iata: str = "JFK", **overrides: Any) -> Airport:
    """Insert an airport, or give the one that is there."""
    if standing := session.get(Airport, iata):
        return standing
    unknown = (f"{iata} Airport", iata, 40.0, -80.0, NEW_YORK)
    columns = ("name", "city", "latitude", "longitude", "time_zone")
    values = dict(zip(columns, PLACES.get(iata, unknown), strict=True))
    return insert_row(session, Airport, {"iata": iata} | values | overrides)


def make_carrier(session: Session, code: str = "B6", **overrides: Any) -> Carrier:
    """Insert a carrier, or give the one that is there."""
    if standing := session.get(Carrier, code):
        return standing
    return insert_row(session, Carrier, {"code": code, "name": f"{code} Airlines"} | overrides)
