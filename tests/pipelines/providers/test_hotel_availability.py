"""Offers become the warehouse's hotels and room nights, one row per night, nothing lost."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.providers.duffel_offers import parse_search
from pipelines.providers.hotel_availability import (
    HOTEL_COLUMNS,
    ROOM_COLUMNS,
    AvailabilityFrames,
    frames_of,
)
from pipelines.providers.hotel_payload import Rejection
from pipelines.providers.hotel_supplier import (
    Availability,
    HotelOffer,
    ListedHotel,
    NearAirport,
    RoomWish,
    WishRefused,
)
from pipelines.providers.liteapi_offers import parse_rates
from tests.pipelines.providers.hotel_payloads import (
    CHECK_IN,
    CHECK_OUT,
    JFK,
    SEARCHED_AT,
    WISH,
    duffel_offer,
    liteapi_rate,
    liteapi_rates,
    liteapi_room,
)
from warehouse.bulk.contract import REFUSED_COLUMNS

INN = ListedHotel("duffel:acc_1", "Runway Inn", 40.66, -73.8, 3.0)


def frames(*offers: HotelOffer, hotels: tuple[ListedHotel, ...] = (INN,)) -> AvailabilityFrames:
    numbered = [
        HotelOffer(**{name: getattr(offer, name) for name in offer.__slots__} | {"line": line})
        for line, offer in enumerate(offers, start=1)
    ]
    found = Availability(hotels, tuple(numbered))
    return frames_of(found, JFK, WISH, reported_at=SEARCHED_AT)


def rooms_of(found: AvailabilityFrames) -> list[dict[str, Any]]:
    return found.rooms.to_dict("records")


def test_an_offer_becomes_a_hotel_and_a_row_per_night() -> None:
    found = frames(duffel_offer())
    [hotel] = found.hotels.to_dict("records")
    assert hotel.pop("distance_km") == pytest.approx(2.868, abs=0.01)
    assert hotel == {
        "hotel_ref": "duffel:acc_1",
        "name": "Runway Inn",
        "airport": "JFK",
        "latitude": 40.66,
        "longitude": -73.8,
        "stars": 3.0,
        "supplier_reliability": 0.8,
        "is_refundable": False,
        "is_generated": False,
    }
    night = {
        "hotel_ref": "duffel:acc_1",
        "room_type": "Queen Room",
        "reported_total": 4,
        "price_minor_units": 15_000,
        "currency": "USD",
        "count_semantics": "net",
        "reported_at": SEARCHED_AT,
    }
    assert rooms_of(found) == [
        night | {"night": CHECK_IN},
        night | {"night": CHECK_IN + timedelta(days=1)},
    ]
    assert found.rejected.empty


def test_nothing_found_has_the_columns_all_the_same() -> None:
    found = frames_of(Availability(), JFK, WISH, reported_at=SEARCHED_AT)
    assert list(found.hotels) == HOTEL_COLUMNS
    assert list(found.rooms) == ROOM_COLUMNS
    assert list(found.rejected) == REFUSED_COLUMNS
    assert found.hotels.empty
    assert found.rooms.empty
    assert found.rejected.empty


def test_a_night_costs_its_share_of_rooms_and_nights_rounded_up() -> None:
    three_rooms = duffel_offer(rooms=3, price_minor_units=10_001)
    assert {row["price_minor_units"] for row in rooms_of(frames(three_rooms))} == {1_667}


def test_without_a_count_there_is_one_room_for_each_asked_for() -> None:
    unknown = duffel_offer(rooms=2, quantity_available=None)
    assert {row["reported_total"] for row in rooms_of(frames(unknown))} == {2}
    none_left = duffel_offer(quantity_available=0)
    assert {row["reported_total"] for row in rooms_of(frames(none_left))} == {0}


def test_of_several_rates_the_cheapest_price_and_the_largest_count_stand() -> None:
    found = frames(
        duffel_offer(price_minor_units=30_000, quantity_available=2),
        duffel_offer(price_minor_units=26_000, quantity_available=1),
        duffel_offer(price_minor_units=40_000, quantity_available=6),
        duffel_offer(room_type="Suite", price_minor_units=90_000),
    )
    assert [
        (row["room_type"], row["price_minor_units"], row["reported_total"])
        for row in rooms_of(found)
    ][::2] == [("Queen Room", 13_000, 6), ("Suite", 45_000, 4)]


def test_a_hotel_is_refundable_if_all_we_would_sell_of_it_still_is() -> None:
    later, passed = SEARCHED_AT + timedelta(hours=1), SEARCHED_AT
    until_later = duffel_offer(is_refundable=True, refund_until=later)
    dearer = duffel_offer(price_minor_units=99_000)
    suite = duffel_offer(room_type="Suite", is_refundable=True)
    assert frames(until_later, dearer, suite).hotels["is_refundable"].all()
    too_late = duffel_offer(is_refundable=True, refund_until=passed)
    assert not frames(too_late, suite).hotels["is_refundable"].any()
    assert not frames(until_later, duffel_offer(room_type="Suite")).hotels["is_refundable"].any()


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"obstacle": "is only for members"}, "offer_ref", "is only for members"),
        ({"expires_at": SEARCHED_AT}, "expires_at", "had passed when the offer came in"),
        (
            {"hotel_ref": "duffel:acc_2"},
            "latitude",
            "is not known of duffel:acc_2: how far it is, nobody can tell",
        ),
    ],
)
def test_an_offer_we_cannot_sell_keeps_its_place_and_reason(
    changes: dict[str, Any], column: str, reason: str
) -> None:
    found = frames(duffel_offer(), duffel_offer(raw='{"id": 2}', **changes))
    assert len(found.rooms) == 2
    assert found.rejected.to_dict("records") == [
        {"line": 2, "raw": '{"id": 2}', "column_name": column, "reason": reason}
    ]


def test_one_room_is_priced_in_one_currency() -> None:
    found = frames(duffel_offer(currency="GBP", price_minor_units=1), duffel_offer())
    assert {row["currency"] for row in rooms_of(found)} == {"USD"}
    assert list(found.rejected["reason"]) == ["is not USD, in which the same room is priced"]
    foreign = frames(duffel_offer(currency="GBP"), duffel_offer(currency="EUR"))
    assert {row["currency"] for row in rooms_of(foreign)} == {"GBP"}


def test_rejections_of_the_payload_come_along_in_order() -> None:
    offer = duffel_offer(line=1, obstacle="no")
    found = Availability((INN,), (offer,), (Rejection(2, "{}", "id", "is missing"),))
    rejected = frames_of(found, JFK, WISH, reported_at=SEARCHED_AT).rejected
    assert list(rejected["line"]) == [1, 2]


def test_the_shared_search_becomes_four_nights_at_the_ritz(shared_fixtures: Path) -> None:
    payload = json.loads((shared_fixtures / "hotels/duffel_stays_search_200.json").read_text())
    wish = RoomWish(date(2023, 3, 24), date(2023, 3, 28), adults=2, currency="GBP")
    heathrow = NearAirport("LHR", 51.4706, -0.4619, 30.0)
    before = pd.Timestamp("2023-03-24T09:00Z").to_pydatetime()
    found = frames_of(parse_search(payload, wish), heathrow, wish, reported_at=before)

    assert found.hotels[["hotel_ref", "airport", "stars"]].to_numpy().tolist() == [
        ["duffel:acc_0000AWr2VsUNIF1Vl91xg0", "LHR", 4.0]
    ]
    assert found.hotels["distance_km"].iloc[0] == pytest.approx(22.5, abs=0.2)
    assert list(found.rooms["night"]) == [date(2023, 3, day) for day in (24, 25, 26, 27)]
    assert set(found.rooms["price_minor_units"]) == {19_975}
    assert set(found.rooms["reported_total"]) == {1}
    assert list(found.rejected["column_name"]) == ["offer_ref"]


def test_the_shared_rates_wait_for_a_place_and_then_count_one_room(shared_fixtures: Path) -> None:
    payload = json.loads((shared_fixtures / "hotels/liteapi_hotels_rates_200.json").read_text())
    wish = RoomWish(date(2026, 7, 31), date(2026, 8, 1), adults=2)
    unplaced = frames_of(parse_rates(payload, wish), JFK, wish, reported_at=SEARCHED_AT)
    assert unplaced.hotels.empty
    assert list(unplaced.rejected["column_name"]) == ["latitude"]
    place = {"lp1897": ListedHotel("liteapi:lp1897", "Manhattan", 40.76, -73.98, 3.0)}
    placed = frames_of(parse_rates(payload, wish, place), JFK, wish, reported_at=SEARCHED_AT)
    [night] = placed.rooms.to_dict("records")
    assert (night["reported_total"], night["price_minor_units"]) == (1, 16_366)
    assert night["count_semantics"] == "net"


def test_a_liteapi_answer_becomes_rows_of_the_nights_asked_for() -> None:
    found = parse_rates(liteapi_rates(liteapi_room(liteapi_rate())), WISH)
    result = frames_of(found, JFK, WISH, reported_at=SEARCHED_AT)
    assert list(result.rooms["price_minor_units"]) == [14_025, 14_025]
    # Its free cancellation ended the evening before.
    assert not result.hotels["is_refundable"].any()


@pytest.mark.parametrize(
    "wish",
    [
        {"check_out_on": CHECK_IN},
        {"check_out_on": CHECK_IN + timedelta(days=91)},
        {"rooms": 0},
        {"rooms": 2, "adults": 1},
    ],
)
def test_a_wish_nobody_can_answer_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(WishRefused, match="Ask for"):
        RoomWish(**({"check_in_on": CHECK_IN, "check_out_on": CHECK_OUT} | wish))
