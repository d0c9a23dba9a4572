"""What every supplier of hotel rooms does for us, in our words: search, quote, book, cancel, find.

Nobody's availability is a promise: a quote re-prices an offer before it is booked. A booking is
made under one idempotency key for good. Whether it exists after a timeout or a 5xx nobody can
tell, so that is an error of its own: whoever meets it looks the key up and never takes another.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.hotel_payload import MOST_NIGHTS, Rejection


class WishRefused(ValueError):
    """A search that no supplier can answer; the message says what to ask instead."""


class NothingAvailable(ProviderRefused):
    """The supplier has no such room on these nights (any more)."""


class AlreadyBooked(ProviderRefused):
    """The supplier has a booking under this key: look it up."""


class OutcomeUnknown(ProviderBusy):
    """The supplier may or may not have done what it was asked: look it up by the same key."""


@dataclass(frozen=True, slots=True)
class NearAirport:
    """A circle around an airport."""

    iata: str
    latitude: float
    longitude: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class RoomWish:
    """The nights, rooms and people that a search is for."""

    check_in_on: date
    check_out_on: date
    rooms: int = 1
    adults: int = 1
    currency: str = "USD"
    """Wanted; a supplier that cannot choose answers in its own."""

    def __post_init__(self) -> None:
        if not 1 <= self.nights <= MOST_NIGHTS:
            raise WishRefused(f"Ask for 1 to {MOST_NIGHTS} nights: these are {self.nights}.")
        if not 1 <= self.rooms <= self.adults:
            raise WishRefused(
                f"Ask for at least one room, and one adult in each: these are {self.rooms} rooms "
                f"for {self.adults} adults."
            )

    @property
    def nights(self) -> int:
        """Count the nights."""
        return (self.check_out_on - self.check_in_on).days


@dataclass(frozen=True, slots=True)
class ListedHotel:
    """A hotel as its supplier describes it."""

    hotel_ref: str
    """Begins with the supplier's name: "duffel:acc_1"."""
    name: str
    latitude: float | None
    longitude: float | None
    stars: float | None

    @property
    def is_located(self) -> bool:
        """Tell whether the supplier says where it is."""
        return self.latitude is not None and self.longitude is not None


@dataclass(frozen=True, slots=True)
class HotelOffer:
    """Rooms of one type that a supplier would sell together, at a price for the whole stay."""

    supplier: str
    hotel_ref: str
    offer_ref: str
    room_type: str
    check_in_on: date
    check_out_on: date
    rooms: int
    price_minor_units: int
    """Of all rooms and nights; what is due at the hotel besides is not in it."""
    currency: str
    quantity_available: int | None
    """None if the supplier does not say: then it has the rooms asked for, and nobody knows more."""
    is_refundable: bool
    """Whether the whole price comes back if it is cancelled in time."""
    refund_until: datetime | None
    """Until when; None if the supplier names no end, or never refunds all."""
    board: str | None
    expires_at: datetime | None
    obstacle: str | None = None
    """Why we could not book it; None if we can."""
    line: int = field(default=0, compare=False)
    """Its 1-based place in the payload."""
    raw: str = field(default="", compare=False, repr=False)

    @property
    def nights(self) -> int:
        """Count the nights."""
        return (self.check_out_on - self.check_in_on).days


@dataclass(frozen=True, slots=True)
class Availability:
    """What a search found, and the rows of its answer that could not be used."""

    hotels: tuple[ListedHotel, ...] = ()
    offers: tuple[HotelOffer, ...] = ()
    rejected: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """An offer as the supplier would book it now."""

    quote_ref: str
    offer: HotelOffer
    """With the price, the board and the refund of today; it expires when the quote does."""
    is_cancellation_changed: bool = False
    """Whether cancelling became dearer since the offer."""
    is_board_changed: bool = False
    price_difference_percent: float = 0.0
    """As the supplier reckons it; not zero may also mean that a similar room took its place."""

    @property
    def changed_terms(self) -> tuple[str, ...]:
        """Say in words which terms are no longer those of the offer."""
        price = self.price_difference_percent
        changes = {
            f"the price changed by {price:g} %": price != 0,
            "the cancellation terms changed": self.is_cancellation_changed,
            "the board changed": self.is_board_changed,
        }
        return tuple(change for change, is_so in changes.items() if is_so)


@dataclass(frozen=True, slots=True)
class LeadGuest:
    """Who is expected at the desk, and how the supplier reaches us about it."""

    given_name: str
    family_name: str
    email: str
    phone_number: str


class BookingState(StrEnum):
    """How a booking stands with its supplier."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SupplierBooking:
    """A booking as its supplier knows it; None where it does not say."""

    supplier: str
    booking_ref: str
    """The supplier's own, by which it is cancelled."""
    idempotency_key: UUID | None
    state: BookingState
    hotel_ref: str | None = None
    confirmation_ref: str | None = None
    """The hotel's own, which the guest names at the desk."""
    check_in_on: date | None = None
    check_out_on: date | None = None
    rooms: int | None = None
    price_minor_units: int | None = None
    currency: str | None = None
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A booking that is no more, and its money; None where the supplier does not say."""

    supplier: str
    booking_ref: str
    fee_minor_units: int | None
    refund_minor_units: int | None
    currency: str | None
    cancelled_at: datetime | None = None


class HotelSupplier(Protocol):
    """Who sells hotel rooms over a network."""

    @property
    def name(self) -> str:
        """The supplier's name, with which its hotels' references begin."""

    def search(self, near: NearAirport, wish: RoomWish) -> Availability:
        """Find rooms around an airport; nothing found is an empty answer, not an error."""

    def search_hotel(self, hotel_ref: str, wish: RoomWish) -> Availability:
        """Find rooms in one hotel."""

    def quote(self, offer: HotelOffer) -> Quote:
        """Ask what an offer costs now; `ProviderRefused` if it is gone."""

    def book(self, quote: Quote, guest: LeadGuest, idempotency_key: UUID) -> SupplierBooking:
        """Book under a key; `ProviderRefused` if it is not booked, `OutcomeUnknown` if unclear."""

    def cancel(self, booking_ref: str) -> Cancellation:
        """Cancel; one that is cancelled already stays so."""

    def find(self, idempotency_key: UUID) -> SupplierBooking | None:
        """Find what was booked under a key; None if there is surely nothing."""


def hotel_ref_of(supplier: str, supplier_hotel_id: str) -> str:
    """Name a hotel of a supplier, apart from every other supplier's."""
    return f"{supplier}:{supplier_hotel_id}"


def supplier_hotel_id_of(supplier: str, hotel_ref: str) -> str:
    """Give the supplier's own id of a hotel.

    Parameters
    ----------
    supplier:
        Whose hotel it is said to be.
    hotel_ref:
        Our reference.

    Returns
    -------
    :
        What follows the supplier's name.

    Raises
    ------
    ProviderRefused
        The hotel is another supplier's.
    """
    prefix, _, hotel_id = hotel_ref.partition(":")
    if prefix != supplier or not hotel_id:
        raise ProviderRefused(supplier, f"does not sell the hotel {hotel_ref}")
    return hotel_id


def most_alive(bookings: list[SupplierBooking]) -> SupplierBooking | None:
    """Of several bookings under one key, give the one that counts; None if there is none."""
    order = list(BookingState)
    return min(bookings, key=lambda booking: order.index(booking.state), default=None)
