"""Duffel Stays over HTTP: what is sent, how errors are taken, and that nothing is booked twice."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.providers.duffel_stays import DuffelStays
from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.hotel_supplier import BookingState, OutcomeUnknown, Quote
from tests.pipelines.providers.hotel_payloads import (
    GUEST,
    JFK,
    KEY,
    WISH,
    duffel_booking,
    duffel_offer,
    duffel_quote,
    duffel_rate,
    duffel_result,
    duffel_search,
)
from tests.pipelines.providers.hotel_server import HotelServer, duffel_client, playing
from tests.pipelines.providers.scripted_server import Answer

SEARCH, QUOTES, BOOKINGS = "/stays/search", "/stays/quotes", "/stays/bookings"
RATES = "/stays/search_results/{}/actions/fetch_all_rates"
EMPTY_LIST = Answer({"data": [], "meta": {"after": None}})
QUOTE = Quote("quo_1", duffel_offer())


@pytest.fixture
def supplier() -> Iterator[HotelServer]:
    with playing() as server:
        server.on("GET", BOOKINGS, EMPTY_LIST)
        yield server


@pytest.fixture
def stays(supplier: HotelServer, slept: list[float]) -> DuffelStays:
    return DuffelStays(duffel_client(supplier, slept), most_fetched=2, most_pages=3)


def errors(*listed: dict[str, Any], status: int, **headers: str) -> Answer:
    meta = {"status": status, "request_id": "F1"}
    return Answer({"errors": list(listed), "meta": meta}, status=status, headers=headers)


def test_a_search_asks_as_duffel_wants_it(supplier: HotelServer, stays: DuffelStays) -> None:
    supplier.on("POST", SEARCH, Answer(duffel_search(duffel_result(duffel_rate()))))

    found = stays.search(JFK, WISH)

    assert [offer.offer_ref for offer in found.offers] == ["rat_1"]
    [asked] = supplier.asked
    assert asked.headers["Authorization"] == "Bearer duffel_test_token"
    assert asked.headers["Duffel-Version"] == "v2"
    assert asked.headers["Accept-Encoding"] == "gzip"
    assert json.loads(asked.body) == {
        "data": {
            "location": {
                "radius": 15.0,
                "geographic_coordinates": {"latitude": 40.6399, "longitude": -73.7787},
            },
            "check_in_date": "2027-01-15",
            "check_out_date": "2027-01-17",
            "rooms": 1,
            "guests": [{"type": "adult"}, {"type": "adult"}],
        }
    }


def test_one_hotel_is_searched_by_its_id(supplier: HotelServer, stays: DuffelStays) -> None:
    supplier.on("POST", SEARCH, Answer(duffel_search(duffel_result(duffel_rate()))))
    stays.search_hotel("duffel:acc_1", WISH)
    [body] = supplier.bodies("POST", SEARCH)
    assert body["data"]["accommodation"] == {"ids": ["acc_1"], "fetch_rates": True}


@pytest.mark.parametrize("hotel_ref", ["liteapi:acc_1", "acc_1", "duffel:"])
def test_a_hotel_of_somebody_else_is_not_asked_for(stays: DuffelStays, hotel_ref: str) -> None:
    with pytest.raises(ProviderRefused, match="does not sell the hotel"):
        stays.search_hotel(hotel_ref, WISH)


def test_rates_are_fetched_where_a_search_brings_none(
    supplier: HotelServer, stays: DuffelStays
) -> None:
    bare = [
        duffel_result(id=f"srr/{number}", accommodation={"id": f"acc_{number}", "rooms": rooms})
        for number, rooms in enumerate((None, [{"name": "Queen Room", "rates": None}], [], []))
    ]
    complete = duffel_result(
        duffel_rate(id="rat_fetched"), id="srr/0", accommodation={"id": "acc_0"}
    )
    supplier.on("POST", SEARCH, Answer(duffel_search(*bare)))
    supplier.on("POST", RATES.format("srr%2F0"), Answer({"data": complete}))
    gone = {"title": "Gone", "message": "The search result has expired", "code": "expired"}
    supplier.on("POST", RATES.format("srr%2F1"), errors(gone, status=422))

    found = stays.search(JFK, WISH)

    assert [(offer.hotel_ref, offer.offer_ref) for offer in found.offers] == [
        ("duffel:acc_0", "rat_fetched")
    ]
    assert [(row.line, row.column_name, row.reason) for row in found.rejected] == [
        (
            2,
            "rates",
            "could not be fetched: answered 422: Gone: The search result has expired (expired)",
        ),
        (3, "rates", "was left out: rates are fetched for the first 2 hotels"),
        (4, "rates", "was left out: rates are fetched for the first 2 hotels"),
    ]


def test_too_many_requests_wait_until_the_reset_the_supplier_names(
    supplier: HotelServer, stays: DuffelStays, slept: list[float]
) -> None:
    limited = errors(
        {"type": "rate_limit_error", "code": "rate_limit_exceeded", "title": "Slow down"},
        status=429,
        **{
            "Date": "Fri, 15 Jan 2027 09:00:10 GMT",
            "ratelimit-reset": "Fri, 15 Jan 2027 09:00:52 GMT",
        },
    )
    supplier.on("POST", SEARCH, limited, Answer(duffel_search()))
    assert stays.search(JFK, WISH).offers == ()
    assert slept == [42.0]


def test_a_refusal_lists_every_error_in_words(supplier: HotelServer, stays: DuffelStays) -> None:
    first = {
        "type": "invalid_request_error",
        "code": "rate_unavailable",
        "title": "Rate unavailable",
        "message": "The rate is no longer available",
        "documentation_url": "https://example.org",
    }
    supplier.on("POST", QUOTES, errors(first, {"title": "Odd"}, {}, status=422))
    with pytest.raises(ProviderRefused) as refusal:
        stays.quote(duffel_offer())
    assert refusal.value.status == 422
    assert refusal.value.reason == (
        "answered 422: Rate unavailable: The rate is no longer available (rate_unavailable); "
        "Odd; an error without words"
    )


def test_a_wrong_token_says_which_setting_it_is(supplier: HotelServer, stays: DuffelStays) -> None:
    supplier.on("POST", QUOTES, errors({"title": "Access token not found"}, status=401))
    with pytest.raises(ProviderRefused, match="check our token, STORMDESK_DUFFEL_TOKEN"):
        stays.quote(duffel_offer())


def test_errors_in_a_good_status_are_errors(supplier: HotelServer, stays: DuffelStays) -> None:
    supplier.on("POST", QUOTES, errors({"title": "Odd"}, status=200))
    with pytest.raises(ProviderRefused, match="answered 200: Odd"):
        stays.quote(duffel_offer())


def test_quote_book_cancel_and_list(supplier: HotelServer, stays: DuffelStays) -> None:
    supplier.on("POST", QUOTES, Answer(duffel_quote()))
    supplier.on("POST", BOOKINGS, Answer(duffel_booking()))
    supplier.on(
        "POST",
        f"{BOOKINGS}/bok_1/actions/cancel",
        Answer(duffel_booking(status="cancelled", cancelled_at="2027-01-15T10:00:00Z")),
    )

    quote = stays.quote(duffel_offer())
    booking = stays.book(quote, GUEST, KEY)
    supplier.on("GET", BOOKINGS, Answer({"data": [duffel_booking()["data"]]}))

    assert supplier.bodies("POST", QUOTES) == [{"data": {"rate_id": "rat_1"}}]
    assert supplier.bodies("POST", BOOKINGS) == [
        {
            "data": {
                "quote_id": "quo_1",
                "guests": [{"given_name": "Ada", "family_name": "Byron"}],
                "email": "desk@example.org",
                "phone_number": "+12125550100",
                "metadata": {"idempotency_key": str(KEY)},
            }
        }
    ]
    assert (booking.booking_ref, booking.state) == ("bok_1", BookingState.CONFIRMED)
    assert stays.find(KEY) == booking
    cancellation = stays.cancel("bok_1")
    assert (cancellation.fee_minor_units, cancellation.refund_minor_units) == (30_000, 0)


def test_what_we_send_has_the_fields_of_the_shared_request(
    supplier: HotelServer, stays: DuffelStays, shared_fixtures: Path
) -> None:
    path = shared_fixtures / "hotels/duffel_stays_booking_request.json"
    shared = json.loads(path.read_text())["data"]
    assert (shared["quote_id"], shared["email"]) == (
        "quo_0000ARxBI85qTkbDDEZMO3",
        "jean@example.com",
    )
    assert shared["guests"] == [{"given_name": "Jean", "family_name": "Gun"}]
    assert shared["phone_number"] == "+44 07242242424"
    supplier.on("POST", BOOKINGS, Answer(duffel_booking()))
    stays.book(QUOTE, GUEST, KEY)
    [sent] = supplier.bodies("POST", BOOKINGS)
    assert set(sent["data"]) - {"metadata"} <= set(shared)
    assert sent["data"]["guests"][0].keys() == shared["guests"][0].keys()


def test_the_same_key_is_never_posted_twice(supplier: HotelServer, stays: DuffelStays) -> None:
    supplier.on("POST", BOOKINGS, Answer(duffel_booking()))
    first = stays.book(QUOTE, GUEST, KEY)
    supplier.on("GET", BOOKINGS, Answer({"data": [duffel_booking()["data"]]}))
    assert stays.book(QUOTE, GUEST, KEY) == first
    assert len(supplier.bodies("POST", BOOKINGS)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(status=502),
        Answer(status=503),
        Answer(status=504),
        Answer({"data": {"message": "Not done yet"}}, status=202),
        Answer(b'{"data": {"id": "bok', breaks_off=True),
        Answer(b'{"data": {"id": "bok'),
        Answer(b"not zipped", headers={"Content-Encoding": "gzip"}),
        Answer(status=204),
        Answer([]),
    ],
)
def test_a_booking_whose_outcome_nobody_knows_is_told_apart_and_asked_once(
    supplier: HotelServer, stays: DuffelStays, slept: list[float], answer: Answer
) -> None:
    supplier.on("POST", BOOKINGS, answer)
    with pytest.raises(OutcomeUnknown):
        stays.book(QUOTE, GUEST, KEY)
    assert len(supplier.bodies("POST", BOOKINGS)) == 1
    assert slept == []


def test_an_answer_that_never_comes_is_an_unknown_outcome(
    supplier: HotelServer, slept: list[float]
) -> None:
    supplier.on("POST", BOOKINGS, Answer(is_silent=True))
    client = duffel_client(supplier, slept, timeout_seconds=0.05)
    with pytest.raises(OutcomeUnknown, match="could not be reached"):
        DuffelStays(client).book(QUOTE, GUEST, KEY)


def test_an_answer_too_long_to_read_is_an_unknown_outcome_of_a_booking(
    supplier: HotelServer, slept: list[float]
) -> None:
    supplier.on("POST", BOOKINGS, Answer(b"x" * 2_000))
    client = duffel_client(supplier, slept, most_bytes=1_000)
    with pytest.raises(OutcomeUnknown, match="more than 1000 bytes"):
        DuffelStays(client).book(QUOTE, GUEST, KEY)


def test_a_definite_refusal_of_a_booking_is_no_unknown_outcome(
    supplier: HotelServer, stays: DuffelStays
) -> None:
    supplier.on("POST", BOOKINGS, errors({"title": "Insufficient balance"}, status=422))
    with pytest.raises(ProviderRefused, match="Insufficient balance"):
        stays.book(QUOTE, GUEST, KEY)


def test_nothing_is_booked_while_nobody_can_tell_whether_it_is(
    supplier: HotelServer, stays: DuffelStays
) -> None:
    supplier.on("GET", BOOKINGS, Answer({"data": None}))
    with pytest.raises(ProviderRefused, match="other than a list"):
        stays.book(QUOTE, GUEST, KEY)
    assert supplier.bodies("POST", BOOKINGS) == []


def test_a_key_is_looked_for_on_every_page(supplier: HotelServer, stays: DuffelStays) -> None:
    others = [duffel_booking(metadata=None, check_in_date="odd")["data"]]
    ours = [duffel_booking(id="bok_9")["data"]]
    supplier.on(
        "GET",
        BOOKINGS,
        Answer({"data": others, "meta": {"after": "A"}}),
        Answer({"data": ours, "meta": {"after": "B"}}),
    )
    found = stays.find(KEY)
    assert found is not None
    assert found.booking_ref == "bok_9"
    assert [asked.query for asked in supplier.asked] == [
        {"limit": ["200"]},
        {"limit": ["200"], "after": ["A"]},
    ]


def test_a_living_booking_comes_before_a_dead_one(
    supplier: HotelServer, stays: DuffelStays
) -> None:
    dead = duffel_booking(id="bok_0", status="failed")["data"]
    pending = duffel_booking(id="bok_1", status="requested")["data"]
    supplier.on("GET", BOOKINGS, Answer({"data": [dead, pending]}))
    found = stays.find(KEY)
    assert found is not None
    assert (found.booking_ref, found.state) == ("bok_1", BookingState.PENDING)


def test_pages_without_an_end_do_not_pass_for_no_booking(
    supplier: HotelServer, stays: DuffelStays
) -> None:
    supplier.on("GET", BOOKINGS, Answer({"data": [], "meta": {"after": "again"}}))
    with pytest.raises(OutcomeUnknown, match="more than 3 pages"):
        stays.find(KEY)


def test_cancelling_again_finds_it_cancelled(supplier: HotelServer, stays: DuffelStays) -> None:
    supplier.on(
        "POST", f"{BOOKINGS}/bok_1/actions/cancel", errors({"title": "Already"}, status=422)
    )
    supplier.on("GET", f"{BOOKINGS}/bok_1", Answer(duffel_booking(status="cancelled")))
    assert stays.cancel("bok_1").booking_ref == "bok_1"
    supplier.on("GET", f"{BOOKINGS}/bok_1", Answer(duffel_booking()))
    with pytest.raises(ProviderRefused, match="Already"):
        stays.cancel("bok_1")


@pytest.mark.parametrize(
    "answer", [Answer(status=500), Answer(duffel_booking(status="cancellation_requested"))]
)
def test_a_cancellation_may_end_unknown(
    supplier: HotelServer, stays: DuffelStays, answer: Answer
) -> None:
    supplier.on("POST", f"{BOOKINGS}/bok_1/actions/cancel", answer)
    with pytest.raises(OutcomeUnknown):
        stays.cancel("bok_1")


def test_a_busy_supplier_is_asked_again_for_a_quote(
    supplier: HotelServer, stays: DuffelStays, slept: list[float]
) -> None:
    supplier.on("POST", QUOTES, Answer(status=503), Answer(duffel_quote()))
    assert stays.quote(duffel_offer()).quote_ref == "quo_1"
    assert slept == [1.0]
    supplier.on("POST", QUOTES, Answer(status=503))
    with pytest.raises(ProviderBusy):
        stays.quote(duffel_offer())
