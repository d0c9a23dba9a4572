"""Speaks as LiteAPI: rates, a hotel's page, prebook, book, look up and cancel.

A `clientReference` is booked once: a second booking under it is refused, and the first can be
looked up by it. Nothing available is an answer without content.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.simulator.exchange import Answer, Asked, Endpoint, Refusal, mapping, number
from pipelines.simulator.faults import Kind
from pipelines.simulator.hotel_facts import Hotel
from pipelines.simulator.hotel_offers import Offer, Stay, offer_in
from pipelines.simulator.hotel_orders import (
    AlreadyCancelled,
    Booking,
    BookingUnknown,
    BooksFull,
    HotelOrders,
    KeyUsed,
    OrderRefused,
    QuoteUnknown,
    QuoteUsed,
    SoldOut,
)
from pipelines.simulator.hotel_stock import HotelStock
from pipelines.simulator.hotel_terms import Fields, WishRefused, read_stay
from pipelines.simulator.liteapi_words import (
    HOTEL,
    VOICE,
    booking_fields,
    cancellation_fields,
    hotel_card,
    hotel_page,
    hotel_rates,
    prebook_fields,
    refuse,
    refuse_input,
)

PROVIDER: Final = "liteapi"
_FIELDS: Final = Fields("checkin", "checkout", "rooms")
_MOST_HOTELS: Final = 200
_FARTHEST_M: Final = 100_000
_WRONG_INPUT: Final = "required request field is missing or wrong input"
_REFUSALS: Final[Mapping[type[OrderRefused], tuple[int, str, str | None]]] = {
    KeyUsed: (4005, "duplicate booking attempt with existing client reference", None),
    QuoteUnknown: (4002, _WRONG_INPUT, "invalid prebookId, rate not found"),
    QuoteUsed: (4010, "wrong rate id", "prebookId data validation failed"),
    SoldOut: (2010, "booking is not confirmed", "booking not confirmed"),
    BooksFull: (2010, "booking is not confirmed", "the simulator is full: start it anew"),
    BookingUnknown: (4004, "booking not found", None),
}


@dataclass(frozen=True)
class LiteApi:
    """Sells the stock as LiteAPI."""

    stock: HotelStock
    orders: HotelOrders

    def endpoints(self) -> list[Endpoint]:
        """List what can be asked."""
        booking = "/v3.0/bookings/{booking_id}"
        table: list[tuple[str, str, str, Callable[[Asked], Answer]]] = [
            ("search", "POST", "/v3.0/hotels/rates", self._search),
            ("hotel", "GET", "/v3.0/data/hotel", self._page),
            ("quote", "POST", "/v3.0/rates/prebook", self._prebook),
            ("book", "POST", "/v3.0/rates/book", self._book),
            ("list", "GET", "/v3.0/bookings", self._list),
            ("get", "GET", booking, self._get),
            ("cancel", "PUT", booking, self._cancel),
        ]
        return [
            Endpoint(PROVIDER, operation, (method,), path, _keyed(answer), VOICE)
            for operation, method, path, answer in table
        ]

    def _search(self, asked: Asked) -> Answer:
        body = mapping(asked.body)
        stay = _stay(body, asked)
        for name in ("currency", "guestNationality"):
            _needed(body, name)
        hotels = self._wanted(body)[: _whole(body, "limit", _MOST_HOTELS)]
        found = self.stock.on_sale(hotels, stay, asked.at)
        with_rooms = [
            (hotel, own)
            for hotel in hotels
            if (own := [each for each in found if each.offer.hotel_ref == hotel.hotel_ref])
        ]
        if not with_rooms:
            return Answer(status=204)
        with_place = body.get("includeHotelData") is True
        return Answer({
            "data": [hotel_rates(hotel, own) for hotel, own in with_rooms],
            "hotels": [hotel_card(hotel, with_place=with_place) for hotel, _ in with_rooms],
            "guestLevel": 0,
            "sandbox": True,
        })

    def _page(self, asked: Asked) -> Answer:
        found = self._named([asked.one("hotelId")])
        if not found:
            raise refuse(4004, "hotel not found", status=404)
        return Answer({"data": hotel_page(found[0])})

    def _prebook(self, asked: Asked) -> Answer:
        offer_id = _needed(mapping(asked.body), "offerId")
        offer = offer_in(offer_id)
        if offer is None:
            raise refuse_input("invalid offerId")
        if offer.expires_at <= asked.at:
            message = "this offer is marked as not valid, please refetch rates for this hotel"
            raise refuse(4040, message, "outdated offerId", 408)
        if asked.has_fault(Kind.SOLD_OUT):
            self.stock.sell_out(offer, asked.at)
        now = self.stock.now(offer, asked.at, dearer=asked.has_fault(Kind.PRICE_CHANGE))
        if now is None:
            raise refuse(2001, "no availability found")
        quoted = self.orders.quote(now.offer, offer.price_minor_units)
        return Answer({"data": prebook_fields(self._hotel(offer), quoted, now, offer_id)})

    def _book(self, asked: Asked) -> Answer:
        body = mapping(asked.body)
        quote_ref = _needed(body, "prebookId")
        for name in ("holder", "payment"):
            if not mapping(body.get(name)):
                raise refuse_input(f"{name} is required")
        if not isinstance(body.get("guests"), list) or not body["guests"]:
            raise refuse_input("guests is required")
        key = body.get("clientReference")
        quoted = self.orders.quoted(quote_ref)
        if quoted is not None and asked.has_fault(Kind.SOLD_OUT):
            self.stock.sell_out(quoted.offer, asked.at)
        try:
            booking = self.orders.book(quote_ref, str(key) if key else None, body, asked.at)
        except OrderRefused as error:
            raise _refusal(error) from error
        return self._said(booking)

    def _cancel(self, asked: Asked) -> Answer:
        try:
            booking = self.orders.cancel(asked.path.get("booking_id", ""), asked.at)
        except OrderRefused as error:
            raise _refusal(error) from error
        return Answer({"data": cancellation_fields(self._hotel(booking.quoted.offer), booking)})

    def _get(self, asked: Asked) -> Answer:
        booking = self.orders.booking(asked.path.get("booking_id", ""))
        if booking is None:
            raise _refusal(BookingUnknown())
        return self._said(booking)

    def _list(self, asked: Asked) -> Answer:
        key = asked.one("clientReference")
        if key is None:
            raise refuse_input("clientReference is required")
        own = [booking for booking in self.orders.bookings() if booking.key == key]
        return Answer({"data": [self._fields(booking) for booking in own]})

    def _wanted(self, body: Mapping[str, Any]) -> list[Hotel]:
        """Find the hotels of a question: by ids, around a place or at an airport."""
        facts = self.stock.facts()
        if "hotelIds" in body:
            ids = body["hotelIds"] if isinstance(body["hotelIds"], list) else []
            found = self._named(ids)
            if not found:
                raise refuse(4000, "bad request", "hotel ids not found")
            return found
        if isinstance(body.get("iataCode"), str):
            return facts.at_airport(body["iataCode"].upper())
        place = [body.get(name) for name in ("latitude", "longitude", "radius")]
        bounds = ((-90, 90), (-180, 180), (0, _FARTHEST_M))
        latitude, longitude, radius_m = (
            _within(value, *bound) for value, bound in zip(place, bounds, strict=True)
        )
        return facts.within(latitude, longitude, radius_m / 1_000)

    def _named(self, ids: Sequence[object]) -> list[Hotel]:
        refs = dict.fromkeys(f"H{str(name).removeprefix(HOTEL)}" for name in ids)
        found = [self.stock.facts().hotel(ref) for ref in refs]
        return [hotel for hotel in found if hotel is not None]

    def _hotel(self, offer: Offer) -> Hotel:
        hotel = self.stock.facts().hotel(offer.hotel_ref)
        if hotel is None:
            raise refuse(4004, "hotel not found", status=404)
        return hotel

    def _fields(self, booking: Booking) -> dict[str, Any]:
        return booking_fields(self._hotel(booking.quoted.offer), booking)

    def _said(self, booking: Booking) -> Answer:
        return Answer({"data": self._fields(booking), "guestLevel": 0, "sandbox": True})


def _keyed(answer: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Answer those alone who bring a key."""

    def checked(asked: Asked) -> Answer:
        if not asked.headers.get("x-api-key", "").strip():
            raise refuse(401, "unauthorized", status=401)
        return answer(asked)

    return checked


