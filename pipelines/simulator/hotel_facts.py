"""The generated hotels, and what they had reported of their free rooms by an instant."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

import pandas as pd

from pipelines.sources.geography import great_circle_km, zones_of


class Hotel(NamedTuple):
    """A generated hotel."""

    hotel_ref: str
    name: str
    airport: str
    latitude: float
    longitude: float
    stars: int
    is_refundable: bool
    time_zone: str

    @property
    def number(self) -> str:
        """The digits of its reference, of which every supplier makes its own."""
        return self.hotel_ref.removeprefix("H")


class RoomNight(NamedTuple):
    """Rooms of one type that a hotel reports as free for one night, and the price of one."""

    hotel_ref: str
    room_type: str
    night: date
    total: int
    price_minor_units: int
    currency: str
    occupancy: int


class HotelFacts:
    """Hotels by reference and place, and their rooms by night."""

    def __init__(self, hotels: pd.DataFrame, room_inventory: pd.DataFrame) -> None:
        zoned = hotels.assign(time_zone=zones_of(hotels["airport"]))
        renamed = zoned.rename(columns={"refundable": "is_refundable"})
        rows = renamed[list(Hotel._fields)].itertuples(index=False, name=None)
        self._hotels = {hotel.hotel_ref: hotel for hotel in map(Hotel._make, rows)}
        self._places = hotels.set_index("hotel_ref")[["latitude", "longitude"]]
        ordered = room_inventory.sort_values("reported_at", kind="stable")
        self._by_night = dict(iter(ordered.groupby("night")))

    def hotel(self, hotel_ref: str) -> Hotel | None:
        """Give a hotel; None if there is none of this reference."""
        return self._hotels.get(hotel_ref)

    def at_airport(self, airport: str) -> list[Hotel]:
        """List an airport's hotels."""
        return [hotel for hotel in self._hotels.values() if hotel.airport == airport]

    def within(self, latitude: float, longitude: float, radius_km: float) -> list[Hotel]:
        """List the hotels in a circle, the nearest first."""
        here = self._places.assign(latitude=latitude, longitude=longitude)
        away_km = great_circle_km(
            self._places["latitude"], self._places["longitude"], here["latitude"], here["longitude"]
        )
        near = away_km[away_km <= radius_km].sort_values(kind="stable")
        return [self._hotels[str(hotel_ref)] for hotel_ref in near.index]

    def rooms(
        self, hotel_refs: Iterable[str], nights: Sequence[date], at: datetime
    ) -> list[RoomNight]:
        """Give what hotels reported last, by an instant, of their rooms on some nights."""
        asked = set(hotel_refs)
        found = []
        for night in nights:
            reports = self._by_night.get(night)
            if reports is None:
                continue
            is_known = reports["hotel_ref"].isin(asked) & (reports["reported_at"] <= at)
            newest = reports[is_known].drop_duplicates(["hotel_ref", "room_type"], keep="last")
            ordered = newest.sort_values(["hotel_ref", "occupancy"])
            columns = ordered[list(RoomNight._fields)]
            found += [RoomNight(*row) for row in columns.itertuples(index=False, name=None)]
        return found
