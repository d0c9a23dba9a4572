"""What one supplier quoted and booked: a quote is booked once, and a key once."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from secrets import token_hex
from threading import Lock
from typing import Any, Final

from pipelines.simulator.hotel_offers import Offer
from pipelines.simulator.hotel_stock import HotelStock

MOST_QUOTES: Final = 5_000
MOST_BOOKINGS: Final = 10_000


class OrderRefused(Exception):
    """A booking was not made or not cancelled."""


class QuoteUnknown(OrderRefused):
    """There is no such quote, or none any more."""


class QuoteUsed(OrderRefused):
    """The quote was booked before."""


class KeyUsed(OrderRefused):
    """A booking was made under this key before."""


class SoldOut(OrderRefused):
    """Too few rooms are left."""


class BookingUnknown(OrderRefused):
    """There is no such booking."""


class AlreadyCancelled(OrderRefused):
    """The booking was cancelled before."""


class BooksFull(OrderRefused):
    """The simulator keeps no more bookings."""


@dataclass(frozen=True)
class Quoted:
    """An offer as it would be booked now, and what it cost when it was first offered."""

    quote_ref: str
    offer: Offer
    offered_price_minor_units: int


@dataclass(frozen=True)
class Booking:
    """A booking as its supplier keeps it."""

    booking_ref: str
    quoted: Quoted
    key: str | None
    order: Any
    """What was sent to book it."""
    booked_at: datetime
    cancelled_at: datetime | None = None


@dataclass
class HotelOrders:
    """Keeps one supplier's quotes and bookings in memory; safe to use from any thread."""

    stock: HotelStock
    quote_prefix: str
    booking_prefix: str
    _quotes: OrderedDict[str, Quoted] = field(default_factory=OrderedDict)
    _bookings: dict[str, Booking] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _run: str = field(default_factory=lambda: token_hex(4))
    """Apart from those of every other run, whose references somebody may still keep."""
    _lock: Lock = field(default_factory=Lock)

    def quote(self, offer: Offer, offered_price_minor_units: int) -> Quoted:
        """Keep an offer as a quote; the oldest quotes are forgotten."""
        with self._lock:
            quoted = Quoted(self._next(self.quote_prefix), offer, offered_price_minor_units)
            self._quotes[quoted.quote_ref] = quoted
            if len(self._quotes) > MOST_QUOTES:
                self._quotes.popitem(last=False)
            return quoted

    def quoted(self, quote_ref: str) -> Quoted | None:
        """Find a quote."""
        with self._lock:
            return self._quotes.get(quote_ref)

    def book(self, quote_ref: str, key: str | None, order: Any, at: datetime) -> Booking:
        """Book a quote.

        Parameters
        ----------
        quote_ref:
            The quote.
        key:
            Under which no other booking was made; None for none.
        order:
            What was sent.
        at:
            The instant.

        Returns
        -------
        :
            The booking; its rooms are out of stock.

        Raises
        ------
        SoldOut
            Too few rooms are left; other refusals are errors of their own too.
        """
        with self._lock:
            quoted = self._bookable(quote_ref, key)
            if not self.stock.sell(quoted.offer, at):
                raise SoldOut
            booking = Booking(self._next(self.booking_prefix), quoted, key, order, at)
            self._bookings[booking.booking_ref] = booking
            return booking

    def cancel(self, booking_ref: str, at: datetime) -> Booking:
        """Cancel a booking, which puts its rooms back into stock.

        Parameters
        ----------
        booking_ref:
            The booking.
        at:
            The instant.

        Returns
        -------
        :
            The booking, cancelled.

        Raises
        ------
        BookingUnknown
            There is none.
        AlreadyCancelled
            It was cancelled before.
        """
        with self._lock:
            booking = self._bookings.get(booking_ref)
            if booking is None:
                raise BookingUnknown
            if booking.cancelled_at is not None:
                raise AlreadyCancelled
            cancelled = replace(booking, cancelled_at=at)
            self._bookings[booking_ref] = cancelled
            self.stock.give_back(booking.quoted.offer)
            return cancelled

    def booking(self, booking_ref: str) -> Booking | None:
        """Find a booking."""
        with self._lock:
            return self._bookings.get(booking_ref)

    def bookings(self) -> list[Booking]:
        """List all bookings, the newest first."""
        with self._lock:
            return list(self._bookings.values())[::-1]

    def _bookable(self, quote_ref: str, key: str | None) -> Quoted:
        made = self._bookings.values()
        if key is not None and any(booking.key == key for booking in made):
            raise KeyUsed
        quoted = self._quotes.get(quote_ref)
        if quoted is None:
            raise QuoteUnknown
        if any(booking.quoted.quote_ref == quote_ref for booking in made):
            raise QuoteUsed
        if len(self._bookings) >= MOST_BOOKINGS:
            raise BooksFull
        return quoted

    def _next(self, prefix: str) -> str:
        return f"{prefix}{self._run}{next(self._numbers):06d}"
