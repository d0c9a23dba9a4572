"""Small payloads of both suppliers: one hotel near JFK, two nights in January."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pipelines.providers.hotel_supplier import HotelOffer, LeadGuest, NearAirport, RoomWish

JFK = NearAirport("JFK", 40.6399, -73.7787, 15.0)
CHECK_IN = date(2027, 1, 15)
CHECK_OUT = date(2027, 1, 17)
WISH = RoomWish(CHECK_IN, CHECK_OUT, rooms=1, adults=2)
SEARCHED_AT = datetime(2027, 1, 15, 9, tzinfo=UTC)
KEY = UUID("0b8f9a52-5d1e-4c7b-9a51-2f6f4ab1c001")
GUEST = LeadGuest("Ada", "Byron", "desk@example.org", "+12125550100")


def duffel_rate(**changes: Any) -> dict[str, Any]:
    """Give a rate of 300.00 USD for both nights."""
    return {
        "id": "rat_1",
        "total_amount": "300.00",
        "total_currency": "USD",
        "board_type": "room_only",
        "payment_type": "pay_now",
        "available_payment_methods": ["balance", "card"],
        "quantity_available": 4,
        "cancellation_timeline": [],
        "loyalty_programme_required": False,
        "expires_at": "2027-01-15T12:00:00Z",
    } | changes


def duffel_result(*rates: Any, **changes: Any) -> dict[str, Any]:
    """Give a search result: a hotel whose one room has these rates."""
    accommodation = {
        "id": "acc_1",
        "name": "Runway Inn",
        "rating": 3,
        "location": {"geographic_coordinates": {"latitude": 40.66, "longitude": -73.8}},
        "rooms": [{"name": "Queen Room", "rates": list(rates)}],
    }
    return {
        "id": "srr_1",
        "check_in_date": "2027-01-15",
        "check_out_date": "2027-01-17",
        "rooms": 1,
        "accommodation": accommodation | changes.pop("accommodation", {}),
        "expires_at": "2027-01-15T13:00:00Z",
    } | changes


def duffel_search(*results: Any) -> dict[str, Any]:
    return {"data": {"results": list(results), "created_at": "2027-01-15T09:00:00Z"}}


def duffel_quote(**changes: Any) -> dict[str, Any]:
    quote = {
        "id": "quo_1",
        "check_in_date": "2027-01-15",
        "check_out_date": "2027-01-17",
        "rooms": 1,
        "total_amount": "300.00",
        "total_currency": "USD",
        "accommodation": {"id": "acc_1", "rooms": [{"rates": [duffel_rate()]}]},
    }
    return {"data": quote | changes}


def duffel_booking(**changes: Any) -> dict[str, Any]:
    booking = {
        "id": "bok_1",
        "status": "confirmed",
        "reference": "HOTEL-7",
        "accommodation": {"id": "acc_1", "rooms": [{"rates": [duffel_rate()]}]},
        "check_in_date": "2027-01-15",
        "check_out_date": "2027-01-17",
        "rooms": 1,
        "confirmed_at": "2027-01-15T09:01:00.000000Z",
        "cancelled_at": None,
        "metadata": {"idempotency_key": str(KEY)},
    }
    return {"data": booking | changes}


def duffel_offer(**changes: Any) -> HotelOffer:
    """Give the offer that `duffel_rate` makes."""
    values: dict[str, Any] = {
        "supplier": "duffel",
        "hotel_ref": "duffel:acc_1",
        "offer_ref": "rat_1",
        "room_type": "Queen Room",
        "check_in_on": CHECK_IN,
        "check_out_on": CHECK_OUT,
        "rooms": 1,
        "price_minor_units": 30_000,
        "currency": "USD",
        "quantity_available": 4,
        "is_refundable": False,
        "refund_until": None,
        "board": "room_only",
        "expires_at": datetime(2027, 1, 15, 12, tzinfo=UTC),
    }
    return HotelOffer(**(values | changes))


def liteapi_rate(**changes: Any) -> dict[str, Any]:
    """Give a rate of one room, cancelled free of charge until the evening before."""
    policy = {
        "cancelPolicyInfos": [
            {"cancelTime": "2027-01-14 18:00:00", "amount": 280.5, "currency": "USD"}
        ],
        "refundableTag": "RFN",
    }
    return {
        "rateId": "R1",
        "occupancyNumber": 1,
        "name": "Standard King",
        "boardType": "BB",
        "boardName": "Bed & Breakfast",
        "retailRate": {"total": [{"amount": 280.5, "currency": "USD"}]},
        "cancellationPolicies": policy,
    } | changes


def liteapi_room(*rates: Any, **changes: Any) -> dict[str, Any]:
    return {
        "roomTypeId": "RT1",
        "offerId": "OFFER1",
        "rates": list(rates),
        "offerRetailRate": [{"amount": 280.5, "currency": "USD"}],
    } | changes


def liteapi_rates(*rooms: Any, **hotel: Any) -> dict[str, Any]:
    described = {
        "id": "lp1",
        "name": "Jamaica Bay Lodge",
        "latitude": 40.65,
        "longitude": -73.79,
        "stars": 3.5,
    }
    return {
        "data": [{"hotelId": "lp1", "roomTypes": list(rooms)}],
        "hotels": [described | hotel],
        "sandbox": True,
    }


def liteapi_prebook(**changes: Any) -> dict[str, Any]:
    prebook = {
        "prebookId": "PRE1",
        "offerId": "OFFER1",
        "hotelId": "lp1",
        "checkin": "2027-01-15",
        "checkout": "2027-01-17",
        "currency": "USD",
        "price": 280.5,
        "roomTypes": [{"rates": [liteapi_rate()]}],
        "priceDifferencePercent": 0,
        "cancellationChanged": False,
        "boardChanged": False,
    }
    return {"data": prebook | changes}


def liteapi_booking(**changes: Any) -> dict[str, Any]:
    booking = {
        "bookingId": "LB1",
        "clientReference": str(KEY),
        "status": "CONFIRMED",
        "hotelConfirmationCode": "H-99",
        "checkin": "2027-01-15",
        "checkout": "2027-01-17",
        "hotel": {"hotelId": "lp1", "name": "Jamaica Bay Lodge"},
        "bookedRooms": [{}],
        "price": 280.5,
        "currency": "USD",
        "createdAt": "2027-01-15T11:01:00+02:00",
        "cancelledAt": None,
    }
    return {"data": booking | changes}


def liteapi_offer(**changes: Any) -> HotelOffer:
    """Give the offer that `liteapi_rate` makes."""
    own: dict[str, Any] = {
        "supplier": "liteapi",
        "hotel_ref": "liteapi:lp1",
        "offer_ref": "OFFER1",
        "room_type": "Standard King",
        "price_minor_units": 28_050,
        "quantity_available": None,
        "is_refundable": True,
        "refund_until": datetime(2027, 1, 14, 18, tzinfo=UTC),
        "board": "breakfast",
        "expires_at": None,
    }
    return duffel_offer(**(own | changes))
