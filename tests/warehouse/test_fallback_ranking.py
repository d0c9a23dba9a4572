"""The order of hotels is the same for the same facts, and its reasons add up."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.defaults import STORM_AT
from warehouse.rules.fallback_ranking import (
    PolicyFlag,
    RoomOffer,
    RoomWish,
    rank_rooms,
    rooms_needed,
    rose_too_far,
    why_ruled_out,
)

WISH = RoomWish(
    party_size=2,
    nights=1,
    price_cap_minor_units=20_000,
    distance_cap_km=25.0,
    usual_stars=4.0,
    at=STORM_AT,
)
OFFER = RoomOffer(
    hotel_id=1,
    hotel_ref="H00001",
    hotel_name="Runway Inn",
    room_type="double",
    distance_km=2.0,
    stars=3.0,
    supplier_reliability=0.9,
    is_refundable=True,
    free_rooms=5,
    nightly_price_minor_units=12_000,
    currency="USD",
    reported_at=STORM_AT,
)
offers = st.lists(
    st.builds(
        RoomOffer,
        hotel_id=st.integers(1, 6),
        hotel_ref=st.sampled_from(["H1", "H2", "H3"]),
        hotel_name=st.just("Inn"),
        room_type=st.sampled_from(["single", "double", "family"]),
        distance_km=st.floats(0, 40),
        stars=st.none() | st.integers(1, 5).map(float),
        supplier_reliability=st.floats(0, 1),
        is_refundable=st.booleans(),
        free_rooms=st.integers(0, 6),
        nightly_price_minor_units=st.integers(0, 40_000),
        currency=st.just("USD"),
        reported_at=st.just(STORM_AT),
    ),
    max_size=12,
    unique_by=lambda offer: (offer.hotel_id, offer.room_type),
)


@given(offers, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_does_not_depend_on_the_order_they_came_in(
    given_offers: list[RoomOffer], shuffler: random.Random
) -> None:
    shuffled = given_offers.copy()
    shuffler.shuffle(shuffled)
    by_id = [replace(offer, hotel_ref=f"H{offer.hotel_id}") for offer in given_offers]
    again = [replace(offer, hotel_ref=f"H{offer.hotel_id}") for offer in shuffled]
    assert rank_rooms(by_id, WISH) == rank_rooms(again, WISH)


@given(offers)
@settings(max_examples=60, deadline=None)
def test_what_is_ranked_passed_every_filter_and_its_parts_add_up(
    given_offers: list[RoomOffer],
) -> None:
    ranked = rank_rooms(given_offers, WISH)
    assert [room.score for room in ranked] == sorted((room.score for room in ranked), reverse=True)
    assert len({room.offer.hotel_id for room in ranked}) == len(ranked)
    for room in ranked:
        assert why_ruled_out(room.offer, WISH) is None
        assert sum(part.weight for part in room.parts) == pytest.approx(1)
        assert all(0 <= part.value <= 1 and part.words for part in room.parts)
        assert room.score == pytest.approx(
            sum(part.weight * part.value for part in room.parts), abs=1e-6
        )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"free_rooms": 0}, "0 rooms free, 1 needed"),
        ({"distance_km": 25.1}, "25.1 km away, 25 km allowed"),
        ({"nightly_price_minor_units": 30_001}, "dearer than even a manager may approve"),
        ({"rate_expires_at": STORM_AT + timedelta(minutes=14)}, "its rate is about to expire"),
    ],
)
def test_a_filter_says_what_is_wrong(change: dict[str, object], reason: str) -> None:
    assert why_ruled_out(replace(OFFER, **change), WISH) == reason  # type: ignore[arg-type]


def test_the_hotel_that_was_lost_is_never_proposed_again() -> None:
    assert why_ruled_out(OFFER, replace(WISH, disrupted_hotel_id=1)) is not None


@pytest.mark.parametrize(
    ("price", "flag"), [(20_000, PolicyFlag.IN_POLICY), (20_001, PolicyFlag.NEEDS_APPROVAL)]
)
def test_above_the_cap_a_manager_is_asked(price: int, flag: PolicyFlag) -> None:
    (room,) = rank_rooms([replace(OFFER, nightly_price_minor_units=price)], WISH)
    assert room.flag is flag


@pytest.mark.parametrize(
    ("price", "value"), [(16_000, 1.0), (12_000, 1.0), (23_000, 0.5), (30_000, 0.0)]
)
def test_price_scores_in_full_to_four_fifths_of_the_cap_and_nothing_at_the_hard_cap(
    price: int, value: float
) -> None:
    (room,) = rank_rooms([replace(OFFER, nightly_price_minor_units=price)], WISH)
    assert {part.name: part.value for part in room.parts}["price"] == pytest.approx(value)


def test_an_unrated_hotel_is_neutral_and_stays_in() -> None:
    (room,) = rank_rooms([replace(OFFER, stars=None)], WISH)
    assert {part.name: part.value for part in room.parts}["class_match"] == 0.5


def test_equal_scores_go_by_the_hotels_reference() -> None:
    twin = replace(OFFER, hotel_id=2, hotel_ref="H00000")
    assert [room.offer.hotel_ref for room in rank_rooms([OFFER, twin], WISH)] == [
        "H00000",
        "H00001",
    ]


@pytest.mark.parametrize(
    ("room_type", "party_size", "rooms"),
    [("single", 3, 3), ("double", 3, 2), ("family", 4, 1), ("family", 5, 2), ("unheard", 2, 1)],
)
def test_rooms_are_enough_for_everybody(room_type: str, party_size: int, rooms: int) -> None:
    assert rooms_needed(room_type, party_size) == rooms


@pytest.mark.parametrize(
    ("agreed", "current", "asks_again"),
    [
        (12_000, 13_000, False),
        (12_000, 13_001, True),
        (40_000, 42_000, False),
        (40_000, 42_001, True),
    ],
)
def test_a_rise_is_tolerated_to_five_percent_or_ten_units(
    agreed: int, current: int, asks_again: bool
) -> None:
    assert rose_too_far(agreed, current) is asks_again