def _refusal(error: OrderRefused) -> Refusal:
    if isinstance(error, AlreadyCancelled):
        return Refusal(Answer(status=304))  # which has no body
    code, message, description = _REFUSALS[type(error)]
    return refuse(code, message, description, 404 if isinstance(error, BookingUnknown) else 400)


def _stay(body: Mapping[str, Any], asked: Asked) -> Stay:
    occupancies = body.get("occupancies")
    rooms = occupancies if isinstance(occupancies, list) else []
    adults = [number(mapping(room).get("adults"), 1, 99) for room in rooms]
    if None in adults:
        raise refuse_input("occupancies must each have adults")
    people = int(sum(count or 0 for count in adults))
    try:
        return read_stay({**body, "rooms": len(rooms)}, people, _FIELDS, asked.at)
    except WishRefused as error:
        raise refuse_input(str(error)) from error


def _needed(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise refuse_input(f"{name} is required")
    return value


def _whole(body: Mapping[str, Any], name: str, most: int) -> int:
    value = body.get(name, most)
    if not isinstance(value, int) or not 1 <= value <= most:
        raise refuse_input(f"{name} must be a number from 1 to {most}")
    return value


def _within(value: object, lowest: float, highest: float) -> float:
    found = number(value, lowest, highest)
    if found is None:
        raise refuse_input("name hotelIds, an iataCode, or latitude, longitude and radius")
    return found
