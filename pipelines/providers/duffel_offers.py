"""Reads what Duffel Stays offers: hotels with their rates, and quotes that re-price one."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
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
    room_count,
    says_yes,
    words,
)
from pipelines.providers.hotel_rows import (
    Row,
    data_of,
    gather,
    is_other_board,
    is_refund_worse,
    nights_in,
    percent_between,
    reading,
    refuse_other_stay,
)
from pipelines.providers.hotel_supplier import (
    Availability,
    HotelOffer,
    ListedHotel,
    Quote,
    RoomWish,
    hotel_ref_of,
)

SUPPLIER: Final = "duffel"
_DATES: Final = ("check_in_date", "check_out_date")
_NO_RATES: Final = "has no rate: it is sold out, or its rates were not fetched"


def parse_search(payload: object, wish: RoomWish) -> Availability:
    """Read the answer to a search.

    Parameters
    ----------
    payload:
        JSON.
    wish:
        What was asked, for what the answer does not repeat.

    Returns
    -------
    :
        Every rate as an offer or a rejection.
    """
    return parse_results(list_results(payload), wish, {})


def list_results(payload: object) -> list[Any]:
    """List the hotels of a search's answer; `ProviderRefused` if it has no list of them."""
    results = data_of(SUPPLIER, payload).get("results")
    if results is not None and not isinstance(results, list):
        raise ProviderRefused(SUPPLIER, "sent search results that are not a list")
    return results or []


def parse_results(
    results: list[Any], wish: RoomWish, why_no_rates: Mapping[int, str]
) -> Availability:
    """Read hotels and their rates.

    Parameters
    ----------
    results:
        One per hotel.
    wish:
        What was asked.
    why_no_rates:
        By place in the list, why a hotel's rates could not be fetched.

    Returns
    -------
    :
        Every rate as an offer or a rejection; a hotel without rates is one rejection.
    """
    return gather(_rows(results, wish, why_no_rates))


def rates_of(accommodation: object) -> list[tuple[Mapping[str, Any], Any]]:
    """List a hotel's rates, each with its room; there are none until they are fetched."""
    return [
        (mapping(room), rate)
        for room in members(mapping(accommodation).get("rooms"))
        for rate in members(mapping(room).get("rates"))
    ]


def refundable_of(rate: Mapping[str, Any], currency: str) -> list[tuple[datetime | None, int]]:
    """List until when how much comes back, the earliest first.

    Parameters
    ----------
    rate:
        As Duffel sent it; without a cancellation timeline nothing comes back.
    currency:
        Of the rate; refunds in another one are left out.

    Returns
    -------
    :
        Ends with amounts in minor units; an end of None has no limit, and stands last.
    """
    steps = [
        (
            instant(step.get("before"), "cancellation_timeline.before"),
            money(
                step.get("refund_amount") or "0", currency, "cancellation_timeline.refund_amount"
            ),
        )
        for step in map(mapping, members(rate.get("cancellation_timeline")))
        if words(step.get("currency")) in {None, currency}
    ]
    return sorted(steps, key=lambda step: (step[0] is None, step[0] and step[0].timestamp()))


def parse_quote(payload: object, offer: HotelOffer) -> Quote:
    """Read a quote.

    Parameters
    ----------
    payload:
        JSON.
    offer:
        What the quote was asked for.

    Returns
    -------
    :
        The offer as Duffel would book it now; it ends when the offer's rate does.

    Raises
    ------
    ProviderRefused
        It cannot be read, or is for another hotel, other nights or other rooms.
    """
    data = data_of(SUPPLIER, payload)
    with reading(SUPPLIER, "a quote"):
        quoted = _quoted(data, offer)
        quote_ref = needed_words(data.get("id"), "id")
    refuse_other_stay(offer, quoted)
    return Quote(
        quote_ref,
        quoted,
        is_cancellation_changed=is_refund_worse(offer, quoted),
        is_board_changed=is_other_board(offer, quoted),
        price_difference_percent=percent_between(offer, quoted),
    )


def _rows(results: list[Any], wish: RoomWish, why_no_rates: Mapping[int, str]) -> Iterator[Row]:
    for place, result in enumerate(results):
        rates = rates_of(mapping(result).get("accommodation"))
        if not rates:
            yield result, partial(_refuse, why_no_rates.get(place, _NO_RATES))
        for room, rate in rates:
            yield rate, partial(_read, mapping(result), room, mapping(rate), wish)


