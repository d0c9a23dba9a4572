"""What both simulated suppliers agree on: which stays can be asked for, and what a cancel costs."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pipelines.simulator.hotel_facts import Hotel
from pipelines.simulator.hotel_offers import Offer, Stay
from pipelines.simulator.hotel_stock import MOST_NIGHTS, MOST_ROOMS

FREE_UNTIL: Final = time(18)
"""On the day of check-in, by the hotel's clock."""
_MOST_ADULTS: Final = 40


class WishRefused(ValueError):
    """A stay that no hotel sells: which of its fields, and what is wrong with it."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"{field} {reason}")


@dataclass(frozen=True)
class Fields:
    """What a supplier calls check-in, check-out and rooms."""

    check_in: str
    check_out: str
    rooms: str


def read_stay(values: dict[str, object], adults: int, fields: Fields, at: datetime) -> Stay:
    """Read a stay.

    Parameters
    ----------
    values:
        By the supplier's names.
    adults:
        How many people.
    fields:
        The supplier's names.
    at:
        The instant.

    Returns
    -------
    :
        Nights, rooms and people.

    Raises
    ------
    WishRefused
        No hotel sells it.
    """
    check_in_on = _day(fields.check_in, values.get(fields.check_in))
    check_out_on = _day(fields.check_out, values.get(fields.check_out))
    rooms = values.get(fields.rooms)
    if check_in_on < (at - timedelta(days=1)).date():
        raise WishRefused(fields.check_in, "must not be in the past")
    if not 1 <= (check_out_on - check_in_on).days <= MOST_NIGHTS:
        raise WishRefused(fields.check_out, f"must be 1 to {MOST_NIGHTS} nights after check-in")
    if not isinstance(rooms, int) or isinstance(rooms, bool) or not 1 <= rooms <= MOST_ROOMS:
        raise WishRefused(fields.rooms, f"must be a whole number from 1 to {MOST_ROOMS}")
    if not rooms <= adults <= _MOST_ADULTS:
        raise WishRefused(fields.rooms, f"need an adult each, and {_MOST_ADULTS} at most in all")
    return Stay(check_in_on, check_out_on, rooms, adults)


def free_until(hotel: Hotel, offer: Offer) -> datetime | None:
    """Tell until when a stay can be cancelled free of charge; None if it never can."""
    if not hotel.is_refundable:
        return None
    local = datetime.combine(offer.stay.check_in_on, FREE_UNTIL, ZoneInfo(hotel.time_zone))
    return local.astimezone(UTC)


def fee_minor_units(hotel: Hotel, offer: Offer, cancelled_at: datetime) -> int:
    """Tell what a cancellation costs: nothing in time, else everything."""
    until = free_until(hotel, offer)
    is_free = until is not None and cancelled_at < until
    return 0 if is_free else offer.price_minor_units


def amount(minor_units: int) -> float:
    """Give an amount in dollars, the one currency of the generated hotels."""
    return minor_units / 100


def _day(field: str, value: object) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise WishRefused(field, "must be a date such as 2013-12-10") from None
