"""LiteAPI's offers and prebooks, in all the shapes its examples and schemas disagree on."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.providers.errors import ProviderRefused
from pipelines.providers.hotel_supplier import Availability, HotelOffer, ListedHotel, RoomWish
from pipelines.providers.liteapi_offers import hotels_without_place, parse_hotel, parse_rates
from pipelines.providers.liteapi_prebook import parse_prebook
from tests.pipelines.providers.hotel_payloads import (
    WISH,
    liteapi_offer,
    liteapi_prebook,
    liteapi_rate,
    liteapi_rates,
    liteapi_room,
)

LODGE = ListedHotel("liteapi:lp1", "Jamaica Bay Lodge", 40.65, -73.79, 3.5)


def read_one(*rates: Any, **changes: Any) -> HotelOffer:
    payload = liteapi_rates(liteapi_room(*(rates or (liteapi_rate(),)), **changes))
    found = parse_rates(payload, WISH)
    assert found.rejected == ()
    return found.offers[0]


def why_refused(room: Any) -> tuple[str, str]:
    found = parse_rates(liteapi_rates(room), WISH)
    assert found.offers == ()
    [rejection] = found.rejected
    return rejection.column_name, rejection.reason


def shared(folder: Path, name: str) -> Any:
    return json.loads((folder / "hotels" / name).read_text())


@pytest.mark.parametrize("tag", ["RFN", "rfn", " RFN "])
def test_a_refundable_rate_is_one_however_it_is_written(tag: str) -> None:
    policies = {"refundableTag": tag, "cancelPolicyInfos": None, "hotelRemarks": None}
    assert read_one(liteapi_rate(cancellationPolicies=policies)).is_refundable
    policies["refundableTag"] = "NRFN"
    assert not read_one(liteapi_rate(cancellationPolicies=policies)).is_refundable


def test_the_first_instant_of_all_is_no_instant() -> None:
    step = {"cancelTime": "0001-01-01 00:00:00", "amount": 1}
    policies = {"refundableTag": "RFN", "cancelPolicyInfos": [step]}
    assert read_one(liteapi_rate(cancellationPolicies=policies)).refund_until is None


def test_no_room_costs_nothing() -> None:
    room = liteapi_room(liteapi_rate(), offerRetailRate={"amount": 0, "currency": "USD"})
    assert why_refused(room) == ("price", "is zero, which no room costs")
    with pytest.raises(ProviderRefused, match="a price of zero, which no room costs"):
        parse_prebook(liteapi_prebook(price=0), liteapi_offer())


def test_the_shared_rates_are_read_value_by_value(shared_fixtures: Path) -> None:
    payload = shared(shared_fixtures, "liteapi_hotels_rates_200.json")
    wish = RoomWish(date(2026, 7, 31), date(2026, 8, 1), adults=2)
    found = parse_rates(payload, wish)

    assert found.rejected == ()
    assert found.hotels == (ListedHotel("liteapi:lp1897", "Hotel Example NYC", None, None, None),)
    [offer] = found.offers
    assert offer == HotelOffer(
        supplier="liteapi",
        hotel_ref="liteapi:lp1897",
        offer_ref=payload["data"][0]["roomTypes"][0]["offerId"],
        room_type="Standard King Room",
        check_in_on=date(2026, 7, 31),
        check_out_on=date(2026, 8, 1),
        rooms=1,
        price_minor_units=16_366,
        currency="USD",
        quantity_available=None,
        is_refundable=True,
        refund_until=datetime(2026, 7, 30, 2, tzinfo=UTC),
        board="room_only",
        expires_at=None,
    )
    assert offer.offer_ref.startswith("GE5ESNBSIZKVMQ2QJJNEERSPKIZEMR2O")


def test_the_shared_prebook_is_read_value_by_value(shared_fixtures: Path) -> None:
    payload = shared(shared_fixtures, "liteapi_prebook_200.json")
    offer = liteapi_offer(
        hotel_ref="liteapi:lp1897",
        check_in_on=date(2025, 12, 5),
        check_out_on=date(2025, 12, 10),
        price_minor_units=16_366,
        room_type="Standard King Room",
        board="room_only",
    )
    quote = parse_prebook(payload, offer)

    assert quote.quote_ref == "zzWkJcdgk"
    # The final price has the addons and the voucher of the example in it.
    assert (quote.offer.price_minor_units, quote.offer.currency) == (21_366, "USD")
    assert quote.offer == replace(
        offer,
        price_minor_units=21_366,
        refund_until=datetime(2025, 3, 30, 2, tzinfo=UTC),
    )
    assert quote.changed_terms == ()


@pytest.mark.parametrize("payload", [None, {}, {"data": None}, {"data": []}, []])
def test_no_rates_are_nothing_available(payload: object) -> None:
    assert parse_rates(payload, WISH) == Availability()


@pytest.mark.parametrize("payload", [{"data": {}}, {"data": "none"}, "none", 7])
def test_what_are_no_rates_are_refused_as_a_whole(payload: object) -> None:
    with pytest.raises(ProviderRefused, match="not a list"):
        parse_rates(payload, WISH)


def test_an_offer_is_read_in_our_words() -> None:
    assert read_one() == liteapi_offer()
    assert parse_rates(liteapi_rates(liteapi_room(liteapi_rate())), WISH).hotels == (LODGE,)


@pytest.mark.parametrize(
    "price",
    [
        {"amount": 199.99, "currency": "USD"},
        [{"amount": 199.99, "currency": "USD"}],
        [{"amount": "199.99", "currency": "usd"}],
    ],
)
def test_a_price_may_be_an_object_or_a_list(price: object) -> None:
    assert read_one(offerRetailRate=price).price_minor_units == 19_999
    rate = liteapi_rate(retailRate={"total": price})
    assert read_one(rate, offerRetailRate=None).price_minor_units == 19_999


def test_without_a_price_of_its_own_an_offer_costs_what_its_rooms_do() -> None:
    king, twin = liteapi_rate(), liteapi_rate(name="Twin", occupancyNumber=2)
    offer = read_one(king, twin, offerRetailRate=[])
    assert offer.price_minor_units == 56_100
    assert offer.room_type == "Standard King + Twin"
    assert read_one(king, king, offerRetailRate=None).room_type == "Standard King"


@pytest.mark.parametrize(
    ("code", "name", "board"),
    [
        ("RO", "Room Only", "room_only"),
        ("BB1", "Breakfast for one", "breakfast"),
        ("ai", None, "all_inclusive"),
        ("XY", "Picnic basket", "Picnic basket"),
        ("XY", None, "XY"),
        (None, None, None),
    ],
)
def test_boards_are_read_in_our_words(
    code: str | None, name: str | None, board: str | None
) -> None:
    assert read_one(liteapi_rate(boardType=code, boardName=name)).board == board


def policy(tag: str | None, *steps: tuple[str | None, float]) -> dict[str, Any]:
    infos = [{"cancelTime": time, "amount": amount, "timezone": "GMT"} for time, amount in steps]
    return {"cancellationPolicies": {"cancelPolicyInfos": infos, "refundableTag": tag}}


def test_the_first_fee_ends_the_free_cancellation() -> None:
    offer = read_one(
        liteapi_rate(
            **policy("RFN", ("2027-01-14 12:00:00", 280.5), ("2027-01-13 12:00:00", 50)),
        ),
        liteapi_rate(**policy("RFN", ("2027-01-10 12:00:00", 0))),
    )
    assert offer.refund_until == datetime(2027, 1, 13, 12, tzinfo=UTC)
    assert offer.is_refundable


@pytest.mark.parametrize("tag", ["NRFN", None, ""])
def test_without_the_tag_nothing_is_refundable(tag: str | None) -> None:
    offer = read_one(liteapi_rate(**policy(tag, ("2027-01-14 12:00:00", 1))))
    assert (offer.is_refundable, offer.refund_until) == (False, None)
    mixed = read_one(liteapi_rate(), liteapi_rate(**policy(tag)))
    assert not mixed.is_refundable


def test_null_policies_and_rates_are_read() -> None:
    assert not read_one(liteapi_rate(cancellationPolicies=None)).is_refundable
    payload = liteapi_rates(liteapi_room(rates=None, name="Suite"))
    [offer] = parse_rates(payload, WISH).offers
    assert (offer.room_type, offer.board) == ("Suite", None)


def test_an_offer_for_members_alone_is_kept_with_its_obstacle() -> None:
    offer = read_one(loyaltyMembershipIdRequired=True)
    assert offer.obstacle == "is only for members of the hotel's loyalty programme"


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        (
            {"offerRetailRate": {"amount": 1, "currency": "ZZZ"}},
            "offerRetailRate.currency",
            "is not a currency we know",
        ),
        (
            {"offerRetailRate": {"amount": -1, "currency": "USD"}},
            "offerRetailRate.amount",
            "is negative",
        ),
        (
            {"offerRetailRate": {"amount": "x", "currency": "USD"}},
            "offerRetailRate.amount",
            "is not an amount of money",
        ),
        ({"offerRetailRate": None, "rates": []}, "retailRate.total", "is missing"),
        ({"offerId": None}, "offerId", "is missing"),
        (
            {"rates": [liteapi_rate(**policy("RFN", ("30 July", 1)))]},
            "cancelTime",
            "is not an instant",
        ),
    ],
)
def test_an_offer_that_means_nothing_is_rejected_with_its_reason(
    changes: dict[str, Any], column: str, reason: str
) -> None:
    assert why_refused(liteapi_room(**({"rates": [liteapi_rate()]} | changes))) == (column, reason)


def test_rooms_in_two_currencies_have_no_price() -> None:
    euros = liteapi_rate(retailRate={"total": {"amount": 1, "currency": "EUR"}})
    room = liteapi_room(liteapi_rate(), euros, offerRetailRate=None)
    assert why_refused(room) == ("retailRate.total", "mixes EUR and USD")


def test_a_hotel_without_offers_is_one_rejection() -> None:
    payload = {"data": [{"hotelId": "lp1", "roomTypes": None}, None]}
    found = parse_rates(payload, WISH)
    assert [(row.line, row.reason) for row in found.rejected] == [
        (1, "has no offer: it is sold out"),
        (2, "has no offer: it is sold out"),
    ]


def test_a_hotel_that_the_answer_does_not_locate_takes_its_own_page() -> None:
    payload = liteapi_rates(liteapi_room(liteapi_rate()), latitude=None, stars=None)
    assert hotels_without_place(parse_rates(payload, WISH)) == ["liteapi:lp1"]
    page = {
        "data": {
            "name": "Lodge",
            "starRating": 3,
            "location": {"latitude": 40.6, "longitude": -73.8},
        }
    }
    place = parse_hotel(page, "lp1")
    assert place == ListedHotel("liteapi:lp1", "Lodge", 40.6, -73.8, 3.0)
    assert parse_rates(payload, WISH, {"lp1": place}).hotels == (place,)
    located = liteapi_rates(liteapi_room(liteapi_rate()))
    assert parse_rates(located, WISH, {"lp1": place}).hotels == (LODGE,)


@pytest.mark.parametrize("payload", [None, [], {"data": None}, {"data": {"location": 3}}])
def test_a_page_that_says_nothing_leaves_the_hotel_unlocated(payload: object) -> None:
    assert parse_hotel(payload, "lp1") == ListedHotel("liteapi:lp1", "lp1", None, None, None)


def test_a_prebook_says_which_terms_changed() -> None:
    payload = liteapi_prebook(
        price=300, priceDifferencePercent=7, cancellationChanged=True, boardChanged="true"
    )
    quote = parse_prebook(payload, liteapi_offer())
    assert quote.offer.price_minor_units == 30_000
    assert quote.changed_terms == (
        "the price changed by 7 %",
        "the cancellation terms changed",
        "the board changed",
    )
    assert parse_prebook(liteapi_prebook(), liteapi_offer()).changed_terms == ()


def test_what_a_prebook_leaves_out_is_compared_with_the_offer() -> None:
    silent = {"priceDifferencePercent": None, "cancellationChanged": None, "boardChanged": None}
    rates = [liteapi_rate(boardType="RO", **policy("NRFN"))]
    payload = liteapi_prebook(price=None, currency=None, roomTypes=[{"rates": rates}], **silent)
    quote = parse_prebook(payload, liteapi_offer(price_minor_units=25_500))
    assert quote.offer.price_minor_units == 28_050
    assert quote.price_difference_percent == 10
    assert quote.is_cancellation_changed
    assert quote.is_board_changed


@pytest.mark.parametrize(
    "changes", [{"prebookId": None}, {"price": "x"}, {"checkin": "x"}, {"hotelId": "lp2"}]
)
def test_a_prebook_we_cannot_use_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderRefused):
        parse_prebook(liteapi_prebook(**changes), liteapi_offer())
