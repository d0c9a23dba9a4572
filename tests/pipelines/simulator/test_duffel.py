"""Duffel Stays as simulated: rooms are found, quoted, booked, listed and given back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import STORM_AT

HEADERS = {"Authorization": "Bearer test", "Duffel-Version": "v2"}
AROUND_JFK = {
    "radius": 5,
    "geographic_coordinates": {"latitude": 40.6398, "longitude": -73.7789},
}
TONIGHT = {
    "check_in_date": "2013-12-10",
    "check_out_date": "2013-12-11",
    "rooms": 1,
    "guests": [{"type": "adult"}],
}


def post(simulator: Simulator, path: str, data: object = None) -> requests.Response:
    return simulator.ask("POST", path, json={"data": data}, headers=HEADERS)


def search(simulator: Simulator, **wish: Any) -> list[dict[str, Any]]:
    said = post(simulator, "/stays/search", {"location": AROUND_JFK, **TONIGHT, **wish})
    assert said.status_code == 200, said.text
    results: list[dict[str, Any]] = said.json()["data"]["results"]
    return results


def rates(simulator: Simulator, hotel: str = "acc_H0001", **wish: Any) -> dict[str, dict[str, Any]]:
    """Give a hotel's rates by room."""
    named = {"accommodation": {"ids": [hotel], "fetch_rates": True}, "location": None}
    found = search(simulator, **named, **wish)
    rooms = found[0]["accommodation"]["rooms"] if found else []
    return {room["name"]: room["rates"][0] for room in rooms}


def quote(simulator: Simulator, rate: dict[str, Any]) -> requests.Response:
    return post(simulator, "/stays/quotes", {"rate_id": rate["id"]})


def book(simulator: Simulator, quote_id: str) -> requests.Response:
    order = {
        "quote_id": quote_id,
        "guests": [{"given_name": "Ada", "family_name": "Finch"}],
        "email": "desk@example.com",
        "phone_number": "+12125550101",
        "metadata": {"idempotency_key": "5f0c"},
    }
    return post(simulator, "/stays/bookings", order)


def booked(simulator: Simulator, rate: dict[str, Any]) -> dict[str, Any]:
    said = book(simulator, quote(simulator, rate).json()["data"]["id"])
    assert said.status_code == 201, said.text
    booking: dict[str, Any] = said.json()["data"]
    return booking


def code(said: requests.Response) -> tuple[int, str]:
    return said.status_code, said.json()["errors"][0]["code"]


def test_a_circle_names_hotels_the_nearest_first_and_rates_are_fetched(
    simulator: Simulator,
) -> None:
    found = search(simulator)
    hotels = [result["accommodation"] for result in found]
    assert [hotel["id"] for hotel in hotels] == ["acc_H0001", "acc_H0002"]
    assert [hotel["rooms"] for hotel in hotels] == [[], []]
    assert found[0]["cheapest_rate_total_amount"] == "100.00"
    path = f"/stays/search_results/{found[0]['id']}/actions/fetch_all_rates"
    fetched = post(simulator, path).json()["data"]
    rooms = fetched["accommodation"]["rooms"]
    assert [room["name"] for room in rooms] == ["single", "double"]
    (rate,) = rooms[1]["rates"]
    assert (rate["total_amount"], rate["total_currency"]) == ("120.00", "USD")
    assert rate["quantity_available"] == 3
    assert rate["expires_at"] == "2013-12-10T12:00:00Z"
    # Six in the evening by New York's clock.
    assert rate["cancellation_timeline"] == [
        {"before": "2013-12-10T23:00:00Z", "refund_amount": "120.00", "currency": "USD"}
    ]


def test_hotels_differ_in_what_they_say(simulator: Simulator) -> None:
    assert rates(simulator, "acc_H0002")["single"]["cancellation_timeline"] == []
    assert rates(simulator, "acc_H0007")["single"]["quantity_available"] is None
    assert rates(simulator, "acc_H9999") == {}


def test_rooms_have_to_be_free_every_night_and_sleep_everybody(simulator: Simulator) -> None:
    two_nights = rates(simulator, check_out_date="2013-12-12")
    assert two_nights["double"]["total_amount"] == "240.00"
    assert rates(simulator, check_out_date="2013-12-13") == {}
    couple = {"guests": [{"type": "adult"}] * 2}
    assert list(rates(simulator, **couple)) == ["double"]
    assert rates(simulator, **couple, rooms=2)["single"]["total_amount"] == "200.00"
    crowd = {"guests": [{"type": "adult"}] * 4}
    assert rates(simulator, **crowd, rooms=4) == {}


def test_the_storm_takes_rooms_and_makes_them_dearer(simulator: Simulator) -> None:
    simulator.at = STORM_AT + timedelta(hours=6)
    double = rates(simulator)["double"]
    assert (double["quantity_available"], double["total_amount"]) == (1, "150.00")


