"""LiteAPI over HTTP: two hosts, one client reference per booking, amounts rather than words."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.hotel_supplier import (
    Availability,
    BookingState,
    NothingAvailable,
    OutcomeUnknown,
    Quote,
    RoomWish,
    SupplierBooking,
)
from pipelines.providers.liteapi import LiteApi
from pipelines.providers.liteapi_bookings import (
    parse_booking,
    parse_bookings_under,
    parse_cancellation,
)
from tests.pipelines.providers.hotel_payloads import (
    CHECK_IN,
    CHECK_OUT,
    GUEST,
    JFK,
    KEY,
    WISH,
    liteapi_booking,
    liteapi_offer,
    liteapi_prebook,
    liteapi_rate,
    liteapi_rates,
    liteapi_room,
)
from tests.pipelines.providers.hotel_server import HotelServer, liteapi_client, playing
from tests.pipelines.providers.scripted_server import Answer

RATES, HOTEL = "/api/hotels/rates", "/api/data/hotel"
PREBOOK, BOOK, BOOKINGS = "/book/rates/prebook", "/book/rates/book", "/book/bookings"
QUOTE = Quote("PRE1", liteapi_offer())
DUPLICATE = Answer({"error": {"code": 4005, "message": "duplicate booking attempt"}}, status=400)


@pytest.fixture
def supplier() -> Iterator[HotelServer]:
    with playing() as server:
        yield server


@pytest.fixture
def liteapi(supplier: HotelServer, slept: list[float]) -> LiteApi:
    offers = liteapi_client(f"{supplier.url}/api", slept)
    return LiteApi(offers, liteapi_client(f"{supplier.url}/book", slept))


def test_a_search_asks_as_liteapi_wants_it(supplier: HotelServer, liteapi: LiteApi) -> None:
    supplier.on("POST", RATES, Answer(liteapi_rates(liteapi_room(liteapi_rate()))))

    found = liteapi.search(JFK, RoomWish(CHECK_IN, CHECK_OUT, rooms=2, adults=5, currency="EUR"))

    assert [offer.offer_ref for offer in found.offers] == ["OFFER1"]
    [asked] = supplier.asked
    assert asked.headers["X-API-Key"] == "sand_key"
    assert json.loads(asked.body) == {
        "latitude": 40.6399,
        "longitude": -73.7787,
        "radius": 15_000,
        "limit": 200,
        "checkin": "2027-01-15",
        "checkout": "2027-01-17",
        "currency": "EUR",
        "guestNationality": "US",
        "occupancies": [{"adults": 3}, {"adults": 2}],
        "timeout": 10,
        "includeHotelData": True,
    }


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=204),
        Answer({"error": {"code": 2001, "message": "no availability found"}}),
        Answer({"error": {"code": 2001, "message": "no availability found"}}, status=400),
    ],
)
def test_nothing_available_is_an_empty_answer(
    supplier: HotelServer, liteapi: LiteApi, answer: Answer
) -> None:
    supplier.on("POST", RATES, answer)
    assert liteapi.search_hotel("liteapi:lp1", WISH) == Availability()
    assert supplier.bodies("POST", RATES)[0]["hotelIds"] == ["lp1"]


def test_hotels_without_a_place_are_looked_up(supplier: HotelServer, liteapi: LiteApi) -> None:
    payload = liteapi_rates(liteapi_room(liteapi_rate()), latitude=None)
    supplier.on("POST", RATES, Answer(payload))
    [unplaced] = liteapi.search(JFK, WISH).hotels
    assert not unplaced.is_located
    page = {"data": {"location": {"latitude": 40.6, "longitude": -73.8}, "starRating": 2}}
    supplier.on("GET", HOTEL, Answer(page))
    [hotel] = liteapi.search(JFK, WISH).hotels
    assert (hotel.latitude, hotel.longitude, hotel.stars) == (40.6, -73.8, 2)
    assert supplier.asked[-1].query == {"hotelId": ["lp1"]}


def test_prebook_book_and_find(supplier: HotelServer, liteapi: LiteApi) -> None:
    supplier.on("POST", PREBOOK, Answer(liteapi_prebook()))
    supplier.on("POST", BOOK, Answer(liteapi_booking()))
    supplier.on("GET", BOOKINGS, Answer({"data": [liteapi_booking()["data"]]}))

    offer = liteapi_offer(rooms=2)
    booking = liteapi.book(liteapi.quote(offer), GUEST, KEY)

    assert supplier.bodies("POST", PREBOOK) == [{"offerId": "OFFER1", "usePaymentSdk": False}]
    person = {
        "firstName": "Ada",
        "lastName": "Byron",
        "email": "desk@example.org",
        "phone": "+12125550100",
    }
    assert supplier.bodies("POST", BOOK) == [
        {
            "prebookId": "PRE1",
            "clientReference": str(KEY),
            "holder": person,
            "guests": [{"occupancyNumber": 1, **person}, {"occupancyNumber": 2, **person}],
            "payment": {"method": "ACC_CREDIT_CARD"},
        }
    ]
    assert booking == SupplierBooking(
        supplier="liteapi",
        booking_ref="LB1",
        idempotency_key=KEY,
        state=BookingState.CONFIRMED,
        hotel_ref="liteapi:lp1",
        confirmation_ref="H-99",
        check_in_on=CHECK_IN,
        check_out_on=CHECK_OUT,
        rooms=1,
        price_minor_units=28_050,
        currency="USD",
        confirmed_at=datetime(2027, 1, 15, 9, 1, tzinfo=UTC),
        cancelled_at=None,
    )
    assert liteapi.find(KEY) == booking
    assert supplier.asked[-1].query == {"clientReference": [str(KEY)]}


def test_the_shared_booking_is_read_value_by_value(shared_fixtures: Path) -> None:
    payload = json.loads((shared_fixtures / "hotels/liteapi_book_200.json").read_text())
    assert parse_booking(payload) == SupplierBooking(
        supplier="liteapi",
        booking_ref="ABC123",
        idempotency_key=None,  # "REF123" was none of ours.
        state=BookingState.CONFIRMED,
        hotel_ref="liteapi:lp1897",
        confirmation_ref="HOTEL123",
        check_in_on=date(2025, 1, 1),
        check_out_on=date(2025, 1, 2),
        rooms=1,
        price_minor_units=10_000,
        currency="USD",
        confirmed_at=datetime(2025, 1, 1, tzinfo=UTC),
        cancelled_at=None,
    )


def test_a_duplicate_is_looked_up_instead(supplier: HotelServer, liteapi: LiteApi) -> None:
    supplier.on("POST", BOOK, DUPLICATE)
    supplier.on("GET", BOOKINGS, Answer({"data": [liteapi_booking()["data"]]}))
    assert liteapi.book(QUOTE, GUEST, KEY).booking_ref == "LB1"


@pytest.mark.parametrize("listed", [Answer({"data": []}), Answer(status=204), Answer(status=500)])
def test_a_duplicate_that_cannot_be_found_is_an_unknown_outcome(
    supplier: HotelServer, liteapi: LiteApi, listed: Answer
) -> None:
    supplier.on("POST", BOOK, DUPLICATE)
    supplier.on("GET", BOOKINGS, listed)
    with pytest.raises(ProviderBusy):
        liteapi.book(QUOTE, GUEST, KEY)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer({"error": {"code": 2014, "message": "booking incomplete"}}, status=400),
        Answer({"error": {"code": 5000, "description": "initial save failed"}}, status=400),
        Answer(b'{"data": {', breaks_off=True),
        Answer({"data": {"status": "CONFIRMED"}}),
        Answer(status=204),
    ],
)
def test_a_booking_whose_outcome_nobody_knows_is_told_apart_and_asked_once(
    supplier: HotelServer, liteapi: LiteApi, slept: list[float], answer: Answer
) -> None:
    supplier.on("POST", BOOK, answer)
    with pytest.raises(OutcomeUnknown):
        liteapi.book(QUOTE, GUEST, KEY)
    assert len(supplier.bodies("POST", BOOK)) == 1
    assert slept == []


@pytest.mark.parametrize(
    "error",
    [
        {"code": 4002, "description": "invalid prebookId, rate not found"},
        {
            "code": 5000,
            "description": "payment failed please check your provided payment information",
        },
        {"code": 2013, "description": "booking not confirmed", "message": "booking failed"},
    ],
)
def test_a_definite_refusal_of_a_booking_is_no_unknown_outcome(
    supplier: HotelServer, liteapi: LiteApi, error: dict[str, Any]
) -> None:
    supplier.on("POST", BOOK, Answer({"error": error}, status=400))
    with pytest.raises(ProviderRefused, match=error["description"]):
        liteapi.book(QUOTE, GUEST, KEY)


def test_an_outdated_offer_is_refused_at_once_and_a_slow_one_asked_again(
    supplier: HotelServer, liteapi: LiteApi, slept: list[float]
) -> None:
    outdated = Answer({"error": {"code": 4040, "description": "outdated offerId"}}, status=408)
    supplier.on("POST", PREBOOK, outdated)
    with pytest.raises(ProviderRefused, match="outdated offerId"):
        liteapi.quote(liteapi_offer())
    assert slept == []
    slow = Answer({"error": {"code": 4016, "message": "prebook timeout exceeded"}}, status=408)
    supplier.on("POST", PREBOOK, slow, Answer(liteapi_prebook()))
    assert liteapi.quote(liteapi_offer()).quote_ref == "PRE1"
    assert slept == [1.0]
    gone = Answer({"error": {"code": 2001, "message": "no availability found"}})
    supplier.on("POST", PREBOOK, gone)
    with pytest.raises(NothingAvailable):
        liteapi.quote(liteapi_offer())


@pytest.mark.parametrize(
    ("status", "fee", "refund", "fee_minor_units", "refund_minor_units"),
    [
        ("CANCELLED", 25.0, 125.0, 2_500, 12_500),
        ("CANCELLED_WITH_CHARGES", 150.0, 0, 15_000, 0),
        ("CANCELLED", None, None, None, None),
        (None, 0, 150, 0, 15_000),
    ],
)
def test_a_cancellation_goes_by_its_amounts(
    supplier: HotelServer,
    liteapi: LiteApi,
    status: str | None,
    fee: float | None,
    refund: float | None,
    fee_minor_units: int | None,
    refund_minor_units: int | None,
) -> None:
    data = {
        "bookingId": "LB1",
        "status": status,
        "cancellation_fee": fee,
        "refund_amount": refund,
        "currency": "USD",
    }
    supplier.on("PUT", f"{BOOKINGS}/LB1", Answer({"data": data}))
    cancellation = liteapi.cancel("LB1")
    assert cancellation.fee_minor_units == fee_minor_units
    assert cancellation.refund_minor_units == refund_minor_units
    assert (cancellation.booking_ref, cancellation.currency) == ("LB1", "USD")


def test_cancelling_again_finds_it_cancelled(supplier: HotelServer, liteapi: LiteApi) -> None:
    supplier.on("PUT", f"{BOOKINGS}/LB1", Answer(status=304))
    supplier.on("GET", f"{BOOKINGS}/LB1", Answer(liteapi_booking(status="CANCELLED")))
    assert liteapi.cancel("LB1").fee_minor_units is None
    supplier.on("GET", f"{BOOKINGS}/LB1", Answer(liteapi_booking()))
    with pytest.raises(ProviderRefused, match="304"):
        liteapi.cancel("LB1")


def test_a_booking_liteapi_does_not_know_is_not_cancelled(
    supplier: HotelServer, liteapi: LiteApi
) -> None:
    supplier.on("PUT", f"{BOOKINGS}/..%2FLB1", Answer(status=204))
    with pytest.raises(ProviderRefused, match="has no booking"):
        liteapi.cancel("../LB1")


@pytest.mark.parametrize(
    "answer", [Answer(status=500), Answer({"data": {"status": "IN PROGRESS"}}), Answer({})]
)
def test_a_cancellation_may_end_unknown(
    supplier: HotelServer, liteapi: LiteApi, answer: Answer
) -> None:
    supplier.on("PUT", f"{BOOKINGS}/LB1", answer)
    with pytest.raises(OutcomeUnknown):
        liteapi.cancel("LB1")


def test_only_bookings_under_the_key_are_found() -> None:
    dead = liteapi_booking(bookingId="LB0", status="CANCELLED")["data"]
    other = liteapi_booking(bookingId="LB2", clientReference="REF123", checkin="odd")["data"]
    payload = {"data": [dead, other, liteapi_booking()["data"]]}
    found = parse_bookings_under(payload, KEY)
    assert [booking.booking_ref for booking in found] == ["LB0", "LB1"]
    assert parse_bookings_under(liteapi_booking(), KEY) == found[1:]
    assert parse_bookings_under({"data": None}, KEY) == []


@pytest.mark.parametrize("payload", [{}, {"data": {}}, {"data": ""}, {"data": ["odd"]}, 7])
def test_what_is_no_list_never_passes_for_an_empty_one(payload: object) -> None:
    with pytest.raises(ProviderRefused, match="other than a list"):
        parse_bookings_under(payload, KEY)


@pytest.mark.parametrize("changes", [{"currency": "ZZZ"}, {"cancellation_fee": -1}])
def test_a_cancellation_we_cannot_read_is_refused(changes: dict[str, Any]) -> None:
    data = {"status": "CANCELLED", "cancellation_fee": 1, "currency": "USD"} | changes
    with pytest.raises(ProviderRefused, match="a cancellation we cannot use"):
        parse_cancellation({"data": data}, "LB1")