def _refuse(reason: str) -> NoReturn:
    raise RowRefused("rates", reason)


def _read(
    result: Mapping[str, Any], room: Mapping[str, Any], rate: Mapping[str, Any], wish: RoomWish
) -> tuple[ListedHotel, HotelOffer]:
    hotel = _hotel(mapping(result.get("accommodation")))
    nights = nights_in(result, _DATES, (wish.check_in_on, wish.check_out_on))
    currency = known_currency(rate.get("total_currency"), "total_currency")
    price = money(rate.get("total_amount"), currency, "total_amount")
    is_refundable, refund_until = _full_refund(rate, price, currency)
    rate_ends, result_ends = (
        instant(end.get("expires_at"), "expires_at") for end in (rate, result)
    )
    return hotel, HotelOffer(
        supplier=SUPPLIER,
        hotel_ref=hotel.hotel_ref,
        offer_ref=needed_words(rate.get("id"), "id"),
        room_type=words(room.get("name")) or "room",
        check_in_on=nights[0],
        check_out_on=nights[1],
        rooms=room_count(result.get("rooms"), "rooms") or wish.rooms,
        price_minor_units=price,
        currency=currency,
        quantity_available=room_count(rate.get("quantity_available"), "quantity_available"),
        is_refundable=is_refundable,
        refund_until=refund_until,
        board=words(rate.get("board_type")),
        expires_at=rate_ends or result_ends,
        obstacle=_obstacle(rate),
    )


def _hotel(accommodation: Mapping[str, Any]) -> ListedHotel:
    hotel_id = needed_words(accommodation.get("id"), "accommodation.id")
    place = mapping(mapping(accommodation.get("location")).get("geographic_coordinates"))
    return ListedHotel(
        hotel_ref=hotel_ref_of(SUPPLIER, hotel_id),
        name=words(accommodation.get("name")) or hotel_id,
        latitude=number(place.get("latitude"), -90, 90),
        longitude=number(place.get("longitude"), -180, 180),
        stars=number(accommodation.get("rating"), 1, 5),
    )


def _full_refund(
    rate: Mapping[str, Any], price: int, currency: str
) -> tuple[bool, datetime | None]:
    """Find until when the whole price comes back; a part of it does not count as refundable."""
    ends = [end for end, refund in refundable_of(rate, currency) if refund >= price]
    return bool(ends), ends[-1] if ends else None


def _obstacle(rate: Mapping[str, Any]) -> str | None:
    said = rate.get("available_payment_methods")
    methods = [said] if isinstance(said, str) else members(said)
    if says_yes(rate.get("loyalty_programme_required")):
        return "is only for members of the hotel's loyalty programme"
    if methods and "balance" not in methods:
        return "cannot be paid from our balance with the supplier"
    return None


def _quoted(data: Mapping[str, Any], offer: HotelOffer) -> HotelOffer:
    """Put what a quote says over the offer; what it leaves out stays as offered."""
    accommodation = mapping(data.get("accommodation"))
    hotel_id = words(accommodation.get("id"))
    nights = nights_in(data, _DATES, (offer.check_in_on, offer.check_out_on))
    currency = known_currency(data.get("total_currency"), "total_currency")
    price = money(data.get("total_amount"), currency, "total_amount")
    quoted = replace(
        offer,
        hotel_ref=hotel_ref_of(SUPPLIER, hotel_id) if hotel_id else offer.hotel_ref,
        check_in_on=nights[0],
        check_out_on=nights[1],
        rooms=room_count(data.get("rooms"), "rooms") or offer.rooms,
        price_minor_units=price,
        currency=currency,
        expires_at=instant(data.get("expires_at"), "expires_at") or offer.expires_at,
    )
    return _with_terms(quoted, rates_of(accommodation))


def _with_terms(quoted: HotelOffer, rates: list[tuple[Mapping[str, Any], Any]]) -> HotelOffer:
    """Take board and refund from the quoted rate, where the quote shows it."""
    own = [rate for _, rate in rates if words(mapping(rate).get("id")) == quoted.offer_ref]
    if not own:
        return quoted
    rate = mapping(own[0])
    is_refundable, refund_until = _full_refund(rate, quoted.price_minor_units, quoted.currency)
    return replace(
        quoted,
        board=words(rate.get("board_type")) or quoted.board,
        is_refundable=is_refundable,
        refund_until=refund_until,
        expires_at=instant(rate.get("expires_at"), "expires_at") or quoted.expires_at,
    )