def test_what_is_booked_is_gone_and_comes_back_when_cancelled(simulator: Simulator) -> None:
    booking = booked(simulator, rates(simulator)["double"])
    assert booking["status"] == "confirmed"
    assert booking["confirmed_at"] == "2013-12-10T11:00:00Z"
    assert booking["metadata"] == {"idempotency_key": "5f0c"}
    assert rates(simulator)["double"]["quantity_available"] == 2
    path = f"/stays/bookings/{booking['id']}"
    assert simulator.ask("GET", path, headers=HEADERS).json()["data"] == booking
    cancelled = post(simulator, f"{path}/actions/cancel").json()["data"]
    assert (cancelled["status"], cancelled["cancelled_at"]) == (
        "cancelled",
        "2013-12-10T11:00:00Z",
    )
    assert rates(simulator)["double"]["quantity_available"] == 3
    assert code(post(simulator, f"{path}/actions/cancel")) == (422, "already_cancelled")
    assert rates(simulator)["double"]["quantity_available"] == 3


def test_a_quote_is_booked_once(simulator: Simulator) -> None:
    quote_id = quote(simulator, rates(simulator)["double"]).json()["data"]["id"]
    assert book(simulator, quote_id).status_code == 201
    assert code(book(simulator, quote_id)) == (422, "quote_already_booked")
    assert rates(simulator)["double"]["quantity_available"] == 2


def test_the_last_room_is_sold_to_one_of_many(simulator: Simulator) -> None:
    simulator.at = STORM_AT + timedelta(hours=6)
    rate = rates(simulator)["double"]
    quotes = [quote(simulator, rate).json()["data"]["id"] for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda quote_id: book(simulator, quote_id), quotes))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7
    assert code(quote(simulator, rate)) == (422, "rate_unavailable")
    assert "double" not in rates(simulator)


def test_bookings_are_listed_page_by_page_the_newest_first(simulator: Simulator) -> None:
    rate = rates(simulator)["single"]
    made = [booked(simulator, rate)["id"] for _ in range(3)]

    def page(**query: Any) -> dict[str, Any]:
        said = simulator.ask("GET", "/stays/bookings", params=query, headers=HEADERS)
        listed: dict[str, Any] = said.json()
        return listed

    first = page(limit=2)
    assert [booking["id"] for booking in first["data"]] == made[:0:-1]
    rest = page(limit=2, after=first["meta"]["after"])
    assert [booking["id"] for booking in rest["data"]] == made[:1]
    assert rest["meta"]["after"] is None
    assert page(limit=3)["meta"]["after"] is None
    assert "errors" in page(limit=201)
    assert "errors" in page(after="bok_other")


def test_a_price_can_change_between_rate_and_quote(simulator: Simulator) -> None:
    rate = rates(simulator)["double"]
    simulator.misbehave("duffel", "price_change")
    quoted = quote(simulator, rate).json()["data"]
    assert quoted["total_amount"] == "144.00"
    # The rate in it keeps the name it was asked for by.
    (room,) = quoted["accommodation"]["rooms"]
    assert room["rates"][0]["id"] == rate["id"]
    assert quote(simulator, rate).json()["data"]["total_amount"] == "120.00"


@pytest.mark.parametrize("operation", ["quote", "book"])
def test_rooms_can_be_sold_to_others_meanwhile(simulator: Simulator, operation: str) -> None:
    rate = rates(simulator)["double"]
    simulator.misbehave("duffel", "sold_out", operation=operation)
    quoted = quote(simulator, rate)
    if operation == "quote":
        assert code(quoted) == (422, "rate_unavailable")
    else:
        assert code(book(simulator, quoted.json()["data"]["id"])) == (422, "rate_unavailable")
    assert list(rates(simulator)) == ["single"]


def test_a_rate_expires(simulator: Simulator) -> None:
    rate = rates(simulator)["double"]
    simulator.at = STORM_AT + timedelta(hours=1)
    assert code(quote(simulator, rate)) == (422, "rate_expired")


@pytest.mark.parametrize(
    "wrong",
    [
        {"check_in_date": "soon"},
        {"check_in_date": "2013-12-01", "check_out_date": "2013-12-02"},
        {"check_out_date": "2013-12-10"},
        {"rooms": 0},
        {"rooms": True},
        {"rooms": 2},
        {"guests": None},
        {"location": {"radius": 5}},
        {"location": {**AROUND_JFK, "radius": 5_000}},
        {"accommodation": {"fetch_rates": True}},
    ],
)
def test_an_odd_wish_is_refused_field_by_field(
    simulator: Simulator, wrong: dict[str, object]
) -> None:
    said = post(simulator, "/stays/search", {"location": AROUND_JFK, **TONIGHT, **wrong})
    assert code(said) == (422, "validation_required")
    assert said.json()["errors"][0]["source"]["field"]


def test_what_nobody_offered_is_not_found(simulator: Simulator) -> None:
    rate_id = rates(simulator)["double"]["id"]
    for forged in ("rat_x", rate_id[:-4] + "AAAA", "rat_é", f"{rate_id}A"):
        assert code(quote(simulator, {"id": forged})) == (404, "not_found")
    assert code(book(simulator, "quo_none")) == (404, "not_found")
    said = simulator.ask("GET", "/stays/bookings/bok_none", headers=HEADERS)
    assert code(said) == (404, "not_found")


def test_who_brings_no_token_or_version_is_refused(simulator: Simulator) -> None:
    body = {"data": {"location": AROUND_JFK, **TONIGHT}}
    said = simulator.ask("POST", "/stays/search", json=body)
    assert code(said) == (401, "missing_authorization_header")
    said = simulator.ask(
        "POST", "/stays/search", json=body, headers={"Authorization": "Bearer test"}
    )
    assert code(said) == (400, "unsupported_version")
