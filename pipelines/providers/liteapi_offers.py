"""Reads what LiteAPI offers: hotels with their rates."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, NoReturn

from pipelines.providers.errors import ProviderRefused
from pipelines.providers.hotel_payload import (
    RowRefused,
    instant,
    known_currency,
    mapping,
    members,
    money,
    needed_words,
    number,
    says_yes,
    words,
)
from pipelines.providers.hotel_rows import (
    Row,
    gather,
)
from pipelines.providers.hotel_supplier import (
    Availability,
    HotelOffer,
    ListedHotel,
    RoomWish,
    hotel_ref_of,
)

SUPPLIER: Final = "liteapi"
BOARDS: Final = {
    "RO": "room_only",
    "BB": "breakfast",
    "BI": "breakfast",
    "HB": "half_board",
    "FB": "full_board",
    "AI": "all_inclusive",
}
"""By the first two letters of the code: BB1 and BB2 are kinds of breakfast."""

_REFUNDABLE: Final = "RFN"


def parse_rates(
    payload: object, wish: RoomWish, places: Mapping[str, ListedHotel] | None = None
) -> Availability:
    """Read the answer to a search.

    Parameters
    ----------
    payload:
        JSON; None or an answer without data has nothing available.
    wish:
        What was asked: LiteAPI repeats neither nights nor rooms.
    places:
        Hotels by LiteAPI's id, for those that the answer does not locate.

    Returns
    -------
    :
        Every offer, or why it cannot be used; a hotel without offers is one rejection.

    Raises
    ------
    ProviderRefused
        It is no answer to a search.
    """
    if payload is None:
        return Availability()
    listed = payload.get("data") if isinstance(payload, dict) else payload
    if listed is not None and not isinstance(listed, list):
        raise ProviderRefused(SUPPLIER, "sent rates that are not a list")
    return gather(_rows(listed or [], _listed_hotels(payload, places or {}), wish))


def hotels_without_place(availability: Availability) -> list[str]:
    """List hotels with offers that nobody located yet, by our reference."""
    return [hotel.hotel_ref for hotel in availability.hotels if not hotel.is_located]


def parse_hotel(payload: object, hotel_id: str) -> ListedHotel:
    """Read a hotel's own page.

    Parameters
    ----------
    payload:
        JSON.
    hotel_id:
        LiteAPI's id of it.

    Returns
    -------
    :
        The hotel; what the page does not say is None.
    """
    data = mapping(mapping(payload).get("data"))
    place = mapping(data.get("location")) or data
    described = {
        "name": data.get("name"),
        "stars": data.get("starRating"),
        "latitude": place.get("latitude"),
        "longitude": place.get("longitude"),
    }
    return _hotel(hotel_id, described)


def price_in(value: object, column_name: str) -> tuple[int, str] | None:
    """Read a price, which is an object or a list of one; None if there is none."""
    price = mapping(next(iter(members(value)), None))
    if price.get("amount") is None:
        return None
    currency = known_currency(price.get("currency"), f"{column_name}.currency")
    return money(price["amount"], currency, f"{column_name}.amount"), currency


def _listed_hotels(payload: object, places: Mapping[str, ListedHotel]) -> dict[str, ListedHotel]:
    """Read the hotels an answer describes, by LiteAPI's id; where it locates one, it is right."""
    found = dict(places)
    for described in map(mapping, members(mapping(payload).get("hotels"))):
        hotel_id = words(described.get("id"))
        if hotel_id is None:
            continue
        hotel = _hotel(hotel_id, described)
        if hotel.is_located or hotel_id not in found:
            found[hotel_id] = hotel
    return found


def _hotel(hotel_id: str, described: Mapping[str, Any]) -> ListedHotel:
    return ListedHotel(
        hotel_ref=hotel_ref_of(SUPPLIER, hotel_id),
        name=words(described.get("name")) or hotel_id,
        latitude=number(described.get("latitude"), -90, 90),
        longitude=number(described.get("longitude"), -180, 180),
        stars=number(described.get("stars"), 1, 5),
    )


