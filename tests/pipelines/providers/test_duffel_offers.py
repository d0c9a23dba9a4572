"""Duffel's rates become offers, exactly and in our words; what means nothing keeps its reason."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.providers.duffel_offers import parse_quote, parse_search
from pipelines.providers.errors import ProviderRefused
from pipelines.providers.hotel_supplier import HotelOffer, ListedHotel, RoomWish
from tests.pipelines.providers.hotel_payloads import (
    WISH,
    duffel_offer,
    duffel_quote,
    duffel_rate,
    duffel_result,
    duffel_search,
)

RITZ = ListedHotel("duffel:acc_0000AWr2VsUNIF1Vl91xg0", "The Ritz London", 51.5071, -0.1416, 4.0)
BEST_RATE = HotelOffer(
    supplier="duffel",
    hotel_ref=RITZ.hotel_ref,
    offer_ref="rat_0000ASuebQfixzpI2v20qe",
    room_type="Double Suite",
    check_in_on=date(2023, 3, 24),
    check_out_on=date(2023, 3, 28),
    rooms=1,
    price_minor_units=79_900,
    currency="GBP",
    quantity_available=1,
    is_refundable=False,
    refund_until=None,
    board="room_only",
    expires_at=datetime(2023, 3, 28, 12, tzinfo=UTC),
)


def read_one(**changes: Any) -> HotelOffer:
    found = parse_search(duffel_search(duffel_result(duffel_rate(**changes))), WISH)
    assert found.rejected == ()
    return found.offers[0]


def why_refused(result: dict[str, Any]) -> tuple[str, str]:
    found = parse_search(duffel_search(result), WISH)
    assert found.offers == ()
    [rejection] = found.rejected
    assert json.loads(rejection.raw)
    return rejection.column_name, rejection.reason


def test_the_shared_search_is_read_value_by_value(shared_fixtures: Path) -> None:
    payload = json.loads((shared_fixtures / "hotels/duffel_stays_search_200.json").read_text())
    found = parse_search(payload, RoomWish(date(2023, 3, 24), date(2023, 3, 28), adults=2))

    assert found.hotels == (RITZ,)
    assert found.rejected == ()
    best, refundable = found.offers
    assert best == BEST_RATE
    assert refundable.offer_ref == "rat_0000ASuebQfixzpI2v20bx"
    assert (refundable.price_minor_units, refundable.currency) == (89_900, "GBP")
    # Its name says refundable, its cancellation timeline does not: what is promised counts.
    assert not refundable.is_refundable
    assert refundable.obstacle == "is only for members of the hotel's loyalty programme"
    assert [offer.line for offer in found.offers] == [1, 2]
    assert json.loads(best.raw)["tax_amount"] == "133.17"


def test_the_shared_quote_is_read_value_by_value(shared_fixtures: Path) -> None:
    payload = json.loads((shared_fixtures / "hotels/duffel_stays_quote_200.json").read_text())
    offer = duffel_offer(
        hotel_ref=RITZ.hotel_ref,
        offer_ref=BEST_RATE.offer_ref,
        check_in_on=date(2023, 6, 1),
        check_out_on=date(2023, 6, 10),
        price_minor_units=148_000,
    )
    quote = parse_quote(payload, offer)

    assert quote.quote_ref == "quo_123456789"
    assert (quote.offer.price_minor_units, quote.offer.currency) == (150_000, "USD")
    assert (quote.offer.check_in_on, quote.offer.check_out_on) == (
        date(2023, 6, 1),
        date(2023, 6, 10),
    )
    assert (quote.offer.rooms, quote.offer.board) == (1, "room_only")
    assert quote.offer.expires_at == datetime(2023, 3, 28, 12, tzinfo=UTC)
    assert not quote.offer.is_refundable
    assert quote.changed_terms == ("the price changed by 1.35 %",)


def test_a_rate_without_a_count_leaves_it_open() -> None:
    assert read_one(quantity_available=None).quantity_available is None
    assert read_one(quantity_available="3").quantity_available == 3


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("31000", "JPY", 31_000), ("113.250", "BHD", 113_250), (300, "usd", 30_000)],
)
def test_amounts_follow_their_currency(amount: object, currency: str, expected: int) -> None:
    offer = read_one(total_amount=amount, total_currency=currency)
    assert (offer.price_minor_units, offer.currency) == (expected, currency.upper())


def test_only_a_full_refund_makes_a_rate_refundable() -> None:
    full = {"before": "2027-01-14T18:00:00Z", "refund_amount": "300.00", "currency": "USD"}
    half = {"before": "2027-01-15T10:00:00Z", "refund_amount": "150.00", "currency": "USD"}
    offer = read_one(cancellation_timeline=[full, half])
    assert offer.is_refundable
    assert offer.refund_until == datetime(2027, 1, 14, 18, tzinfo=UTC)
    assert not read_one(cancellation_timeline=[half]).is_refundable
    assert not read_one(cancellation_timeline=None).is_refundable


@pytest.mark.parametrize("refund", [None, "0.00", ""])
def test_a_step_of_the_timeline_without_an_amount_gives_nothing_back(refund: str | None) -> None:
    step = {"before": "2027-01-14T18:00:00Z", "refund_amount": refund, "currency": "USD"}
    assert not read_one(cancellation_timeline=[step]).is_refundable


@pytest.mark.parametrize(
    "terms",
    [
        {"loyalty_programme_required": "true"},
        {"available_payment_methods": "card"},
        {"available_payment_methods": ["card", "stored_card"]},
    ],
)
def test_what_we_cannot_book_has_an_obstacle_however_it_is_written(terms: dict[str, Any]) -> None:
    assert read_one(**terms).obstacle is not None


def test_a_rate_takes_what_it_lacks_from_its_result_and_that_from_the_search() -> None:
    result = duffel_result(duffel_rate(expires_at=None), check_in_date=None, rooms=None)
    [offer] = parse_search(duffel_search(result), WISH).offers
    assert offer.expires_at == datetime(2027, 1, 15, 13, tzinfo=UTC)
    assert (offer.check_in_on, offer.rooms) == (WISH.check_in_on, WISH.rooms)


def test_a_rate_for_cards_alone_is_kept_with_its_obstacle() -> None:
    offer = read_one(available_payment_methods=["card"])
    assert offer.obstacle == "cannot be paid from our balance with the supplier"


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"total_currency": "XXX"}, "total_currency", "is not a currency we know"),
        ({"total_currency": None}, "total_currency", "is missing"),
        ({"total_amount": "-1.00"}, "total_amount", "is negative"),
        ({"total_amount": None}, "total_amount", "is missing"),
        ({"total_amount": "10.001"}, "total_amount", "has more decimals than USD has"),
        ({"expires_at": "soon"}, "expires_at", "is not an instant"),
        ({"id": None}, "id", "is missing"),
        (
            {"quantity_available": -1},
            "quantity_available",
            "is not a whole number from 0 to 10000",
        ),
        (
            {"cancellation_timeline": [{"before": "2027-13-01", "refund_amount": "1"}]},
            "cancellation_timeline.before",
            "is not an instant",
        ),
    ],
)
def test_a_rate_that_means_nothing_is_rejected_with_its_reason(
    changes: dict[str, Any], column: str, reason: str
) -> None:
    assert why_refused(duffel_result(duffel_rate(**changes))) == (column, reason)


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"check_in_date": "15/01/2027"}, "check_in_date", "is not a date"),
        ({"check_out_date": "2027-01-15"}, "check_out_date", "must be 1 to 90 nights after"),
        ({"check_out_date": "9999-12-31"}, "check_out_date", "must be 1 to 90 nights after"),
        ({"accommodation": {"id": None}}, "accommodation.id", "is missing"),
        ({"accommodation": {"rooms": None}}, "rates", "has no rate"),
        ({"accommodation": {"rooms": [{"rates": []}]}}, "rates", "has no rate"),
    ],
)
def test_a_result_that_means_nothing_is_rejected_with_its_reason(
    changes: dict[str, Any], column: str, reason: str
) -> None:
    found = why_refused(duffel_result(duffel_rate(), **changes))
    assert found[0] == column
    assert found[1].startswith(reason)


def test_a_good_rate_stands_beside_bad_ones_and_all_keep_their_place() -> None:
    result = duffel_result(duffel_rate(id=None), duffel_rate(), "no rate at all")
    found = parse_search(duffel_search(None, result), WISH)
    assert [offer.line for offer in found.offers] == [3]
    assert [(row.line, row.raw) for row in found.rejected][::2] == [
        (1, "null"),
        (4, '"no rate at all"'),
    ]


@pytest.mark.parametrize("payload", [None, [], {}, {"data": []}, {"data": {"results": "none"}}])
def test_what_is_no_search_answer_is_refused_as_a_whole(payload: object) -> None:
    with pytest.raises(ProviderRefused, match="duffel: sent"):
        parse_search(payload, WISH)


def test_no_results_are_nothing_available() -> None:
    assert parse_search({"data": {"results": None}}, WISH).offers == ()


def test_a_quote_says_which_terms_changed() -> None:
    until = datetime(2027, 1, 14, 18, tzinfo=UTC)
    offer = duffel_offer(is_refundable=True, refund_until=until, board="breakfast")
    quote = parse_quote(duffel_quote(total_amount="330.00"), offer)
    assert quote.changed_terms == (
        "the price changed by 10 %",
        "the cancellation terms changed",
        "the board changed",
    )
    assert parse_quote(duffel_quote(), duffel_offer()).changed_terms == ()


def test_what_an_offer_left_open_is_no_change() -> None:
    step = {"before": "2027-01-14T18:00:00Z", "refund_amount": "300.00", "currency": "USD"}
    rate = duffel_rate(cancellation_timeline=[step])
    payload = duffel_quote(accommodation={"id": "acc_1", "rooms": [{"rates": [rate]}]})
    open_offer = duffel_offer(is_refundable=True, refund_until=None, board=None)
    assert parse_quote(payload, open_offer).changed_terms == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"check_in_date": "2027-01-14"},
        {"rooms": 2},
        {"accommodation": {"id": "acc_2"}},
    ],
)
def test_a_quote_for_something_else_is_never_taken(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderRefused, match="was asked for"):
        parse_quote(duffel_quote(**changes), duffel_offer())


@pytest.mark.parametrize("changes", [{"id": None}, {"total_amount": "x"}, {"check_in_date": "x"}])
def test_a_quote_that_cannot_be_read_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderRefused, match="a quote we cannot use"):
        parse_quote(duffel_quote(**changes), duffel_offer())
