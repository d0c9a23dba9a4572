"""Asks LiteAPI: rates from one host; prebook, book, cancel and look up from another."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote as quoted
from uuid import UUID

from pipelines.providers.errors import ProviderRefused
from pipelines.providers.hotel_rows import send_once
from pipelines.providers.hotel_supplier import (
    AlreadyBooked,
    Availability,
    BookingState,
    Cancellation,
    HotelOffer,
    LeadGuest,
    ListedHotel,
    NearAirport,
    NothingAvailable,
    OutcomeUnknown,
    Quote,
    RoomWish,
    SupplierBooking,
    most_alive,
    supplier_hotel_id_of,
)
from pipelines.providers.http import ProviderClient
from pipelines.providers.liteapi_bookings import (
    parse_booking,
    parse_bookings_under,
    parse_cancellation,
)
from pipelines.providers.liteapi_offers import (
    SUPPLIER,
    hotels_without_place,
    parse_hotel,
    parse_rates,
)
from pipelines.providers.liteapi_prebook import parse_prebook

TIMEOUT_SECONDS: Final = 60.0
SEARCH_SECONDS: Final = 10
"""When LiteAPI stops waiting for hotels that have not answered; it advises 6 to 12."""

_MOST_HOTELS: Final = 200


class LiteApi:
    """LiteAPI as a supplier of hotel rooms; its `clientReference` is our idempotency key."""

    name = SUPPLIER

    def __init__(
        self,
        offers: ProviderClient,
        bookings: ProviderClient,
        *,
        payment_method: str = "ACC_CREDIT_CARD",
        guest_nationality: str = "US",
        most_located: int = 40,
    ) -> None:
        self._offers, self._bookings = offers, bookings
        self._payment_method = payment_method
        self._guest_nationality = guest_nationality
        self._most_located = most_located

    def search(self, near: NearAirport, wish: RoomWish) -> Availability:
        """Find rooms around an airport; nothing found is an empty answer."""
        circle = {
            "latitude": near.latitude,
            "longitude": near.longitude,
            "radius": round(near.radius_km * 1_000),
            "limit": _MOST_HOTELS,
        }
        return self._search(circle, wish)

    def search_hotel(self, hotel_ref: str, wish: RoomWish) -> Availability:
        """Find rooms in one hotel."""
        return self._search({"hotelIds": [supplier_hotel_id_of(SUPPLIER, hotel_ref)]}, wish)

    def quote(self, offer: HotelOffer) -> Quote:
        """Prebook an offer, which says what it costs now; `ProviderRefused` if it is gone."""
        body = {"offerId": offer.offer_ref, "usePaymentSdk": False}
        return parse_prebook(self._bookings.send("POST", "rates/prebook", body=body), offer)

    def book(self, quote: Quote, guest: LeadGuest, idempotency_key: UUID) -> SupplierBooking:
        """Book a prebook under a key.

        Parameters
        ----------
        quote:
            What to book.
        guest:
            Who pays, and is expected in every room.
        idempotency_key:
            Of the booking, for good.

        Returns
        -------
        :
            The booking; where one was made under the key before, that one.

        Raises
        ------
        ProviderRefused
            It is not booked.
        OutcomeUnknown
            It may be booked: find it by the key.
        """
        body = self._order(quote, guest, idempotency_key)
        try:
            answer = send_once(self._bookings, "POST", "rates/book", body)
        except AlreadyBooked as error:
            if standing := self.find(idempotency_key):
                return standing
            raise OutcomeUnknown(SUPPLIER, f"{error.reason}, but does not show it") from error
        try:
            return parse_booking(answer)
        except ProviderRefused as error:
            raise OutcomeUnknown(SUPPLIER, f"took the booking, but {error.reason}") from error

    def cancel(self, booking_ref: str) -> Cancellation:
        """Cancel a booking.

        Parameters
        ----------
        booking_ref:
            LiteAPI's own.

        Returns
        -------
        :
            The amounts; of one that was cancelled before they are unknown.

        Raises
        ------
        ProviderRefused
            It stays booked, or LiteAPI does not know it.
        OutcomeUnknown
            It may be cancelled: try again.
        """
        path = f"bookings/{quoted(booking_ref, safe='')}"
        try:
            answer = send_once(self._bookings, "PUT", path)
        except ProviderRefused:
            if not self._is_cancelled(path):
                raise
            return Cancellation(SUPPLIER, booking_ref, None, None, None)
        if answer is None:
            raise ProviderRefused(SUPPLIER, f"has no booking {booking_ref}")
        try:
            return parse_cancellation(answer, booking_ref)
        except ProviderRefused as error:
            raise OutcomeUnknown(SUPPLIER, error.reason) from error

    def find(self, idempotency_key: UUID) -> SupplierBooking | None:
        """Find what was booked under a key; None if there is surely nothing."""
        answer = self._bookings.get("bookings", {"clientReference": str(idempotency_key)})
        return most_alive(parse_bookings_under(answer, idempotency_key))

    def _search(self, where: Mapping[str, object], wish: RoomWish) -> Availability:
        body = {
            **where,
            "checkin": wish.check_in_on.isoformat(),
            "checkout": wish.check_out_on.isoformat(),
            "currency": wish.currency,
            "guestNationality": self._guest_nationality,
            "occupancies": [{"adults": adults} for adults in _spread(wish.adults, wish.rooms)],
            "timeout": SEARCH_SECONDS,
            "includeHotelData": True,
        }
        try:
            answer = self._offers.send("POST", "hotels/rates", body=body)
        except NothingAvailable:
            return Availability()
        found = parse_rates(answer, wish)
        places = self._locate(hotels_without_place(found)[: self._most_located])
        return parse_rates(answer, wish, places) if places else found

    def _locate(self, hotel_refs: list[str]) -> dict[str, ListedHotel]:
        """Look up where hotels are that a search did not locate; some stay unknown."""
        places = {}
        for hotel_ref in hotel_refs:
            hotel_id = supplier_hotel_id_of(SUPPLIER, hotel_ref)
            try:
                page = self._offers.get("data/hotel", {"hotelId": hotel_id})
            except ProviderRefused:  # Whoever needs its place refuses its offers, with a reason.
                continue
            places[hotel_id] = parse_hotel(page, hotel_id)
        return places

    def _is_cancelled(self, path: str) -> bool:
        answer = self._bookings.get(path)
        return answer is not None and parse_booking(answer).state is BookingState.CANCELLED

    def _order(self, quote: Quote, guest: LeadGuest, idempotency_key: UUID) -> dict[str, object]:
        person = {
            "firstName": guest.given_name,
            "lastName": guest.family_name,
            "email": guest.email,
            "phone": guest.phone_number,
        }
        return {
            "prebookId": quote.quote_ref,
            "clientReference": str(idempotency_key),
            "holder": person,
            "guests": [
                {"occupancyNumber": room, **person} for room in range(1, quote.offer.rooms + 1)
            ],
            "payment": {"method": self._payment_method},
        }


def liteapi_headers(key: str) -> dict[str, str]:
    """Give the headers every request carries."""
    return {"X-API-Key": key, "Accept": "application/json"}


def _spread(adults: int, rooms: int) -> list[int]:
    """Share people out among rooms, as evenly as can be."""
    each, over = divmod(adults, rooms)
    return [each + (room < over) for room in range(rooms)]
