"""Stays in hotels as schema.org and Gmail's markup describe them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.reading.errors import Unusable
from pipelines.reading.moments import read_moment
from pipelines.reading.values import degrees_of, listed, said, text_of

_ADDRESS = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")


@dataclass(frozen=True, kw_only=True)
class StaySaid:
    """What a document says of one stay, under the names of a segment."""

    hotel_ref: str | None
    hotel_name: str
    hotel_address: str | None
    hotel_latitude: float | None
    hotel_longitude: float | None
    room_type: str | None
    check_in_on: date
    check_out_on: date


def read_stay(hotel: object, reservation: Mapping[str, Any]) -> StaySaid:
    """Read one stay of a reservation.

    Parameters
    ----------
    hotel:
        What the reservation is for.
    reservation:
        Where the nights are said.

    Returns
    -------
    :
        The stay.

    Raises
    ------
    Unusable
        It cannot be told in which hotel or for which nights.
    """
    name = text_of(said(hotel, "name") or hotel)
    if name is None:
        raise Unusable("hotel_name", "The hotel has no name: ask the sender for it.")
    check_in_on = _day(reservation, "check_in_on", "checkinTime", "checkinDate")
    check_out_on = _day(reservation, "check_out_on", "checkoutTime", "checkoutDate")
    if check_out_on <= check_in_on:
        raise Unusable(
            "check_out_on",
            f"The stay ends on {check_out_on} and begins on {check_in_on}: ask for its true days.",
        )
    geo = said(hotel, "geo") or hotel
    return StaySaid(
        hotel_ref=text_of(said(hotel, "identifier")),
        hotel_name=name,
        hotel_address=_address(said(hotel, "address")),
        hotel_latitude=degrees_of(said(geo, "latitude"), 90),
        hotel_longitude=degrees_of(said(geo, "longitude"), 180),
        room_type=text_of(said(reservation, "lodgingUnitType", "lodgingUnitDescription")),
        check_in_on=check_in_on,
        check_out_on=check_out_on,
    )


def _day(reservation: Mapping[str, Any], column_name: str, *names: str) -> date:
    """Read a day as written: whatever offset stands beside it, it is the hotel's own."""
    moment = read_moment(said(reservation, *names), column_name)
    if moment is None:
        raise Unusable(column_name, f"The stay has no {names[0]}: ask the sender for it.")
    return moment.on


def _address(address: object) -> str | None:
    parts = [text_of(said(address, name)) for name in _ADDRESS]
    written = ", ".join(part for part in parts if part is not None)
    return written or next((text for text in map(text_of, listed(address)) if text), None)
