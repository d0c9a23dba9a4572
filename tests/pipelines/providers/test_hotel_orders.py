"""Accepted fallbacks are booked with the hotel's own supplier, once, at the price agreed to."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipelines.providers.duffel_stays import DuffelStays
from pipelines.providers.hotel_orders import NetworkSupplier, SupplierByHotel
from pipelines.providers.liteapi import LiteApi
from tests.pipelines.providers.hotel_payloads import (
    CHECK_IN,
    CHECK_OUT,
    KEY,
    duffel_booking,
    duffel_quote,
    duffel_rate,
    duffel_result,
    duffel_search,
    liteapi_booking,
    liteapi_prebook,
    liteapi_rate,
    liteapi_rates,
    liteapi_room,
)
from tests.pipelines.providers.hotel_server import (
    HotelServer,
    duffel_client,
    liteapi_client,
    playing,
)
from tests.pipelines.providers.scripted_server import Answer
from warehouse.operations.fallback_bookings import (
    BookingOrder,
    Confirmed,
    PriceRose,
    Refused,
    SupplierAnswer,
    Unknown,
)
from warehouse.vocabulary import FallbackActionId

SEARCH, QUOTES, BOOKINGS = "/stays/search", "/stays/quotes", "/stays/bookings"
ORDER = BookingOrder(
    fallback_action_id=FallbackActionId(1),
    idempotency_key=KEY,
    hotel_ref="duffel:acc_1",
    room_type="Queen Room",
    check_in_on=CHECK_IN,
    check_out_on=CHECK_OUT,
    rooms=1,
    price_minor_units=30_000,
    currency="USD",
    guest_name="Ada van der Berg",
)
LITEAPI_ORDER = replace(
    ORDER, hotel_ref="liteapi:lp1", room_type="Standard King", price_minor_units=28_050
)


@pytest.fixture
def duffel() -> Iterator[HotelServer]:
    with playing() as server:
        server.on("GET", BOOKINGS, Answer({"data": []}))
        server.on("POST", SEARCH, Answer(duffel_search(duffel_result(duffel_rate()))))
        server.on("POST", QUOTES, Answer(duffel_quote()))
        server.on("POST", BOOKINGS, Answer(duffel_booking()))
        yield server


@pytest.fixture
def orders(duffel: HotelServer, slept: list[float]) -> NetworkSupplier:
    supplier = DuffelStays(duffel_client(duffel, slept))
    return NetworkSupplier(supplier, email="desk@example.org", phone_number="+1")


@pytest.fixture
def liteapi() -> Iterator[HotelServer]:
    with playing() as server:
        server.on("GET", "/bookings", Answer({"data": []}))
        server.on("POST", "/hotels/rates", Answer(liteapi_rates(liteapi_room(liteapi_rate()))))
        server.on("POST", "/rates/prebook", Answer(liteapi_prebook()))
        server.on("POST", "/rates/book", Answer(liteapi_booking()))
        yield server


@pytest.fixture
def liteapi_orders(liteapi: HotelServer, slept: list[float]) -> NetworkSupplier:
    client = liteapi_client(liteapi.url, slept)
    return NetworkSupplier(LiteApi(client, client), email="desk@example.org", phone_number="+1")


def booked(server: HotelServer, path: str = BOOKINGS) -> list[Any]:
    return server.bodies("POST", path)


def test_an_order_is_searched_quoted_and_booked(
    duffel: HotelServer, orders: NetworkSupplier
) -> None:
    assert orders.book(ORDER) == Confirmed("bok_1")
    [search] = duffel.bodies("POST", SEARCH)
    assert search["data"]["guests"] == [{"type": "adult"}] * 2
    [booking] = booked(duffel)
    assert booking["data"]["guests"] == [{"given_name": "Ada", "family_name": "van der Berg"}]
    assert booking["data"]["metadata"] == {"idempotency_key": str(KEY)}


def test_liteapi_books_with_the_key_as_client_reference(
    liteapi: HotelServer, liteapi_orders: NetworkSupplier
) -> None:
    assert liteapi_orders.book(LITEAPI_ORDER) == Confirmed("LB1")
    assert booked(liteapi, "/rates/book")[0]["clientReference"] == str(KEY)


def test_the_cheapest_rate_of_the_room_that_has_the_rooms_is_taken(
    duffel: HotelServer, orders: NetworkSupplier
) -> None:
    rates = [
        duffel_rate(id="rat_dear", total_amount="350.00"),
        duffel_rate(id="rat_full", total_amount="100.00", quantity_available=0),
        duffel_rate(id="rat_members", total_amount="200.00", loyalty_programme_required=True),
        duffel_rate(id="rat_foreign", total_amount="250.00", total_currency="GBP"),
        duffel_rate(id="rat_1", quantity_available=None),
    ]
    other_room = duffel_result(duffel_rate(id="rat_other", total_amount="1.00"))
    other_room["accommodation"]["rooms"][0]["name"] = "Broom Cupboard"
    duffel.on("POST", SEARCH, Answer(duffel_search(duffel_result(*rates), other_room)))
    assert orders.book(ORDER) == Confirmed("bok_1")
    assert duffel.bodies("POST", QUOTES) == [{"data": {"rate_id": "rat_1"}}]


@pytest.mark.parametrize(
    ("quoted", "answer"),
    [
        ("315.00", Confirmed("bok_1")),
        ("315.01", PriceRose(31_501)),
        ("10.00", Confirmed("bok_1")),
    ],
)
def test_a_price_may_rise_within_tolerance(
    duffel: HotelServer, orders: NetworkSupplier, quoted: str, answer: SupplierAnswer
) -> None:
    duffel.on("POST", QUOTES, Answer(duffel_quote(total_amount=quoted)))
    assert orders.book(ORDER) == answer
    assert len(booked(duffel)) == (1 if isinstance(answer, Confirmed) else 0)


@pytest.mark.parametrize("change", [{"cancellationChanged": True}, {"boardChanged": True}])
def test_changed_terms_go_back_to_the_traveller_at_any_price(
    liteapi: HotelServer, liteapi_orders: NetworkSupplier, change: dict[str, bool]
) -> None:
    liteapi.on("POST", "/rates/prebook", Answer(liteapi_prebook(**change)))
    assert liteapi_orders.book(LITEAPI_ORDER) == PriceRose(28_050)
    assert booked(liteapi, "/rates/book") == []


@pytest.mark.parametrize(
    "search",
    [
        duffel_search(),
        duffel_search(duffel_result(duffel_rate(quantity_available=0))),
        duffel_search(duffel_result(duffel_rate(), check_out_date="2027-01-16")),
    ],
)
def test_a_room_that_is_gone_is_refused(
    duffel: HotelServer, orders: NetworkSupplier, search: dict[str, Any]
) -> None:
    duffel.on("POST", SEARCH, Answer(search))
    assert orders.book(ORDER) == Refused("the hotel has no such room left on these nights.")


def test_another_currency_than_agreed_is_refused(
    duffel: HotelServer, orders: NetworkSupplier
) -> None:
    pounds = {"total_currency": "GBP"}
    duffel.on("POST", SEARCH, Answer(duffel_search(duffel_result(duffel_rate(**pounds)))))
    duffel.on("POST", QUOTES, Answer(duffel_quote(**pounds)))
    assert orders.book(ORDER) == Refused("the hotel asks for GBP, not USD.")


def test_a_quote_or_booking_that_is_refused_is_refused_in_the_suppliers_words(
    duffel: HotelServer, orders: NetworkSupplier
) -> None:
    refusal = Answer({"errors": [{"title": "Rate unavailable"}]}, status=422)
    duffel.on("POST", BOOKINGS, refusal)
    assert orders.book(ORDER) == Refused("duffel: answered 422: Rate unavailable.")
    duffel.on("POST", QUOTES, refusal)
    assert orders.book(ORDER) == Refused("duffel: answered 422: Rate unavailable.")


@pytest.mark.parametrize("route", [("POST", SEARCH), ("POST", QUOTES), ("POST", BOOKINGS)])
@pytest.mark.parametrize("answer", [Answer(status=503), Answer(b'{"da', breaks_off=True)])
def test_a_supplier_that_does_not_answer_leaves_it_open(
    duffel: HotelServer, orders: NetworkSupplier, route: tuple[str, str], answer: Answer
) -> None:
    duffel.on(*route, answer)
    left_open = orders.book(ORDER)
    assert isinstance(left_open, Unknown)
    assert left_open.may_be_booked == (route == ("POST", BOOKINGS))


def test_a_silent_supplier_leaves_it_open(duffel: HotelServer, slept: list[float]) -> None:
    duffel.on("POST", BOOKINGS, Answer(is_silent=True))
    client = duffel_client(duffel, slept, timeout_seconds=0.2)
    orders = NetworkSupplier(DuffelStays(client), email="desk@example.org", phone_number="+1")
    assert isinstance(orders.book(ORDER), Unknown)


@pytest.mark.parametrize("answer", [Answer(status=503), Answer(status=401), Answer({"data": 1})])
def test_nothing_is_booked_while_the_key_cannot_be_looked_up(
    duffel: HotelServer, orders: NetworkSupplier, answer: Answer
) -> None:
    duffel.on("GET", BOOKINGS, answer)
    assert isinstance(orders.book(ORDER), Unknown)
    assert isinstance(orders.look_up(ORDER), Unknown)
    assert booked(duffel) == []


def test_after_an_unknown_outcome_the_key_is_looked_up_and_not_posted_again(
    duffel: HotelServer, orders: NetworkSupplier
) -> None:
    duffel.on("POST", BOOKINGS, Answer(status=504))
    assert orders.look_up(ORDER) is None
    assert isinstance(orders.book(ORDER), Unknown)
    duffel.on("GET", BOOKINGS, Answer({"data": [duffel_booking()["data"]]}))
    assert orders.look_up(ORDER) == Confirmed("bok_1")
    assert orders.book(ORDER) == Confirmed("bok_1")
    assert len(booked(duffel)) == 1


def test_a_duplicate_key_at_liteapi_is_the_booking_itself(
    liteapi: HotelServer, liteapi_orders: NetworkSupplier
) -> None:
    duplicate = {"error": {"code": 4005, "message": "duplicate booking attempt"}}
    liteapi.on("POST", "/rates/book", Answer(duplicate, status=400))
    ours = Answer({"data": [liteapi_booking()["data"]]})
    liteapi.on("GET", "/bookings", Answer({"data": []}), ours)
    assert liteapi_orders.book(LITEAPI_ORDER) == Confirmed("LB1")


@pytest.mark.parametrize(
    ("status", "looked_up", "answer"),
    [
        ("confirmed", Confirmed("bok_1"), Confirmed("bok_1")),
        (
            "requested",
            Unknown("duffel has not confirmed bok_1 yet."),
            Unknown("duffel has not confirmed bok_1 yet."),
        ),
        ("failed", None, Refused("duffel says bok_1 is failed.")),
        ("cancelled", None, Refused("duffel says bok_1 is cancelled.")),
    ],
)
def test_what_stands_under_the_key_decides_and_is_never_booked_over(
    duffel: HotelServer,
    orders: NetworkSupplier,
    status: str,
    looked_up: SupplierAnswer | None,
    answer: SupplierAnswer,
) -> None:
    duffel.on("GET", BOOKINGS, Answer({"data": [duffel_booking(status=status)["data"]]}))
    assert orders.look_up(ORDER) == looked_up
    assert orders.book(ORDER) == answer
    assert booked(duffel) == []


def test_an_order_for_somebody_elses_hotel_is_refused(orders: NetworkSupplier) -> None:
    answer = orders.book(LITEAPI_ORDER)
    assert answer == Refused("duffel: does not sell the hotel liteapi:lp1.")


class Named:
    """A supplier that confirms everything in its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def book(self, order: BookingOrder) -> SupplierAnswer:
        return Confirmed(self.name)

    def look_up(self, order: BookingOrder) -> Confirmed | None:
        return Confirmed(f"{self.name} again")


@pytest.mark.parametrize(
    ("hotel_ref", "reference"),
    [
        ("duffel:acc_1", "network"),
        ("H0001", "embedded"),
        ("chain:7", "embedded"),
        ("duffel", "embedded"),
    ],
)
def test_an_order_goes_to_the_supplier_its_hotel_begins_with(
    hotel_ref: str, reference: str
) -> None:
    router = SupplierByHotel({"duffel": Named("network")}, Named("embedded"))
    order = replace(ORDER, hotel_ref=hotel_ref)
    assert router.book(order) == Confirmed(reference)
    assert router.look_up(order) == Confirmed(f"{reference} again")


def test_the_embedded_supplier_never_confirms_a_real_hotel() -> None:
    router = SupplierByHotel({}, Named("embedded"))
    waiting = Unknown("liteapi is not set up any more: give its key in the settings.")
    assert router.book(LITEAPI_ORDER) == waiting
    assert router.look_up(LITEAPI_ORDER) == waiting
