"""What reading both suppliers' answers has in common: rows kept or refused, whole answers too."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.hotel_payload import (
    Rejection,
    RowRefused,
    local_date,
    raw_text,
    refuse_odd_stay,
    words,
)
from pipelines.providers.hotel_supplier import (
    Availability,
    HotelOffer,
    ListedHotel,
    OutcomeUnknown,
)
from pipelines.providers.http import ProviderClient

Row = tuple[object, Callable[[], tuple[ListedHotel, HotelOffer]]]
"""One row of an answer as it came, and how to read it; reading may refuse it."""


def gather(rows: Iterable[Row]) -> Availability:
    """Read every row of an answer: each becomes an offer or a rejection.

    Parameters
    ----------
    rows:
        In the order of the answer.

    Returns
    -------
    :
        Offers that know their place; of a hotel described twice, what says where it is.
    """
    hotels: dict[str, ListedHotel] = {}
    offers, rejected = [], []
    for line, (raw, read) in enumerate(rows, start=1):
        try:
            hotel, offer = read()
            _refuse_gift(offer)
        except RowRefused as refusal:
            rejected.append(Rejection(line, raw_text(raw), refusal.column_name, refusal.reason))
            continue
        if hotel.hotel_ref not in hotels or not hotels[hotel.hotel_ref].is_located:
            hotels[hotel.hotel_ref] = hotel
        offers.append(replace(offer, line=line, raw=raw_text(raw)))
    return Availability(tuple(hotels.values()), tuple(offers), tuple(rejected))


def _refuse_gift(offer: HotelOffer) -> None:
    if offer.price_minor_units == 0:
        raise RowRefused("price", "is zero, which no room costs")


@contextmanager
def reading(supplier: str, what: str) -> Iterator[None]:
    """Turn a field that means nothing into the refusal of the whole answer."""
    try:
        yield
    except RowRefused as refusal:
        raise ProviderRefused(supplier, f"sent {what} we cannot use: {refusal}") from refusal


def data_of(supplier: str, payload: object) -> Mapping[str, Any]:
    """Open the envelope that answers come in.

    Parameters
    ----------
    supplier:
        Whose answer it is.
    payload:
        JSON.

    Returns
    -------
    :
        The object under "data".

    Raises
    ------
    ProviderRefused
        There is no such object.
    """
    data = payload.get("data") if isinstance(payload, dict) else None
    if not isinstance(data, dict):
        raise ProviderRefused(supplier, 'sent an answer without an object under "data"')
    return data


def nights_in(
    source: Mapping[str, Any], names: tuple[str, str], asked: tuple[date, date]
) -> tuple[date, date]:
    """Read check-in and check-out.

    Parameters
    ----------
    source:
        Object that has them.
    names:
        Of its two fields.
    asked:
        What we asked for, where the supplier does not repeat it.

    Returns
    -------
    :
        Check-in and check-out, at least one night apart.
    """
    check_in_on = local_date(source.get(names[0]), names[0]) or asked[0]
    check_out_on = local_date(source.get(names[1]), names[1]) or asked[1]
    refuse_odd_stay(check_in_on, check_out_on, names[1])
    return check_in_on, check_out_on


def key_in(value: object) -> UUID | None:
    """Read an idempotency key; None if it is none of ours."""
    try:
        return UUID(words(value) or "")
    except ValueError:
        return None


def refuse_other_stay(offer: HotelOffer, quoted: HotelOffer) -> None:
    """Refuse a quote for another hotel or other nights than the offer, or for nothing.

    Such a quote must never be booked.

    Parameters
    ----------
    offer:
        What was asked for.
    quoted:
        What the supplier would book.

    Raises
    ------
    ProviderRefused
        They differ, or the price is zero.
    """
    pairs = (
        (offer.hotel_ref, quoted.hotel_ref),
        (offer.check_in_on, quoted.check_in_on),
        (offer.check_out_on, quoted.check_out_on),
        (offer.rooms, quoted.rooms),
    )
    for asked, got in pairs:
        if asked != got:
            raise ProviderRefused(offer.supplier, f"quoted {got} where {asked} was asked for")
    if quoted.price_minor_units == 0:
        raise ProviderRefused(offer.supplier, "quoted a price of zero, which no room costs")


def is_refund_worse(offer: HotelOffer, quoted: HotelOffer) -> bool:
    """Tell whether cancelling became dearer: no full refund any more, or only until sooner."""
    if not offer.is_refundable:
        return False
    if not quoted.is_refundable:
        return True
    if offer.refund_until is None or quoted.refund_until is None:
        return False
    return quoted.refund_until < offer.refund_until


def is_other_board(offer: HotelOffer, quoted: HotelOffer) -> bool:
    """Tell whether other meals are included than were offered, where the offer named any."""
    return offer.board is not None and offer.board != quoted.board


def percent_between(offer: HotelOffer, quoted: HotelOffer) -> float:
    """Give the rise of the price in percent; prices in two currencies are not compared."""
    if offer.currency != quoted.currency or offer.price_minor_units == 0:
        return 0.0
    rise = quoted.price_minor_units - offer.price_minor_units
    return round(100 * rise / offer.price_minor_units, 2)


def send_once(client: ProviderClient, method: str, path: str, body: object = None) -> Any:
    """Send what must not be sent twice.

    Parameters
    ----------
    client:
        Whom to ask.
    method:
        HTTP method.
    path:
        Below the base address.
    body:
        Sent as JSON.

    Returns
    -------
    :
        The JSON of the answer; None if it has no content.

    Raises
    ------
    ProviderRefused
        It was surely not done.
    OutcomeUnknown
        Nobody can tell whether it was done: no answer, half of one, a 5xx.
    """
    try:
        return client.send(method, path, body=body, is_repeatable=False)
    except ProviderBusy as error:
        raise OutcomeUnknown(client.name, error.reason, wait_seconds=error.wait_seconds) from error
    except ProviderRefused as error:
        if error.status is None:  # The answer was refused, not the request: it may be done.
            raise OutcomeUnknown(client.name, error.reason) from error
        raise
