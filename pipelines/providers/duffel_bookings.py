"""Reads the bookings of Duffel Stays: their state, the key they were made under, what comes back.

Our idempotency key travels in a booking's metadata: Duffel keeps it and hands it back as it was.
The reference is no place for it, because the hotel gives that one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pipelines.providers.duffel_offers import SUPPLIER, rates_of, refundable_of
from pipelines.providers.errors import ProviderRefused
from pipelines.providers.hotel_payload import (
    instant,
    known_currency,
    local_date,
    mapping,
    money,
    needed_words,
    room_count,
    words,
)
from pipelines.providers.hotel_rows import data_of, key_in, reading
from pipelines.providers.hotel_supplier import (
    BookingState,
    Cancellation,
    SupplierBooking,
    hotel_ref_of,
)

KEY_FIELD: Final = "idempotency_key"
_STATES: Final = {
    "confirmed": BookingState.CONFIRMED,
    "failed": BookingState.FAILED,
    "cancelled": BookingState.CANCELLED,
    "cancellation_confirmed": BookingState.CANCELLED,
}


def parse_booking(payload: object) -> SupplierBooking:
    """Read a booking; `ProviderRefused` if it has no id or a date that is none."""
    data = data_of(SUPPLIER, payload)
    hotel_id = words(mapping(data.get("accommodation")).get("id"))
    with reading(SUPPLIER, "a booking"):
        return SupplierBooking(
            supplier=SUPPLIER,
            booking_ref=needed_words(data.get("id"), "id"),
            idempotency_key=key_of(data),
            state=_state(data),
            hotel_ref=hotel_ref_of(SUPPLIER, hotel_id) if hotel_id else None,
            confirmation_ref=words(data.get("reference")),
            check_in_on=local_date(data.get("check_in_date"), "check_in_date"),
            check_out_on=local_date(data.get("check_out_date"), "check_out_date"),
            rooms=room_count(data.get("rooms"), "rooms"),
            confirmed_at=instant(data.get("confirmed_at"), "confirmed_at"),
            cancelled_at=instant(data.get("cancelled_at"), "cancelled_at"),
        )


def key_of(booking: Mapping[str, Any]) -> UUID | None:
    """Give the key a booking was made under; None if it was not made by us."""
    return key_in(mapping(booking.get("metadata")).get(KEY_FIELD))


def parse_page(payload: object) -> tuple[list[Mapping[str, Any]], str | None]:
    """Read one page of bookings.

    Parameters
    ----------
    payload:
        JSON.

    Returns
    -------
    :
        Bookings as they came, and the cursor of the next page; None if this is the last.

    Raises
    ------
    ProviderRefused
        It is no list of bookings, so nobody can tell what is not in it.
    """
    data = payload.get("data") if isinstance(payload, dict) else None
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise ProviderRefused(SUPPLIER, "sent something other than a list of bookings")
    return data, words(mapping(mapping(payload).get("meta")).get("after"))


def parse_cancellation(payload: object) -> Cancellation:
    """Read a cancelled booking.

    Duffel does not say what comes back. Where the booking shows the one rate it was made at, its
    cancellation timeline says so; else the amounts stay unknown.

    Parameters
    ----------
    payload:
        JSON.

    Returns
    -------
    :
        The cancellation.

    Raises
    ------
    ProviderRefused
        It cannot be read, or the booking is not cancelled.
    """
    booking = parse_booking(payload)
    if booking.state is not BookingState.CANCELLED:
        raise ProviderRefused(SUPPLIER, f"says that {booking.booking_ref} is {booking.state}")
    rates = rates_of(data_of(SUPPLIER, payload).get("accommodation"))
    fee = refund = currency = None
    if len(rates) == 1:
        with reading(SUPPLIER, "a cancellation"):
            fee, refund, currency = _money_back(mapping(rates[0][1]), booking.cancelled_at)
    return Cancellation(SUPPLIER, booking.booking_ref, fee, refund, currency, booking.cancelled_at)


def _state(data: Mapping[str, Any]) -> BookingState:
    """Read the state; a word we do not know, as "requested", leaves the outcome open."""
    said = words(data.get("status"))
    if said is not None:
        return _STATES.get(said.lower(), BookingState.PENDING)
    if data.get("cancelled_at"):
        return BookingState.CANCELLED
    return BookingState.CONFIRMED if data.get("confirmed_at") else BookingState.PENDING


def _money_back(
    rate: Mapping[str, Any], cancelled_at: datetime | None
) -> tuple[int | None, int | None, str]:
    """Give the fee and the refund of the step of the timeline that the cancellation fell in."""
    currency = known_currency(rate.get("total_currency"), "total_currency")
    price = money(rate.get("total_amount"), currency, "total_amount")
    steps = refundable_of(rate, currency)
    if steps and cancelled_at is None:
        return None, None, currency
    due = [refund for end, refund in steps if end is None or (cancelled_at and cancelled_at < end)]
    refund = min(due[0], price) if due else 0
    return price - refund, refund, currency
