"""Asks Duffel Stays: search, fetch rates, quote, book, cancel, and look a booking up."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote as quoted
from uuid import UUID

from pipelines.providers.duffel_bookings import (
    KEY_FIELD,
    key_of,
    parse_booking,
    parse_cancellation,
    parse_page,
)
from pipelines.providers.duffel_offers import (
    SUPPLIER,
    list_results,
    parse_quote,
    parse_results,
    rates_of,
)
from pipelines.providers.errors import ProviderRefused
from pipelines.providers.hotel_payload import mapping, words
from pipelines.providers.hotel_rows import data_of, send_once
from pipelines.providers.hotel_supplier import (
    Availability,
    BookingState,
    Cancellation,
    HotelOffer,
    LeadGuest,
    NearAirport,
    OutcomeUnknown,
    Quote,
    RoomWish,
    SupplierBooking,
    most_alive,
    supplier_hotel_id_of,
)
from pipelines.providers.http import ProviderClient

TIMEOUT_SECONDS: Final = 130.0
"""Duffel lets a request take two minutes and advises to wait a little longer."""

_LIST: Final = "stays/bookings"
_PAGE: Final = 200


def duffel_headers(token: str) -> dict[str, str]:
    """Give the headers every request carries."""
    return {
        "Authorization": f"Bearer {token}",
        "Duffel-Version": "v2",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    }


class DuffelStays:
    """Duffel Stays as a supplier of hotel rooms.

    Duffel has no idempotency key: the key goes into the booking's metadata, and before anything is
    booked under a key, all bookings are looked through for it.
    """

    name = SUPPLIER

    def __init__(
        self, client: ProviderClient, *, most_fetched: int = 40, most_pages: int = 100
    ) -> None:
        self._client = client
        self._most_fetched = most_fetched
        self._most_pages = most_pages

    def search(self, near: NearAirport, wish: RoomWish) -> Availability:
        """Find rooms around an airport; hotels beyond the most fetched are named as rejected."""
        place = {"latitude": near.latitude, "longitude": near.longitude}
        circle = {"radius": near.radius_km, "geographic_coordinates": place}
        return self._search({"location": circle}, wish)

    def search_hotel(self, hotel_ref: str, wish: RoomWish) -> Availability:
        """Find rooms in one hotel."""
        hotel_id = supplier_hotel_id_of(SUPPLIER, hotel_ref)
        return self._search({"accommodation": {"ids": [hotel_id], "fetch_rates": True}}, wish)

    def quote(self, offer: HotelOffer) -> Quote:
        """Ask what a rate costs now; `ProviderRefused` if it is gone."""
        body = {"data": {"rate_id": offer.offer_ref}}
        return parse_quote(self._client.send("POST", "stays/quotes", body=body), offer)

    def book(self, quote: Quote, guest: LeadGuest, idempotency_key: UUID) -> SupplierBooking:
        """Book a quote under a key.

        Parameters
        ----------
        quote:
            What to book.
        guest:
            Expected in every room.
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
        if standing := self.find(idempotency_key):
            return standing
        answer = send_once(self._client, "POST", _LIST, _order(quote, guest, idempotency_key))
        try:
            return parse_booking(answer)
        except ProviderRefused as error:
            raise OutcomeUnknown(SUPPLIER, f"took the booking, but {error.reason}") from error

    def cancel(self, booking_ref: str) -> Cancellation:
        """Cancel a booking.

        Parameters
        ----------
        booking_ref:
            Duffel's own.

        Returns
        -------
        :
            What became of it; one that was cancelled before stays so.

        Raises
        ------
        ProviderRefused
            It stays booked.
        OutcomeUnknown
            It may be cancelled: try again.
        """
        path = f"{_LIST}/{quoted(booking_ref, safe='')}"
        try:
            answer = send_once(self._client, "POST", f"{path}/actions/cancel")
        except ProviderRefused:
            answer = self._client.get(path)
            if parse_booking(answer).state is not BookingState.CANCELLED:
                raise
        try:
            return parse_cancellation(answer)
        except ProviderRefused as error:
            raise OutcomeUnknown(SUPPLIER, error.reason) from error

    def find(self, idempotency_key: UUID) -> SupplierBooking | None:
        """Look through all bookings for a key, because Duffel cannot be asked for it."""
        under_key = []
        for entry in self._bookings():
            if key_of(entry) == idempotency_key:
                under_key.append(parse_booking({"data": entry}))
                if under_key[-1].state is BookingState.CONFIRMED:
                    break
        return most_alive(under_key)

    def _search(self, where: Mapping[str, object], wish: RoomWish) -> Availability:
        asked = {
            "check_in_date": wish.check_in_on.isoformat(),
            "check_out_date": wish.check_out_on.isoformat(),
            "rooms": wish.rooms,
            "guests": [{"type": "adult"}] * wish.adults,
        }
        results = list_results(
            self._client.send("POST", "stays/search", body={"data": {**where, **asked}})
        )
        why_no_rates = self._fetch_rates(results)
        return parse_results(results, wish, why_no_rates)

    def _fetch_rates(self, results: list[Any]) -> dict[int, str]:
        """Put hotels with their rates in the place of those without; say which could not be."""
        without = [
            (place, result_id)
            for place, result in enumerate(results)
            if not rates_of(mapping(result).get("accommodation"))
            and (result_id := words(mapping(result).get("id")))
        ]
        beyond = f"was left out: rates are fetched for the first {self._most_fetched} hotels"
        why = {place: beyond for place, _ in without[self._most_fetched :]}
        for place, result_id in without[: self._most_fetched]:
            path = f"stays/search_results/{quoted(result_id, safe='')}/actions/fetch_all_rates"
            try:
                results[place] = data_of(SUPPLIER, self._client.send("POST", path))
            except ProviderRefused as error:
                why[place] = f"could not be fetched: {error.reason}"
        return why

    def _bookings(self) -> Iterator[Mapping[str, Any]]:
        after: dict[str, str] = {}
        for _ in range(self._most_pages):
            page, cursor = parse_page(self._client.get(_LIST, {"limit": _PAGE} | after))
            yield from page
            if cursor is None:
                return
            after = {"after": cursor}
        raise OutcomeUnknown(
            SUPPLIER, f"has more than {self._most_pages} pages of bookings to look through"
        )


def _order(quote: Quote, guest: LeadGuest, idempotency_key: UUID) -> dict[str, object]:
    person = {"given_name": guest.given_name, "family_name": guest.family_name}
    return {
        "data": {
            "quote_id": quote.quote_ref,
            "guests": [person] * quote.offer.rooms,
            "email": guest.email,
            "phone_number": guest.phone_number,
            "metadata": {KEY_FIELD: str(idempotency_key)},
        }
    }
