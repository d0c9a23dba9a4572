"""Books the fallback actions that travellers accepted, with the supplier whose hotel it is.

An offer is good for minutes and the ledger keeps none: whoever books searches the hotel again,
quotes the cheapest rate of the room and compares the price with what the traveller agreed to.
"""

from collections.abc import Mapping
from typing import Final

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.hotel_supplier import (
    BookingState,
    HotelOffer,
    HotelSupplier,
    LeadGuest,
    OutcomeUnknown,
    Quote,
    RoomWish,
    SupplierBooking,
)
from warehouse.operations.fallback_bookings import (
    BookingOrder,
    Confirmed,
    PriceRose,
    Refused,
    Supplier,
    SupplierAnswer,
    Unknown,
)
from warehouse.rules.fallback_ranking import SLEEPS, SLEEPS_OTHERWISE, rose_too_far

NETWORK_SUPPLIERS: Final = frozenset({"duffel", "liteapi"})


class NetworkSupplier:
    """Takes orders for the hotels of one supplier over the network."""

    def __init__(self, supplier: HotelSupplier, *, email: str, phone_number: str) -> None:
        self._supplier = supplier
        self._email, self._phone_number = email, phone_number

    def book(self, order: BookingOrder) -> SupplierAnswer:
        """Book an order unless it is booked already.

        Parameters
        ----------
        order:
            Of one of this supplier's hotels.

        Returns
        -------
        :
            Confirmed, or refused because the room is gone; a price or terms the traveller has
            not agreed to; unknown if the supplier's word is missing. Nothing is booked until the
            supplier has surely no booking under the order's key.
        """
        try:
            standing = self._supplier.find(order.idempotency_key)
        except ProviderError as error:
            return Unknown(_sentence(error), may_be_booked=False)
        if standing is not None:
            return _answer(standing)
        try:
            return self._quote_and_book(order)
        except OutcomeUnknown as error:
            return Unknown(_sentence(error))
        except ProviderBusy as error:
            return Unknown(_sentence(error), may_be_booked=False)
        except ProviderRefused as error:
            return Refused(_sentence(error))

    def look_up(self, order: BookingOrder) -> Confirmed | Unknown | None:
        """Find what was booked under an order's key.

        Parameters
        ----------
        order:
            That may have been booked.

        Returns
        -------
        :
            None if there is surely no living booking: booking the order then says what became
            of a dead one.
        """
        try:
            standing = self._supplier.find(order.idempotency_key)
        except ProviderError as error:
            return Unknown(_sentence(error))
        answer = _answer(standing) if standing is not None else None
        return answer if isinstance(answer, Confirmed | Unknown) else None

    def _quote_and_book(self, order: BookingOrder) -> SupplierAnswer:
        offer = self._cheapest(order)
        if offer is None:
            return Refused("the hotel has no such room left on these nights.")
        quote = self._supplier.quote(offer)
        if quote.offer.currency != order.currency:
            return Refused(f"the hotel asks for {quote.offer.currency}, not {order.currency}.")
        if _needs_consent(order, quote):
            return PriceRose(quote.offer.price_minor_units)
        guest = _guest(order.guest_name, self._email, self._phone_number)
        return _answer(self._supplier.book(quote, guest, order.idempotency_key))

    def _cheapest(self, order: BookingOrder) -> HotelOffer | None:
        """Find the cheapest offer that we can book and that has the rooms ordered."""
        found = self._supplier.search_hotel(order.hotel_ref, _wish(order)).offers
        fitting = [offer for offer in found if _fits(offer, order)]
        return min(fitting, key=lambda offer: _preference(offer, order), default=None)


class SupplierByHotel:
    """Gives each order to the supplier that its hotel's reference begins with."""

    def __init__(self, by_name: Mapping[str, Supplier], embedded: Supplier) -> None:
        self._by_name, self._embedded = by_name, embedded

    def book(self, order: BookingOrder) -> SupplierAnswer:
        """Book with the hotel's supplier."""
        supplier = self.supplier_of(order)
        return _not_set_up(order) if supplier is None else supplier.book(order)

    def look_up(self, order: BookingOrder) -> Confirmed | Unknown | None:
        """Look the order's key up with the hotel's supplier."""
        supplier = self.supplier_of(order)
        return _not_set_up(order) if supplier is None else supplier.look_up(order)

    def supplier_of(self, order: BookingOrder) -> Supplier | None:
        """Choose the supplier of an order.

        Parameters
        ----------
        order:
            Of any hotel.

        Returns
        -------
        :
            The embedded one for hotels of nobody's; None if the hotel's own is not set up, because
            the embedded one would confirm a room that nobody sold.
        """
        name = _name_in(order)
        embedded = None if name in NETWORK_SUPPLIERS else self._embedded
        return self._by_name.get(name, embedded) if name else self._embedded


def _name_in(order: BookingOrder) -> str:
    name, colon, _ = order.hotel_ref.partition(":")
    return name if colon else ""


def _not_set_up(order: BookingOrder) -> Unknown:
    name = _name_in(order)
    return Unknown(f"{name} is not set up any more: give its key in the settings.")


def _wish(order: BookingOrder) -> RoomWish:
    """Ask for as many people as the ranking reckons the rooms sleep: an order does not say."""
    sleeps = SLEEPS.get(order.room_type, SLEEPS_OTHERWISE)
    return RoomWish(
        order.check_in_on, order.check_out_on, order.rooms, order.rooms * sleeps, order.currency
    )


def _fits(offer: HotelOffer, order: BookingOrder) -> bool:
    is_same_stay = (offer.hotel_ref, offer.room_type, offer.rooms) == (
        order.hotel_ref,
        order.room_type,
        order.rooms,
    ) and (offer.check_in_on, offer.check_out_on) == (order.check_in_on, order.check_out_on)
    count = offer.quantity_available
    has_rooms = count is None or count >= order.rooms
    return is_same_stay and has_rooms and offer.obstacle is None


def _preference(offer: HotelOffer, order: BookingOrder) -> tuple[bool, int]:
    """Put the currency the traveller agreed to first, then the lowest price."""
    return offer.currency != order.currency, offer.price_minor_units


def _needs_consent(order: BookingOrder, quote: Quote) -> bool:
    """Tell whether the traveller has to be asked again, for the price or for other terms."""
    is_dearer = rose_too_far(order.price_minor_units, quote.offer.price_minor_units)
    return is_dearer or quote.is_cancellation_changed or quote.is_board_changed


def _answer(booking: SupplierBooking) -> Confirmed | Unknown | Refused:
    match booking.state:
        case BookingState.CONFIRMED:
            return Confirmed(booking.booking_ref)
        case BookingState.PENDING:
            return Unknown(f"{booking.supplier} has not confirmed {booking.booking_ref} yet.")
        case BookingState.CANCELLED | BookingState.FAILED:
            return Refused(f"{booking.supplier} says {booking.booking_ref} is {booking.state}.")


def _guest(name: str, email: str, phone_number: str) -> LeadGuest:
    """Split a name as the record puts it together: the given name, a space, the rest."""
    given_name, _, family_name = name.partition(" ")
    return LeadGuest(given_name, family_name or given_name, email, phone_number)


def _sentence(error: ProviderError) -> str:
    return f"{error}."
