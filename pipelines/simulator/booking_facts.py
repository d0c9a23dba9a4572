"""The generated bookings in the order they were made, as rows of one segment and traveller each."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.sources.generated_travel import FLIGHT, GeneratedTravel

ROW_COLUMNS: Final = (
    *("booking_ref", "status", "kind", "traveller_ref", "given_name", "family_name", "email"),
    *("phone", "carrier", "flight_number", "origin", "destination", "departure_at", "arrival_at"),
    *("departure_on", "cabin", "hotel_ref", "hotel_name", "hotel_address", "hotel_latitude"),
    *("hotel_longitude", "room_type", "check_in_on", "check_out_on", "rooms"),
    *("price_minor_units", "currency", "booked_at", "source_updated_at"),
)
_OF_HOTEL: Final = {
    "name": "hotel_name",
    "latitude": "hotel_latitude",
    "longitude": "hotel_longitude",
}
_OF_FLIGHT: Final = {
    "scheduled_departure_at": "departure_at",
    "scheduled_arrival_at": "arrival_at",
}
_OF_TRAVELLER: Final = ["traveller_ref", "given_name", "family_name", "email", "phone"]
_SEGMENT_ORDER: Final = ["booking", "kind", "segment"]


class BookingFacts:
    """Bookings by the instant they were made at; a booking is named by its place in that order."""

    def __init__(self, travel: GeneratedTravel, flights: pd.DataFrame) -> None:
        bookings = travel.bookings.sort_values(["booked_at", "booking_ref"], ignore_index=True)
        self._bookings = bookings[["booking_ref", "booked_at", "currency"]]
        self.refs: list[str] = bookings["booking_ref"].tolist()
        self.booked_at: list[datetime] = [at.to_pydatetime() for at in bookings["booked_at"]]
        places = pd.Series(bookings.index, index=bookings["booking_ref"])
        self._segments = _segments(travel, flights, places)
        self._travellers = _travellers(travel, places)
        self._first_segments = _starts(self._segments, len(bookings))
        self._first_travellers = _starts(self._travellers, len(bookings))
        self.row_counts: NDArray[np.int64] = np.diff(self._first_segments) * np.diff(
            self._first_travellers
        )
        """How many rows each booking has."""

    def rows(self, places: Sequence[int]) -> list[list[dict[str, Any]]]:
        """Give the rows of bookings.

        Parameters
        ----------
        places:
            Of the bookings.

        Returns
        -------
        :
            For each booking its rows, every segment of it for every traveller; a segment's price
            stands on the first of its rows.
        """
        segments = _of_places(self._segments, self._first_segments, places)
        travellers = _of_places(self._travellers, self._first_travellers, places)
        both = segments.merge(travellers, on="booking")
        both = both.merge(self._bookings, left_on="booking", right_index=True)
        both = both.sort_values([*_SEGMENT_ORDER, "traveller"], ignore_index=True)
        is_first = ~both.duplicated(_SEGMENT_ORDER)
        both["price_minor_units"] = both["price_minor_units"].where(is_first)
        both = both.assign(status="confirmed", source_updated_at=both["booked_at"])
        both = both.reindex(columns=["booking", *ROW_COLUMNS])
        by_place: dict[int, list[dict[str, Any]]] = {place: [] for place in places}
        for row in both.to_dict("records"):
            by_place[row.pop("booking")].append({str(k): _json(v) for k, v in row.items()})
        return [by_place[place] for place in places]


def _segments(
    travel: GeneratedTravel, flights: pd.DataFrame, places: "pd.Series[int]"
) -> pd.DataFrame:
    columns = [*FLIGHT, *_OF_FLIGHT]
    known = pd.concat([flights[columns], travel.flights[columns]], ignore_index=True)
    legs = travel.legs.merge(known, on=FLIGHT, how="left").assign(kind="flight")
    legs = legs.rename(columns=_OF_FLIGHT | {"service_date": "departure_on"})
    hotels = travel.hotels.set_index("hotel_ref")[[*_OF_HOTEL]].rename(columns=_OF_HOTEL)
    stays = travel.stays.join(hotels, on="hotel_ref").assign(kind="stay")
    both = pd.concat([legs, stays], ignore_index=True).rename(columns={"position": "segment"})
    both = both.assign(booking=both["booking_ref"].map(places))
    return both.drop(columns="booking_ref").sort_values(_SEGMENT_ORDER, ignore_index=True)


def _travellers(travel: GeneratedTravel, places: "pd.Series[int]") -> pd.DataFrame:
    described = travel.travellers.set_index("traveller_ref")[_OF_TRAVELLER[1:]]
    named = travel.booking_travellers.join(described, on="traveller_ref")
    named = named.rename(columns={"position": "traveller"})
    named = named.assign(booking=named["booking_ref"].map(places)).drop(columns="booking_ref")
    return named.sort_values(["booking", "traveller"], ignore_index=True)


def _starts(rows: pd.DataFrame, count: int) -> NDArray[np.int64]:
    """Find where the rows of each booking begin, and where the last ones end."""
    return np.searchsorted(rows["booking"].to_numpy(), np.arange(count + 1)).astype(np.int64)


def _of_places(
    rows: pd.DataFrame, starts: NDArray[np.int64], places: Sequence[int]
) -> pd.DataFrame:
    spans = [np.arange(starts[place], starts[place + 1]) for place in places]
    return rows.iloc[np.concatenate(spans) if spans else []]


def _json(value: Any) -> Any:
    """Write a value as the interface does: nothing as null, an instant in UTC, a date as one."""
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value
