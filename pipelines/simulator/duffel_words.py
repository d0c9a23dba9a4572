"""Says hotels, rates, quotes, bookings and refusals as Duffel Stays does."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from pipelines.simulator.exchange import Answer, Refusal, Voice, in_zulu
from pipelines.simulator.faults import Kind
from pipelines.simulator.hotel_facts import Hotel
from pipelines.simulator.hotel_offers import Offer
from pipelines.simulator.hotel_orders import Booking, Quoted
from pipelines.simulator.hotel_stock import OnSale
from pipelines.simulator.hotel_terms import amount, free_until

ACCOMMODATION: Final = "acc_H"
RATE: Final = "rat_"
RESULT: Final = "srr_"
_BEDS: Final = {"single": ("single", 1), "double": ("double", 1), "family": ("double", 2)}
_SILENT_EVERY: Final = 7
"""Every so many hotels do not say how many rooms they have left."""
_RESETS_AFTER: Final = {
    Kind.MINUTELY: timedelta(minutes=1),
    Kind.HOURLY: timedelta(hours=1),
    Kind.DAILY: timedelta(days=1),
    Kind.CONCURRENT: timedelta(seconds=1),
}


def error_answer(status: int, kind: str, code: str, message: str, **more: Any) -> Answer:
    """Say an error in the envelope that all of Duffel's come in."""
    title = code.replace("_", " ").capitalize()
    address = "https://duffel.com/docs/api/overview/errors"
    error = {"type": kind, "code": code, "title": title, "message": message, **more}
    meta = {"status": status, "request_id": f"simulated-{code}"}
    return Answer({"errors": [error | {"documentation_url": address}], "meta": meta}, status)


def refuse(code: str, message: str, status: int = 422) -> Refusal:
    """Refuse a request that cannot be done as things stand."""
    return Refusal(error_answer(status, "invalid_request_error", code, message))


def refuse_field(field: str, reason: str) -> Refusal:
    """Refuse a field of the body."""
    source = {"field": field, "pointer": f"/data/{field}"}
    message = f"Field '{field}' {reason}"
    return Refusal(
        error_answer(422, "validation_error", "validation_required", message, source=source)
    )


