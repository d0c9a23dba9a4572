"""Speaks as Duffel Stays: search, fetch rates, quote, book, cancel, list and get bookings.

Duffel knows no idempotency key, so neither does this: who books another quote under the same
metadata has booked twice. A quote is booked once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipelines.simulator.duffel_words import (
    ACCOMMODATION,
    RATE,
    RESULT,
    VOICE,
    booking_fields,
    error_answer,
    quote_fields,
    refuse,
    refuse_field,
    search_result,
)
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
    OrderRefused,
    QuoteUnknown,
    QuoteUsed,
    SoldOut,
)
from pipelines.simulator.hotel_stock import HotelStock
from pipelines.simulator.hotel_terms import Fields, WishRefused, read_stay

PROVIDER: Final = "duffel"
_FIELDS: Final = Fields("check_in_date", "check_out_date", "rooms")
_MOST_LISTED: Final = 200
_FARTHEST_KM: Final = 100.0
_REFUSALS: Final[Mapping[type[OrderRefused], tuple[int, str, str]]] = {
    QuoteUnknown: (404, "not_found", "The quote does not exist, or not any more."),
    QuoteUsed: (422, "quote_already_booked", "The quote was booked before."),
    SoldOut: (422, "rate_unavailable", "The rate is not available any more."),
    BooksFull: (422, "bookings_full", "The simulator keeps no more bookings: start it anew."),
    BookingUnknown: (404, "not_found", "The booking does not exist."),
    AlreadyCancelled: (422, "already_cancelled", "The booking was cancelled before."),
}


@dataclass(frozen=True)
class Duffel:
    """Sells the stock as Duffel."""

    stock: HotelStock
    orders: HotelOrders

    def endpoints(self) -> list[Endpoint]:
        """List what can be asked."""
        booking = "/stays/bookings/{booking_id}"
        rates = "/stays/search_results/{result_id}/actions/fetch_all_rates"
        table: list[tuple[str, str, str, Callable[[Asked], Answer]]] = [
            ("search", "POST", "/stays/search", self._search),
            ("rates", "POST", rates, self._rates),
            ("quote", "POST", "/stays/quotes", self._quote),
            ("book", "POST", "/stays/bookings", self._book),
            ("list", "GET", "/stays/bookings", self._list),
            ("get", "GET", booking, self._get),
            ("cancel", "POST", f"{booking}/actions/cancel", self._cancel),
        ]
        return [
            Endpoint(PROVIDER, operation, (method,), path, _signed(answer), VOICE)
            for operation, method, path, answer in table
        ]

    def _search(self, asked: Asked) -> Answer:
        data = _data(asked)
        adults = sum(1 for guest in _listed(data.get("guests")) if mapping(guest))
        try:
            stay = read_stay(dict(data), adults, _FIELDS, asked.at)
        except WishRefused as error:
            raise refuse_field(error.field, error.reason) from error
        named = mapping(data.get("accommodation"))
        hotels = self._named(named) if named else self._around(mapping(data.get("location")))
        shows_rates = bool(named) and named.get("fetch_rates") is True
        results = self._results(hotels, stay, asked, shows_rates=shows_rates)
        return _answer({"results": results, "created_at": asked.at.isoformat()})

    def _rates(self, asked: Asked) -> Answer:
        offer = _offered(asked.path.get("result_id"), RESULT)
        results = self._results([self._hotel(offer)], offer.stay, asked, shows_rates=True)
        if not results:
            raise refuse("accommodation_unavailable", "The hotel has no room left for this stay.")
        return _answer(results[0])

    def _quote(self, asked: Asked) -> Answer:
        rate_id = _data(asked).get("rate_id")
        offer = _offered(rate_id, RATE)
        if offer.expires_at <= asked.at:
            raise refuse("rate_expired", "The rate has expired: search again.")
        if asked.has_fault(Kind.SOLD_OUT):
            self.stock.sell_out(offer, asked.at)
        now = self.stock.now(offer, asked.at, dearer=asked.has_fault(Kind.PRICE_CHANGE))
        if now is None:
            raise _refusal(SoldOut())
        quoted = self.orders.quote(now.offer, offer.price_minor_units)
        return _answer(quote_fields(self._hotel(offer), quoted, now, str(rate_id)))

    def _book(self, asked: Asked) -> Answer:
        data = _data(asked)
        quote_ref = _needed(data, "quote_id")
        for name in ("email", "phone_number"):
            _needed(data, name)
        if not _listed(data.get("guests")):
            raise refuse_field("guests", "must name a guest per room")
        quoted = self.orders.quoted(quote_ref)
        if quoted is not None and asked.has_fault(Kind.SOLD_OUT):
            self.stock.sell_out(quoted.offer, asked.at)
        try:
            booking = self.orders.book(quote_ref, None, data, asked.at)
        except OrderRefused as error:
            raise _refusal(error) from error
        return replace(self._said(booking), status=201)

    def _cancel(self, asked: Asked) -> Answer:
        try:
            return self._said(self.orders.cancel(asked.path.get("booking_id", ""), asked.at))
        except OrderRefused as error:
            raise _refusal(error) from error

    def _get(self, asked: Asked) -> Answer:
        booking = self.orders.booking(asked.path.get("booking_id", ""))
        if booking is None:
            raise _refusal(BookingUnknown())
        return self._said(booking)

    def _list(self, asked: Asked) -> Answer:
        limit, after = _limit(asked), asked.one("after")
        bookings = self.orders.bookings()
        refs = [booking.booking_ref for booking in bookings]
        if after is not None and after not in refs:
            raise refuse_field("after", "is no cursor of ours")
        start = 0 if after is None else refs.index(after) + 1
        page = bookings[start : start + limit]
        cursor = refs[start + limit - 1] if start + limit < len(bookings) else None
        meta = {"limit": limit, "before": None, "after": cursor}
        said = [booking_fields(self._hotel(each.quoted.offer), each) for each in page]
        return Answer({"data": said, "meta": meta})

    def _results(
        self, hotels: Sequence[Hotel], stay: Stay, asked: Asked, *, shows_rates: bool
    ) -> list[dict[str, Any]]:
        found = self.stock.on_sale(hotels, stay, asked.at)
        said = []
        for hotel in hotels:
            own = [each for each in found if each.offer.hotel_ref == hotel.hotel_ref]
            if own:
                said.append(search_result(hotel, own, shows_rates=shows_rates))
        return said

    def _named(self, accommodation: Mapping[str, Any]) -> list[Hotel]:
        ids = dict.fromkeys(map(str, _listed(accommodation.get("ids"))))
        if not ids:
            raise refuse_field("accommodation", "must name hotels by their ids")
        refs = [f"H{name.removeprefix(ACCOMMODATION)}" for name in ids]
        found = [self.stock.facts().hotel(ref) for ref in refs]
        return [hotel for hotel in found if hotel is not None]

    def _around(self, location: Mapping[str, Any]) -> list[Hotel]:
        place = mapping(location.get("geographic_coordinates"))
        latitude = number(place.get("latitude"), -90, 90)
        longitude = number(place.get("longitude"), -180, 180)
        radius = number(location.get("radius", 5), 0, _FARTHEST_KM)
        if latitude is None or longitude is None or radius is None:
            raise refuse_field(
                "location", f"must have coordinates and a radius of {_FARTHEST_KM:g} km at most"
            )
        return self.stock.facts().within(latitude, longitude, radius)

    def _hotel(self, offer: Offer) -> Hotel:
        hotel = self.stock.facts().hotel(offer.hotel_ref)
        if hotel is None:
            raise refuse("not_found", "The hotel does not exist.", 404)
        return hotel

    def _said(self, booking: Booking) -> Answer:
        return _answer(booking_fields(self._hotel(booking.quoted.offer), booking))


def _signed(answer: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Answer those alone who bring a token and name the version, as Duffel does."""

    def checked(asked: Asked) -> Answer:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            words = "Send your token as a bearer in the Authorization header."
            raise Refusal(
                error_answer(401, "authentication_error", "missing_authorization_header", words)
            )
        if asked.headers.get("duffel-version") != "v2":
            raise refuse("unsupported_version", "Send the header Duffel-Version: v2.", 400)
        return answer(asked)

    return checked


def _refusal(error: OrderRefused) -> Refusal:
    status, code, message = _REFUSALS[type(error)]
    return refuse(code, message, status)


def _answer(data: Mapping[str, Any]) -> Answer:
    return Answer({"data": data})


def _data(asked: Asked) -> Mapping[str, Any]:
    data = mapping(asked.body).get("data")
    if not isinstance(data, Mapping):
        raise refuse("bad_request", 'Send JSON with an object under "data".', 400)
    return data


def _needed(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise refuse_field(name, "can't be blank")
    return value


def _offered(word: object, prefix: str) -> Offer:
    offer = offer_in(word.removeprefix(prefix)) if isinstance(word, str) else None
    if offer is None:
        raise refuse("not_found", "There is no such rate or result: search again.", 404)
    return offer


def _limit(asked: Asked) -> int:
    said = asked.one("limit") or "50"
    if not said.isdecimal() or len(said) > 3 or not 1 <= int(said) <= _MOST_LISTED:
        raise refuse_field("limit", f"must be a number from 1 to {_MOST_LISTED}")
    return int(said)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
