"""Says hotels, offers, prebooks, bookings and refusals as LiteAPI does: amounts are numbers."""

from collections.abc import Sequence
from typing import Any, Final

from pipelines.simulator.exchange import Answer, Refusal, Voice, in_zulu
from pipelines.simulator.faults import Kind
from pipelines.simulator.hotel_facts import Hotel
from pipelines.simulator.hotel_offers import Offer
from pipelines.simulator.hotel_orders import Booking, Quoted
from pipelines.simulator.hotel_stock import OnSale
from pipelines.simulator.hotel_terms import amount, fee_minor_units, free_until

HOTEL: Final = "lp"
_BOARD: Final = {"boardType": "RO", "boardName": "Room Only"}
_WAIT_SECONDS: Final = {
    Kind.MINUTELY: 60,
    Kind.HOURLY: 3_600,
    Kind.DAILY: 86_400,
    Kind.CONCURRENT: 1,
}


def refuse(code: int, message: str, description: str | None = None, status: int = 400) -> Refusal:
    """Refuse in the supplier's form: the code in the body decides."""
    error: dict[str, Any] = {"code": code, "message": message}
    if description is not None:
        error["description"] = description
    return Refusal(Answer({"error": error}, status))


def refuse_input(description: str) -> Refusal:
    """Refuse a field of the body."""
    return refuse(4002, "required request field is missing or wrong input", description)


def _failing(kind: Kind) -> Answer:
    if kind is Kind.UNAVAILABLE:
        return Answer({"error": {"code": 5000, "message": "unable to process request"}}, 503)
    if kind is Kind.REFUSED:
        return Answer({"error": {"code": 4000, "message": "bad request"}}, 400)
    headers = {"Retry-After": str(_WAIT_SECONDS[kind])}
    return Answer({"error": {"code": 4290, "message": "too many requests"}}, 429, headers)


VOICE: Final = Voice(_failing)


def hotel_rates(hotel: Hotel, found: Sequence[OnSale]) -> dict[str, Any]:
    """Say what a hotel offers."""
    return {
        "hotelId": f"{HOTEL}{hotel.number}",
        "roomTypes": [_room_type(hotel, each) for each in found],
    }


def hotel_card(hotel: Hotel, *, with_place: bool) -> dict[str, Any]:
    """Say which hotel an id is, and where if that was asked for."""
    card: dict[str, Any] = {"id": f"{HOTEL}{hotel.number}", "name": hotel.name}
    if with_place:
        card |= {"latitude": hotel.latitude, "longitude": hotel.longitude, "stars": hotel.stars}
    return card


def hotel_page(hotel: Hotel) -> dict[str, Any]:
    """Say all of one hotel."""
    return {
        "id": f"{HOTEL}{hotel.number}",
        "name": hotel.name,
        "starRating": hotel.stars,
        "location": {"latitude": hotel.latitude, "longitude": hotel.longitude},
    }


def prebook_fields(hotel: Hotel, quoted: Quoted, each: OnSale, offer_id: str) -> dict[str, Any]:
    """Say what an offer costs now, and how that differs from what it cost."""
    offer, was = quoted.offer, quoted.offered_price_minor_units
    return {
        "prebookId": quoted.quote_ref,
        "offerId": offer_id,
        "hotelId": f"{HOTEL}{hotel.number}",
        "checkin": offer.stay.check_in_on.isoformat(),
        "checkout": offer.stay.check_out_on.isoformat(),
        "currency": offer.currency,
        "price": amount(offer.price_minor_units),
        "priceDifferencePercent": round(100 * (offer.price_minor_units - was) / was, 2),
        "cancellationChanged": False,
        "boardChanged": False,
        "roomTypes": [{"rates": _rates(hotel, each)}],
        "transactionId": f"tr_{quoted.quote_ref}",
    }


def booking_fields(hotel: Hotel, booking: Booking) -> dict[str, Any]:
    """Say a booking as it stands."""
    offer = booking.quoted.offer
    at = booking.cancelled_at
    return {
        "bookingId": booking.booking_ref,
        "clientReference": booking.key,
        "status": "CONFIRMED" if at is None else cancelled_status(hotel, booking),
        "hotelConfirmationCode": f"SIM{booking.booking_ref[-6:]}",
        "checkin": offer.stay.check_in_on.isoformat(),
        "checkout": offer.stay.check_out_on.isoformat(),
        "hotel": {"hotelId": f"{HOTEL}{hotel.number}", "name": hotel.name},
        "bookedRooms": [
            {"roomType": {"name": offer.room_type}, "occupancy_number": room}
            for room in range(1, offer.stay.rooms + 1)
        ],
        "holder": booking.order.get("holder"),
        "createdAt": in_zulu(booking.booked_at),
        "cancelledAt": None if at is None else in_zulu(at),
        "price": amount(offer.price_minor_units),
        "currency": offer.currency,
        "prebookId": booking.quoted.quote_ref,
    }


def cancellation_fields(hotel: Hotel, booking: Booking) -> dict[str, Any]:
    """Say what a cancellation costs."""
    offer = booking.quoted.offer
    fee = _fee(hotel, booking)
    return {
        "bookingId": booking.booking_ref,
        "status": cancelled_status(hotel, booking),
        "cancellation_fee": amount(fee),
        "refund_amount": amount(offer.price_minor_units - fee),
        "currency": offer.currency,
    }


def cancelled_status(hotel: Hotel, booking: Booking) -> str:
    """Say in a word whether a cancellation cost anything."""
    return "CANCELLED_WITH_CHARGES" if _fee(hotel, booking) else "CANCELLED"


def _fee(hotel: Hotel, booking: Booking) -> int:
    return fee_minor_units(hotel, booking.quoted.offer, booking.cancelled_at or booking.booked_at)


def _room_type(hotel: Hotel, each: OnSale) -> dict[str, Any]:
    offer = each.offer
    return {
        "roomTypeId": f"{HOTEL}{hotel.number}-{offer.room_type}",
        "offerId": offer.token(),
        "supplier": "nuitee",
        "rates": _rates(hotel, each),
        "offerRetailRate": {
            "amount": amount(offer.price_minor_units),
            "currency": offer.currency,
        },
        "rateType": "standard",
    }


def _rates(hotel: Hotel, each: OnSale) -> list[dict[str, Any]]:
    """Give one rate a room; the first ones take what cannot be shared out."""
    offer, rooms = each.offer, each.offer.stay.rooms
    price, over = divmod(offer.price_minor_units, rooms)
    return [
        {
            "rateId": f"{offer.room_type}-{room}",
            "occupancyNumber": room,
            "name": offer.room_type,
            "maxOccupancy": each.occupancy,
            **_BOARD,
            "retailRate": {
                "total": [{"amount": amount(price + (room <= over)), "currency": offer.currency}]
            },
            "cancellationPolicies": _policies(hotel, offer, price + (room <= over)),
        }
        for room in range(1, rooms + 1)
    ]


def _policies(hotel: Hotel, offer: Offer, price_minor_units: int) -> dict[str, Any]:
    until = free_until(hotel, offer)
    fee = {
        "cancelTime": f"{until or offer.offered_at:%Y-%m-%d %H:%M:%S}",
        "amount": amount(price_minor_units),
        "currency": offer.currency,
        "type": "amount",
        "timezone": "GMT",
    }
    return {
        "cancelPolicyInfos": [fee],
        "hotelRemarks": [],
        "refundableTag": "NRFN" if until is None else "RFN",
    }
