"""The order of alternative hotels for a stranded party: what rules one out, and what scores."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from warehouse.rules.currencies import major_units

SLEEPS = {"single": 1, "family": 4, "suite": 4}
SLEEPS_OTHERWISE = 2

HARD_CAP_FACTOR = 1.5
"""Above the policy's price cap a manager approves; above this many caps nothing is proposed."""

GENEROUS_SHARE = 0.8
"""At this share of the cap, or below, a price scores in full."""

DISTANCE_SCALE_KM = 5.0
FRESHNESS_HALF_LIFE = timedelta(hours=12)
SHORTEST_RATE_LIFE = timedelta(minutes=15)
NEUTRAL = 0.5
TOLERATED_RISE_SHARE = 0.05
TOLERATED_RISE_MINOR_UNITS = 1_000


class PolicyFlag(StrEnum):
    """How a price stands to the policy."""

    IN_POLICY = "in_policy"
    NEEDS_APPROVAL = "needs_approval"


@dataclass(frozen=True, slots=True)
class RoomOffer:
    """Rooms of one type in one hotel that are there on every night asked for."""

    hotel_id: int
    hotel_ref: str
    hotel_name: str
    room_type: str
    distance_km: float
    stars: float | None
    supplier_reliability: float
    is_refundable: bool
    free_rooms: int
    nightly_price_minor_units: int
    currency: str
    reported_at: datetime
    rate_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoomWish:
    """What a stranded party needs, and within what the policy allows it."""

    party_size: int
    nights: int
    price_cap_minor_units: int
    distance_cap_km: float
    usual_stars: float | None
    at: datetime
    disrupted_hotel_id: int | None = None


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One reason for a hotel's place: its weight, its value in [0, 1] and words for an agent."""

    name: str
    weight: float
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class RankedRoom:
    """An offer that passed every filter, with its score and what it is made of."""

    offer: RoomOffer
    rooms: int
    price_minor_units: int
    flag: PolicyFlag
    parts: tuple[ScorePart, ...]
    score: float


def rank_rooms(offers: Iterable[RoomOffer], wish: RoomWish) -> list[RankedRoom]:
    """Order the offers that would do, the best first, one room type per hotel.

    Parameters
    ----------
    offers:
        Rooms in any order; the answer does not depend on it.
    wish:
        The party and the policy.

    Returns
    -------
    :
        By falling score; ties by price, distance and the hotel's reference.
    """
    ranked = sorted(
        (_rank(offer, wish) for offer in offers if why_ruled_out(offer, wish) is None), key=_place
    )
    best = {room.offer.hotel_id: room for room in reversed(ranked)}
    return sorted(best.values(), key=_place)


def why_ruled_out(offer: RoomOffer, wish: RoomWish) -> str | None:
    """Say in words why an offer cannot be proposed at all; None if it can.

    Parameters
    ----------
    offer:
        Rooms of one type in one hotel.
    wish:
        The party and the policy.

    Returns
    -------
    :
        The first reason that holds, or None.
    """
    needed = rooms_needed(offer.room_type, wish.party_size)
    if offer.hotel_id == wish.disrupted_hotel_id:
        return "it is the hotel that was lost"
    if offer.free_rooms < needed:
        return f"{offer.free_rooms} rooms free, {needed} needed"
    if offer.distance_km > wish.distance_cap_km:
        return f"{offer.distance_km:.1f} km away, {wish.distance_cap_km:.0f} km allowed"
    if offer.nightly_price_minor_units > _hard_cap(wish):
        return "dearer than even a manager may approve"
    if offer.rate_expires_at and offer.rate_expires_at - wish.at < SHORTEST_RATE_LIFE:
        return "its rate is about to expire"
    return None


def rooms_needed(room_type: str, party_size: int) -> int:
    """Count the rooms of a type that a party fills."""
    return math.ceil(party_size / SLEEPS.get(room_type, SLEEPS_OTHERWISE))


