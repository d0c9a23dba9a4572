"""Turns what suppliers offer into the warehouse's hotels and room nights.

Both suppliers report what is left besides what we booked: their counts are net.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

import pandas as pd

from pipelines.providers.hotel_payload import Rejection
from pipelines.providers.hotel_supplier import (
    Availability,
    HotelOffer,
    ListedHotel,
    NearAirport,
    RoomWish,
)
from pipelines.sources.geography import great_circle_km
from warehouse.bulk.contract import REFUSED_COLUMNS

SUPPLIER_RELIABILITY: Final = 0.8
"""How often a supplier confirms, before we know better: eight of ten."""

HOTEL_COLUMNS: Final = [
    "hotel_ref",
    "name",
    "airport",
    "latitude",
    "longitude",
    "distance_km",
    "stars",
    "supplier_reliability",
    "is_refundable",
    "is_generated",
]
ROOM_COLUMNS: Final = [
    "hotel_ref",
    "room_type",
    "night",
    "reported_total",
    "price_minor_units",
    "currency",
    "count_semantics",
    "reported_at",
]


@dataclass(frozen=True)
class AvailabilityFrames:
    """Canonical hotels and room nights, and the offers that could not become any."""

    hotels: pd.DataFrame
    rooms: pd.DataFrame
    rejected: pd.DataFrame


def frames_of(
    availability: Availability, near: NearAirport, wish: RoomWish, *, reported_at: datetime
) -> AvailabilityFrames:
    """Make canonical frames of a search's offers.

    Of several offers for one room type the cheapest gives the price and the largest the count.

    Parameters
    ----------
    availability:
        What a supplier answered.
    near:
        The airport that was searched around.
    wish:
        What was asked; its currency is kept where a room is priced in several.
    reported_at:
        When the supplier answered, UTC.

    Returns
    -------
    :
        Hotels with something to sell, one row per room type and night, and everything else.
    """
    located = {hotel.hotel_ref: hotel for hotel in availability.hotels if hotel.is_located}
    offers, rejected = _sellable(availability.offers, located, reported_at)
    rooms, mixed = _one_currency(offers, wish.currency)
    refundable = _refundable_hotels(rooms, reported_at)
    hotels = [located[hotel_ref] for hotel_ref in refundable]
    return AvailabilityFrames(
        _hotels_frame(hotels, near, refundable),
        pd.DataFrame(
            [night for room in rooms for night in _nights(room, reported_at)],
            columns=ROOM_COLUMNS,
        ),
        _rejected_frame([*availability.rejected, *rejected, *mixed]),
    )


def _sellable(
    offers: Iterable[HotelOffer], located: Mapping[str, ListedHotel], reported_at: datetime
) -> tuple[list[HotelOffer], list[Rejection]]:
    sellable, rejected = [], []
    for offer in offers:
        if why := _why_not_sellable(offer, located, reported_at):
            rejected.append(Rejection(offer.line, offer.raw, *why))
        else:
            sellable.append(offer)
    return sellable, rejected


def _why_not_sellable(
    offer: HotelOffer, located: Mapping[str, ListedHotel], reported_at: datetime
) -> tuple[str, str] | None:
    if offer.hotel_ref not in located:
        return "latitude", f"is not known of {offer.hotel_ref}: how far it is, nobody can tell"
    if offer.obstacle:
        return "offer_ref", offer.obstacle
    if offer.expires_at is not None and offer.expires_at <= reported_at:
        return "expires_at", "had passed when the offer came in"
    return None


def _one_currency(
    offers: list[HotelOffer], wanted: str
) -> tuple[list[Sequence[HotelOffer]], list[Rejection]]:
    """Group offers by hotel, room type and stay, each in one currency: the wanted, or the first."""

    def stay(offer: HotelOffer) -> tuple[Any, ...]:
        return (offer.hotel_ref, offer.room_type, offer.check_in_on, offer.check_out_on)

    rooms: list[Sequence[HotelOffer]] = []
    mixed = []
    for _, found in groupby(sorted(offers, key=stay), key=stay):
        group = list(found)
        currencies = {offer.currency for offer in group}
        kept = wanted if wanted in currencies else group[0].currency
        rooms.append([offer for offer in group if offer.currency == kept])
        reason = f"is not {kept}, in which the same room is priced"
        mixed += [
            Rejection(offer.line, offer.raw, "currency", reason)
            for offer in group
            if offer.currency != kept
        ]
    return rooms, mixed


def _cheapest(room: Sequence[HotelOffer]) -> HotelOffer:
    return min(room, key=lambda offer: (offer.price_minor_units / offer.rooms, offer.line))


def _refundable_hotels(rooms: list[Sequence[HotelOffer]], reported_at: datetime) -> dict[str, bool]:
    """Tell of each hotel whether every rate we would sell can still be cancelled free of charge."""
    refundable: dict[str, bool] = {}
    for offer in map(_cheapest, rooms):
        is_late = offer.refund_until is not None and offer.refund_until <= reported_at
        is_refundable = offer.is_refundable and not is_late
        refundable[offer.hotel_ref] = refundable.get(offer.hotel_ref, True) and is_refundable
    return refundable


def _nights(room: Sequence[HotelOffer], reported_at: datetime) -> list[dict[str, Any]]:
    """Give a row per night; the price is rounded up, so that the nights never cost less."""
    cheapest = _cheapest(room)
    counts = (
        offer.rooms if offer.quantity_available is None else offer.quantity_available
        for offer in room
    )
    row = {
        "hotel_ref": cheapest.hotel_ref,
        "room_type": cheapest.room_type,
        "reported_total": max(counts),
        "price_minor_units": -(-cheapest.price_minor_units // (cheapest.rooms * cheapest.nights)),
        "currency": cheapest.currency,
        "count_semantics": "net",
        "reported_at": reported_at,
    }
    return [
        row | {"night": cheapest.check_in_on + timedelta(days=night)}
        for night in range(cheapest.nights)
    ]


def _hotels_frame(
    hotels: list[ListedHotel], near: NearAirport, refundable: Mapping[str, bool]
) -> pd.DataFrame:
    frame = pd.DataFrame(
        [
            (hotel.hotel_ref, hotel.name, hotel.latitude, hotel.longitude, hotel.stars)
            for hotel in hotels
        ],
        columns=["hotel_ref", "name", "latitude", "longitude", "stars"],
    ).astype({"latitude": "float64", "longitude": "float64", "stars": "float64"})
    airport = pd.DataFrame(
        {"latitude": near.latitude, "longitude": near.longitude}, index=frame.index, dtype="float64"
    )
    distance_km = great_circle_km(
        frame["latitude"], frame["longitude"], airport["latitude"], airport["longitude"]
    )
    return frame.assign(
        airport=near.iata,
        distance_km=distance_km,
        supplier_reliability=SUPPLIER_RELIABILITY,
        is_refundable=frame["hotel_ref"].map(refundable).astype("bool"),
        is_generated=False,
    )[HOTEL_COLUMNS]


def _rejected_frame(rejected: list[Rejection]) -> pd.DataFrame:
    rows = sorted(rejected, key=lambda row: row.line)
    return pd.DataFrame(
        [(row.line, row.raw, row.column_name, row.reason) for row in rows],
        columns=REFUSED_COLUMNS,
    )