def _failing(kind: Kind) -> Answer:
    if kind is Kind.UNAVAILABLE:
        return error_answer(503, "api_error", "service_unavailable", "Try again later.")
    if kind is Kind.REFUSED:
        return error_answer(
            403, "authentication_error", "insufficient_permissions", "Ask for access to Stays."
        )
    limited = error_answer(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests.")
    # The supplier's own clock: it lives in the present, whatever is replayed.
    reset_at = datetime.now(UTC) + _RESETS_AFTER[kind]
    headers = {
        "ratelimit-limit": "60",
        "ratelimit-remaining": "0",
        "ratelimit-reset": format_datetime(reset_at, usegmt=True),
    }
    return Answer(limited.payload, limited.status, headers)


VOICE: Final = Voice(_failing)


def search_result(hotel: Hotel, found: Sequence[OnSale], *, shows_rates: bool) -> dict[str, Any]:
    """Say that a hotel has rooms, with their rates or with the cheapest price alone."""
    cheapest = min((each.offer for each in found), key=lambda offer: offer.price_minor_units)
    stay = cheapest.stay
    rooms = [_room(hotel, each) for each in found] if shows_rates else []
    return {
        "id": f"{RESULT}{cheapest.token()}",
        "check_in_date": stay.check_in_on.isoformat(),
        "check_out_date": stay.check_out_on.isoformat(),
        "rooms": stay.rooms,
        "guests": [{"type": "adult"}] * stay.adults,
        "accommodation": accommodation(hotel, rooms),
        "cheapest_rate_total_amount": text(cheapest.price_minor_units),
        "cheapest_rate_currency": cheapest.currency,
        "expires_at": in_zulu(cheapest.expires_at),
    }


def quote_fields(hotel: Hotel, quoted: Quoted, each: OnSale, rate_id: str) -> dict[str, Any]:
    """Say what a rate costs now; the rate keeps the name it was asked for by."""
    offer = quoted.offer
    room = _room(hotel, each, rate_id)
    return {
        "id": quoted.quote_ref,
        "check_in_date": offer.stay.check_in_on.isoformat(),
        "check_out_date": offer.stay.check_out_on.isoformat(),
        "rooms": offer.stay.rooms,
        "guests": [{"type": "adult"}] * offer.stay.adults,
        "accommodation": accommodation(hotel, [room]),
        "total_amount": text(offer.price_minor_units),
        "total_currency": offer.currency,
        "tax_amount": None,
        "tax_currency": offer.currency,
        "due_at_accommodation_amount": None,
        "due_at_accommodation_currency": offer.currency,
    }


def booking_fields(hotel: Hotel, booking: Booking) -> dict[str, Any]:
    """Say a booking as it stands."""
    offer, order = booking.quoted.offer, booking.order
    each = OnSale(offer, offer.stay.rooms, 0)
    is_cancelled = booking.cancelled_at is not None
    return {
        "id": booking.booking_ref,
        "reference": f"SIM-{booking.booking_ref.upper()[-8:]}",
        "status": "cancelled" if is_cancelled else "confirmed",
        "confirmed_at": in_zulu(booking.booked_at),
        "cancelled_at": in_zulu(booking.cancelled_at) if booking.cancelled_at else None,
        "check_in_date": offer.stay.check_in_on.isoformat(),
        "check_out_date": offer.stay.check_out_on.isoformat(),
        "rooms": offer.stay.rooms,
        "accommodation": accommodation(hotel, [_room(hotel, each)]),
        "guests": order.get("guests"),
        "email": order.get("email"),
        "phone_number": order.get("phone_number"),
        "metadata": order.get("metadata"),
    }


def accommodation(hotel: Hotel, rooms: list[dict[str, Any]]) -> dict[str, Any]:
    """Say a hotel."""
    place = {"latitude": hotel.latitude, "longitude": hotel.longitude}
    return {
        "id": f"{ACCOMMODATION}{hotel.number}",
        "name": hotel.name,
        "rating": hotel.stars,
        "review_score": None,
        "location": {"geographic_coordinates": place, "address": {"country_code": "US"}},
        "rooms": rooms,
    }


def text(minor_units: int) -> str:
    """Write an amount as text, as Duffel does."""
    return f"{amount(minor_units):.2f}"


def _room(hotel: Hotel, each: OnSale, rate_id: str | None = None) -> dict[str, Any]:
    kind, count = _BEDS.get(each.offer.room_type, ("double", 1))
    return {
        "name": each.offer.room_type,
        "beds": [{"type": kind, "count": count}],
        "rates": [_rate(hotel, each, rate_id)],
    }


def _rate(hotel: Hotel, each: OnSale, rate_id: str | None) -> dict[str, Any]:
    offer = each.offer
    is_silent = int(hotel.number) % _SILENT_EVERY == 0
    return {
        "id": rate_id or f"{RATE}{offer.token()}",
        "total_amount": text(offer.price_minor_units),
        "total_currency": offer.currency,
        "board_type": "room_only",
        "payment_type": "pay_now",
        "available_payment_methods": ["balance"],
        "loyalty_programme_required": False,
        "negotiated_rate_id": None,
        "source": "duffel_hotel_group",
        "cancellation_timeline": _timeline(hotel, offer),
        "quantity_available": None if is_silent else each.left,
        "expires_at": in_zulu(offer.expires_at),
    }


def _timeline(hotel: Hotel, offer: Offer) -> list[Mapping[str, str]]:
    until = free_until(hotel, offer)
    if until is None:
        return []
    refund = text(offer.price_minor_units)
    return [{"before": in_zulu(until), "refund_amount": refund, "currency": offer.currency}]