def policy_flag(nightly_price_minor_units: float, price_cap_minor_units: int) -> PolicyFlag:
    """Tell whether a nightly price is within the policy or asks for a manager."""
    over = nightly_price_minor_units > price_cap_minor_units
    return PolicyFlag.NEEDS_APPROVAL if over else PolicyFlag.IN_POLICY


def rose_too_far(agreed_minor_units: int, current_minor_units: int) -> bool:
    """Tell whether a price rose so far that whoever agreed to it must be asked again."""
    share = round(agreed_minor_units * TOLERATED_RISE_SHARE)
    tolerated = max(share, TOLERATED_RISE_MINOR_UNITS)
    return current_minor_units - agreed_minor_units > tolerated


def _rank(offer: RoomOffer, wish: RoomWish) -> RankedRoom:
    parts = (
        _distance(offer),
        _price(offer, wish),
        _class_match(offer, wish),
        _refundability(offer),
        _reliability(offer),
        _freshness(offer, wish),
    )
    rooms = rooms_needed(offer.room_type, wish.party_size)
    return RankedRoom(
        offer=offer,
        rooms=rooms,
        price_minor_units=offer.nightly_price_minor_units * wish.nights * rooms,
        flag=policy_flag(offer.nightly_price_minor_units, wish.price_cap_minor_units),
        parts=parts,
        score=round(sum(part.weight * part.value for part in parts), 6),
    )


def _place(room: RankedRoom) -> tuple[float, int, float, str, str]:
    offer = room.offer
    price = room.price_minor_units
    return (-room.score, price, offer.distance_km, offer.hotel_ref, offer.room_type)


def _distance(offer: RoomOffer) -> ScorePart:
    value = math.exp(-offer.distance_km / DISTANCE_SCALE_KM)
    return ScorePart("distance", 0.30, value, f"{offer.distance_km:.1f} km from the airport")


def _price(offer: RoomOffer, wish: RoomWish) -> ScorePart:
    generous = GENEROUS_SHARE * wish.price_cap_minor_units
    span = _hard_cap(wish) - generous
    value = (_hard_cap(wish) - offer.nightly_price_minor_units) / span
    share = offer.nightly_price_minor_units / wish.price_cap_minor_units
    price = major_units(offer.nightly_price_minor_units, offer.currency)
    words = f"{price:.0f} {offer.currency} a night"
    return ScorePart("price", 0.25, _clamp(value), f"{words}, {share:.0%} of the cap")


def _class_match(offer: RoomOffer, wish: RoomWish) -> ScorePart:
    if offer.stars is None or wish.usual_stars is None:
        words = "unrated" if offer.stars is None else f"{offer.stars:g} stars, usual class unknown"
        return ScorePart("class_match", 0.15, NEUTRAL, words)
    value = 1 - abs(offer.stars - wish.usual_stars) / 4
    words = f"{offer.stars:g} stars, booked elsewhere {wish.usual_stars:g}"
    return ScorePart("class_match", 0.15, _clamp(value), words)


def _refundability(offer: RoomOffer) -> ScorePart:
    words = "refundable until check-in" if offer.is_refundable else "not refundable"
    return ScorePart("refundability", 0.10, float(offer.is_refundable), words)


def _reliability(offer: RoomOffer) -> ScorePart:
    value = offer.supplier_reliability
    return ScorePart("reliability", 0.10, value, f"supplier confirms {value:.0%} of bookings")


def _freshness(offer: RoomOffer, wish: RoomWish) -> ScorePart:
    age = max(wish.at - offer.reported_at, timedelta())
    hours = age / timedelta(hours=1)
    words = "rooms counted within the hour" if hours < 1 else f"rooms counted {hours:.0f} h ago"
    return ScorePart("freshness", 0.10, 0.5 ** (age / FRESHNESS_HALF_LIFE), words)


def _hard_cap(wish: RoomWish) -> float:
    return HARD_CAP_FACTOR * wish.price_cap_minor_units


def _clamp(value: float) -> float:
    return min(max(value, 0.0), 1.0)
