"""What the simulated suppliers have to sell: what hotels report, less what was sold here.

All suppliers sell from one stock, so that a room one of them sold is gone for the others too. What
was sold is kept in memory and forgotten when the simulator ends.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from threading import Lock
from typing import Final

from pipelines.simulator.hotel_facts import Hotel, HotelFacts, RoomNight
from pipelines.simulator.hotel_offers import Offer, Stay

MOST_NIGHTS: Final = 90
MOST_ROOMS: Final = 8
DEARER: Final = 1.2
"""What a changed price is multiplied by: more than any tolerance."""


@dataclass(frozen=True)
class OnSale:
    """An offer, with how many rooms of the kind are left on the scarcest night."""

    offer: Offer
    left: int
    occupancy: int


@dataclass
class HotelStock:
    """Counts what is left of every room type and night; safe to use from any thread."""

    facts: Callable[[], HotelFacts]
    _sold: Counter[tuple[str, str, date]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def on_sale(self, hotels: Iterable[Hotel], stay: Stay, at: datetime) -> list[OnSale]:
        """List what can be had for a stay.

        Parameters
        ----------
        hotels:
            Where to look.
        stay:
            The rooms have to be free on each of its nights, and to sleep all its people.
        at:
            The instant, up to which hotels' reports are known.

        Returns
        -------
        :
            In the order of the hotels, small rooms before large ones.
        """
        wanted = {hotel.hotel_ref: place for place, hotel in enumerate(hotels)}
        reported = self.facts().rooms(wanted, stay.nights, at)
        reported.sort(key=lambda room: (wanted[room.hotel_ref], room.occupancy, room.room_type))
        with self._lock:
            found = [
                self._on_sale(list(nights), stay, at)
                for _, nights in groupby(reported, lambda room: (room.hotel_ref, room.room_type))
            ]
        return [each for each in found if each is not None]

    def now(self, offer: Offer, at: datetime, *, dearer: bool = False) -> OnSale | None:
        """Say an offer anew.

        Parameters
        ----------
        offer:
            As it was.
        at:
            The instant.
        dearer:
            Whether the price rises as well.

        Returns
        -------
        :
            What it costs now; None if it is sold out.
        """
        hotel = self.facts().hotel(offer.hotel_ref)
        found = self.on_sale([hotel] if hotel else [], offer.stay, at)
        same = [each for each in found if each.offer.room_type == offer.room_type]
        if not same or not dearer:
            return same[0] if same else None
        return _dearer(same[0])

    def sell(self, offer: Offer, at: datetime) -> bool:
        """Take the rooms of an offer out of stock, all or none; False if too few are left."""
        reported = self._reported(offer, at)
        with self._lock:
            if self._on_sale(reported, offer.stay, at) is None:
                return False
            self._sold.update(dict.fromkeys(offer.rooms_of_nights, offer.stay.rooms))
            return True

    def give_back(self, offer: Offer) -> None:
        """Put the rooms of an offer back into stock."""
        with self._lock:
            self._sold.subtract(dict.fromkeys(offer.rooms_of_nights, offer.stay.rooms))

    def sell_out(self, offer: Offer, at: datetime) -> None:
        """Let somebody else have all that is left of an offer's rooms."""
        reported = self._reported(offer, at)
        with self._lock:
            for room in reported:
                key = (room.hotel_ref, room.room_type, room.night)
                self._sold[key] = max(self._sold[key], room.total)

    def _reported(self, offer: Offer, at: datetime) -> list[RoomNight]:
        rooms = self.facts().rooms([offer.hotel_ref], offer.stay.nights, at)
        return [room for room in rooms if room.room_type == offer.room_type]

    def _on_sale(self, nights: list[RoomNight], stay: Stay, at: datetime) -> OnSale | None:
        """Offer a room type, unless a night is missing or too few rooms are left on one."""
        if not nights or len(nights) < len(stay.nights):
            return None
        left = min(night.total - self._sold[night[:3]] for night in nights)
        first = nights[0]
        if left < stay.rooms or first.occupancy * stay.rooms < stay.adults:
            return None
        price = sum(night.price_minor_units for night in nights) * stay.rooms
        offer = Offer(first.hotel_ref, first.room_type, stay, price, first.currency, at)
        return OnSale(offer, left, first.occupancy)


def _dearer(was: OnSale) -> OnSale:
    price = round(was.offer.price_minor_units * DEARER)
    return replace(was, offer=replace(was.offer, price_minor_units=price))