def _rows(listed: list[Any], hotels: Mapping[str, ListedHotel], wish: RoomWish) -> Iterator[Row]:
    for entry in listed:
        offered = members(mapping(entry).get("roomTypes"))
        if not offered:
            yield entry, _refuse
        for offer in offered:
            yield offer, partial(_read, mapping(entry), mapping(offer), hotels, wish)


def _refuse() -> NoReturn:
    raise RowRefused("roomTypes", "has no offer: it is sold out")


def _read(
    entry: Mapping[str, Any],
    offer: Mapping[str, Any],
    hotels: Mapping[str, ListedHotel],
    wish: RoomWish,
) -> tuple[ListedHotel, HotelOffer]:
    hotel_id = needed_words(entry.get("hotelId"), "hotelId")
    hotel = hotels.get(hotel_id) or _hotel(hotel_id, {})
    rates = [mapping(rate) for rate in members(offer.get("rates"))]
    price, currency = price_of(offer, rates)
    is_refundable, refund_until = refund_of(rates)
    needs_membership = says_yes(offer.get("loyaltyMembershipIdRequired"))
    return hotel, HotelOffer(
        supplier=SUPPLIER,
        hotel_ref=hotel.hotel_ref,
        offer_ref=needed_words(offer.get("offerId"), "offerId"),
        room_type=_room_type(offer, rates),
        check_in_on=wish.check_in_on,
        check_out_on=wish.check_out_on,
        rooms=wish.rooms,
        price_minor_units=price,
        currency=currency,
        quantity_available=None,
        is_refundable=is_refundable,
        refund_until=refund_until,
        board=board_of(rates),
        expires_at=None,
        obstacle="is only for members of the hotel's loyalty programme"
        if needs_membership
        else None,
    )


def price_of(offer: Mapping[str, Any], rates: list[Mapping[str, Any]]) -> tuple[int, str]:
    """Give the price of all rooms: the offer's own, else the sum of its rates."""
    if own := price_in(offer.get("offerRetailRate"), "offerRetailRate"):
        return own
    totals = [
        price_in(mapping(rate.get("retailRate")).get("total"), "retailRate.total") for rate in rates
    ]
    priced = [total for total in totals if total]
    if not priced or len(priced) < len(totals):
        raise RowRefused("retailRate.total", "is missing")
    currencies = {currency for _, currency in priced}
    if len(currencies) > 1:
        raise RowRefused("retailRate.total", f"mixes {' and '.join(sorted(currencies))}")
    return sum(amount for amount, _ in priced), currencies.pop()


def _room_type(offer: Mapping[str, Any], rates: list[Mapping[str, Any]]) -> str:
    """Name the room, or the different rooms that are sold together."""
    named = dict.fromkeys(name for rate in rates if (name := words(rate.get("name"))))
    return " + ".join(named) or words(offer.get("name")) or "room"


def board_of(rates: list[Mapping[str, Any]]) -> str | None:
    """Give the meals in our words; a code we do not know stays as it is called."""
    rate = next(iter(rates), {})
    code, name = words(rate.get("boardType")), words(rate.get("boardName"))
    return BOARDS.get((code or "")[:2].upper()) or name or code


def refund_of(rates: list[Mapping[str, Any]]) -> tuple[bool, datetime | None]:
    """Find until when every room can be cancelled free of charge."""
    policies = [mapping(rate.get("cancellationPolicies")) for rate in rates]
    steps = [
        step
        for policy in policies
        for step in map(mapping, members(policy.get("cancelPolicyInfos")))
    ]
    ends = [
        instant(step.get("cancelTime"), "cancelTime")
        for step in steps
        if number(step.get("amount"), 0, 1e12) != 0
    ]
    tags = [(words(policy.get("refundableTag")) or "").upper() for policy in policies]
    is_refundable = bool(tags) and all(tag == _REFUNDABLE for tag in tags)
    return is_refundable, min(filter(None, ends), default=None) if is_refundable else None
