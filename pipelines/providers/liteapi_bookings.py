"""Reads LiteAPI's bookings and cancellations: amounts count there, the status does not."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pipelines.providers.errors import ProviderRefused
from pipelines.providers.hotel_payload import (
    instant,
    known_currency,
    local_date,
    mapping,
    members,
    money,
    needed_words,
    words,
)
from pipelines.providers.hotel_rows import data_of, key_in, reading
from pipelines.providers.hotel_supplier import (
    BookingState,
    Cancellation,
    SupplierBooking,
    hotel_ref_of,
)
from pipelines.providers.liteapi_offers import SUPPLIER, price_in

_STATES: Final = {
    "CONFIRMED": BookingState.CONFIRMED,
    "CANCELLED": BookingState.CANCELLED,
    "CANCELED": BookingState.CANCELLED,
    "CANCELLED_WITH_CHARGES": BookingState.CANCELLED,
    "FAILED": BookingState.FAILED,
    "REJECTED": BookingState.FAILED,
}


def parse_booking(payload: object) -> SupplierBooking:
    """Read a booking; `ProviderRefused` if it has no id, or a date or price that is none."""
    data = data_of(SUPPLIER, payload)
    hotel_id = words(mapping(data.get("hotel")).get("hotelId"))
    with reading(SUPPLIER, "a booking"):
        price, currency = price_in(
            {"amount": data.get("price"), "currency": data.get("currency")}, "price"
        ) or (None, None)
        return SupplierBooking(
            supplier=SUPPLIER,
            booking_ref=needed_words(data.get("bookingId"), "bookingId"),
            idempotency_key=key_in(data.get("clientReference")),
            state=_state(data.get("status")),
            hotel_ref=hotel_ref_of(SUPPLIER, hotel_id) if hotel_id else None,
            confirmation_ref=words(data.get("hotelConfirmationCode")),
            check_in_on=local_date(data.get("checkin"), "checkin"),
            check_out_on=local_date(data.get("checkout"), "checkout"),
            rooms=len(members(data.get("bookedRooms") or data.get("rooms"))) or None,
            price_minor_units=price,
            currency=currency,
            confirmed_at=instant(data.get("createdAt"), "createdAt"),
            cancelled_at=instant(data.get("cancelledAt"), "cancelledAt"),
        )


def parse_bookings_under(payload: object, key: UUID) -> list[SupplierBooking]:
    """Read the bookings that were made under a key.

    Parameters
    ----------
    payload:
        JSON; None has none.
    key:
        Of the bookings; others in the answer are left out.

    Returns
    -------
    :
        Usually one, or none.

    Raises
    ------
    ProviderRefused
        It is no list of bookings, so nobody can tell what is not in it.
    """
    listed = payload.get("data", payload) if isinstance(payload, dict) else payload
    is_one = isinstance(listed, dict) and "bookingId" in listed
    entries = [listed] if is_one else [] if listed is None else listed
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ProviderRefused(SUPPLIER, "sent something other than a list of bookings")
    return [
        parse_booking({"data": entry})
        for entry in entries
        if key_in(entry.get("clientReference")) == key
    ]


def parse_cancellation(payload: object, booking_ref: str) -> Cancellation:
    """Read what a cancellation costs and gives back.

    Parameters
    ----------
    payload:
        JSON.
    booking_ref:
        What was cancelled.

    Returns
    -------
    :
        The amounts; even a plain "CANCELLED" may come with a fee.

    Raises
    ------
    ProviderRefused
        It cannot be read, or the booking is not cancelled.
    """
    data = data_of(SUPPLIER, payload)
    status = words(data.get("status"))
    has_amounts = {"cancellation_fee", "refund_amount"} & data.keys()
    if _state(status) is not BookingState.CANCELLED and (status or not has_amounts):
        raise ProviderRefused(SUPPLIER, f"says that {booking_ref} is {status or 'of no status'}")
    with reading(SUPPLIER, "a cancellation"):
        return Cancellation(
            SUPPLIER,
            booking_ref,
            fee_minor_units=_amount(data, "cancellation_fee"),
            refund_minor_units=_amount(data, "refund_amount"),
            currency=words(data.get("currency")),
            cancelled_at=instant(data.get("cancelledAt"), "cancelledAt"),
        )


def _amount(data: Mapping[str, Any], field: str) -> int | None:
    if data.get(field) is None:
        return None
    return money(data[field], known_currency(data.get("currency"), "currency"), field)


def _state(status: object) -> BookingState:
    """Read the state; a word we do not know leaves the outcome open."""
    return _STATES.get((words(status) or "").upper(), BookingState.PENDING)
