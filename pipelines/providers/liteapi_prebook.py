"""Reads LiteAPI's prebook, which re-prices an offer and may change its terms."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pipelines.providers.hotel_payload import (
    mapping,
    members,
    needed_words,
    number,
    says_yes,
    words,
)
from pipelines.providers.hotel_rows import (
    data_of,
    is_other_board,
    is_refund_worse,
    nights_in,
    percent_between,
    reading,
    refuse_other_stay,
)
from pipelines.providers.hotel_supplier import HotelOffer, Quote, hotel_ref_of
from pipelines.providers.liteapi_offers import (
    SUPPLIER,
    board_of,
    price_in,
    price_of,
    refund_of,
)

_DATES: Final = ("checkin", "checkout")


def parse_prebook(payload: object, offer: HotelOffer) -> Quote:
    """Read a prebook.

    Parameters
    ----------
    payload:
        JSON.
    offer:
        What was prebooked.

    Returns
    -------
    :
        The offer as LiteAPI would book it now, and which of its terms changed.

    Raises
    ------
    ProviderRefused
        It cannot be read, or is for another hotel or other nights.
    """
    data = data_of(SUPPLIER, payload)
    with reading(SUPPLIER, "a prebook"):
        quoted = _quoted(data, offer)
        quote_ref = needed_words(data.get("prebookId"), "prebookId")
    refuse_other_stay(offer, quoted)
    percent = number(data.get("priceDifferencePercent"), -1e6, 1e6)
    cancellation, board = data.get("cancellationChanged"), data.get("boardChanged")
    return Quote(
        quote_ref,
        quoted,
        # Where LiteAPI does not say, we compare for ourselves.
        is_cancellation_changed=is_refund_worse(offer, quoted)
        if cancellation is None
        else says_yes(cancellation),
        is_board_changed=is_other_board(offer, quoted) if board is None else says_yes(board),
        price_difference_percent=percent_between(offer, quoted) if percent is None else percent,
    )


def _quoted(data: Mapping[str, Any], offer: HotelOffer) -> HotelOffer:
    """Put what a prebook says over the offer; what it leaves out stays as offered."""
    hotel_id = words(data.get("hotelId"))
    nights = nights_in(data, _DATES, (offer.check_in_on, offer.check_out_on))
    rates = [
        mapping(rate)
        for room_type in map(mapping, members(data.get("roomTypes")))
        for rate in members(room_type.get("rates"))
    ]
    final = {"amount": data.get("price"), "currency": data.get("currency") or offer.currency}
    price, currency = price_in(final, "price") or price_of({}, rates)
    is_refundable, refund_until = refund_of(rates)
    return replace(
        offer,
        hotel_ref=hotel_ref_of(SUPPLIER, hotel_id) if hotel_id else offer.hotel_ref,
        check_in_on=nights[0],
        check_out_on=nights[1],
        price_minor_units=price,
        currency=currency,
        board=board_of(rates) or offer.board,
        is_refundable=is_refundable if rates else offer.is_refundable,
        refund_until=refund_until if rates else offer.refund_until,
    )
