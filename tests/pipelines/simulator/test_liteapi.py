"""LiteAPI as simulated: offers, prebooks, bookings under a client reference, cancellations."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import STORM_AT

HEADERS = {"X-API-Key": "test"}
AROUND_JFK = {"latitude": 40.6398, "longitude": -73.7789, "radius": 5_000}
TONIGHT = {
    "checkin": "2013-12-10",
    "checkout": "2013-12-11",
    "currency": "USD",
    "guestNationality": "US",
    "occupancies": [{"adults": 1}],
}
ADA = {"firstName": "Ada", "lastName": "Finch", "email": "a@example.com", "phone": "1"}


def ask(simulator: Simulator, method: str, path: str, **more: Any) -> requests.Response:
    return simulator.ask(method, f"/v3.0/{path}", headers=HEADERS, **more)


def search(simulator: Simulator, **wish: Any) -> requests.Response:
    return ask(simulator, "POST", "hotels/rates", json={**TONIGHT, **wish})


def offers(simulator: Simulator, hotel: str = "lp0001", **wish: Any) -> dict[str, dict[str, Any]]:
    """Give a hotel's offers by room."""
    said = search(simulator, hotelIds=[hotel], **wish)
    if said.status_code == 204:
        return {}
    (found,) = said.json()["data"]
    return {offer["rates"][0]["name"]: offer for offer in found["roomTypes"]}


def prebook(simulator: Simulator, offer: dict[str, Any]) -> requests.Response:
    body = {"offerId": offer["offerId"], "usePaymentSdk": False}
    return ask(simulator, "POST", "rates/prebook", json=body)


def book(simulator: Simulator, prebook_id: str, key: str | None = "key-1") -> requests.Response:
    body = {
        "prebookId": prebook_id,
        "clientReference": key,
        "holder": ADA,
        "guests": [{"occupancyNumber": 1, **ADA}],
        "payment": {"method": "ACC_CREDIT_CARD"},
    }
    return ask(simulator, "POST", "rates/book", json=body)


def booked(simulator: Simulator, key: str, hotel: str = "lp0001") -> dict[str, Any]:
    prebooked = prebook(simulator, offers(simulator, hotel)["double"]).json()["data"]
    said = book(simulator, prebooked["prebookId"], key)
    assert said.status_code == 200, said.text
    booking: dict[str, Any] = said.json()["data"]
    return booking


def code(said: requests.Response) -> tuple[int, int]:
    return said.status_code, said.json()["error"]["code"]


def test_a_circle_gives_offers_and_says_which_hotels_they_are(simulator: Simulator) -> None:
    said = search(simulator, **AROUND_JFK, includeHotelData=True).json()
    assert [entry["hotelId"] for entry in said["data"]] == ["lp0001", "lp0002"]
    assert said["hotels"][0] == {
        "id": "lp0001",
        "name": "Amber Anchor Inn",
        "latitude": 40.65,
        "longitude": -73.79,
        "stars": 3,
    }
    double = said["data"][0]["roomTypes"][1]
    assert double["offerRetailRate"] == {"amount": 120.0, "currency": "USD"}
    (rate,) = double["rates"]
    assert rate["cancellationPolicies"]["cancelPolicyInfos"][0]["cancelTime"] == (
        "2013-12-10 23:00:00"
    )
    tags = [
        entry["roomTypes"][0]["rates"][0]["cancellationPolicies"]["refundableTag"]
        for entry in said["data"]
    ]
    assert tags == ["RFN", "NRFN"]
    assert search(simulator, iataCode="LGA").json()["hotels"] == [
        {"id": "lp0007", "name": "Cedar Swan Lodge"}
    ]
    page = ask(simulator, "GET", "data/hotel", params={"hotelId": "lp0007"}).json()["data"]
    assert page["location"] == {"latitude": 40.78, "longitude": -73.87}


def test_an_offer_has_a_rate_per_room(simulator: Simulator) -> None:
    double = offers(simulator, occupancies=[{"adults": 2}, {"adults": 1}])["double"]
    assert [rate["occupancyNumber"] for rate in double["rates"]] == [1, 2]
    amounts = [rate["retailRate"]["total"][0]["amount"] for rate in double["rates"]]
    assert amounts == [120.0, 120.0]
    assert double["offerRetailRate"]["amount"] == 240.0


def test_nothing_available_is_an_answer_without_content(simulator: Simulator) -> None:
    far = {"latitude": 0.0, "longitude": 0.0, "radius": 5_000}
    for wish in (far, {"hotelIds": ["lp0001"], "checkout": "2013-12-20"}):
        said = search(simulator, **wish)
        assert (said.status_code, said.content) == (204, b"")


def test_what_is_booked_is_gone_for_both_suppliers_until_it_is_cancelled(
    simulator: Simulator,
) -> None:
    simulator.at = STORM_AT + timedelta(hours=6)
    booking = booked(simulator, "key-1")
    assert (booking["status"], booking["clientReference"]) == ("CONFIRMED", "key-1")
    assert (booking["price"], booking["currency"]) == (150.0, "USD")
    assert "double" not in offers(simulator)
    stay = {"check_in_date": "2013-12-10", "check_out_date": "2013-12-11", "rooms": 1}
    named = {"accommodation": {"ids": ["acc_H0001"], "fetch_rates": True}}
    found = simulator.ask(
        "POST",
        "/stays/search",
        json={"data": {**stay, **named, "guests": [{"type": "adult"}]}},
        headers={"Authorization": "Bearer test", "Duffel-Version": "v2"},
    ).json()["data"]["results"]
    assert [room["name"] for room in found[0]["accommodation"]["rooms"]] == ["single"]
    cancelled = ask(simulator, "PUT", f"bookings/{booking['bookingId']}").json()["data"]
    assert cancelled == {
        "bookingId": booking["bookingId"],
        "status": "CANCELLED",
        "cancellation_fee": 0.0,
        "refund_amount": 150.0,
        "currency": "USD",
    }
    assert "double" in offers(simulator)
    assert ask(simulator, "PUT", f"bookings/{booking['bookingId']}").status_code == 304


def test_a_cancellation_can_cost_everything(simulator: Simulator) -> None:
    never, late = booked(simulator, "key-1", "lp0002"), booked(simulator, "key-2")
    simulator.at = STORM_AT + timedelta(hours=12)
    for booking in (never, late):
        cancelled = ask(simulator, "PUT", f"bookings/{booking['bookingId']}").json()["data"]
        assert cancelled["status"] == "CANCELLED_WITH_CHARGES"
        assert (cancelled["cancellation_fee"], cancelled["refund_amount"]) == (120.0, 0.0)


def test_a_client_reference_is_booked_once_and_can_be_looked_up(simulator: Simulator) -> None:
    booking = booked(simulator, "key-1")
    again = prebook(simulator, offers(simulator)["double"]).json()["data"]["prebookId"]
    assert code(book(simulator, again, "key-1")) == (400, 4005)
    found = ask(simulator, "GET", "bookings", params={"clientReference": "key-1"}).json()["data"]
    assert found == [booking]
    other = ask(simulator, "GET", "bookings", params={"clientReference": "key-2"}).json()["data"]
    assert other == []
    assert ask(simulator, "GET", f"bookings/{booking['bookingId']}").json()["data"] == booking


def test_a_prebook_says_how_the_price_changed(simulator: Simulator) -> None:
    offer = offers(simulator)["double"]
    calm = prebook(simulator, offer).json()["data"]
    assert (calm["price"], calm["priceDifferencePercent"]) == (120.0, 0.0)
    simulator.misbehave("liteapi", "price_change")
    dearer = prebook(simulator, offer).json()["data"]
    assert (dearer["price"], dearer["priceDifferencePercent"]) == (144.0, 20.0)
    assert book(simulator, dearer["prebookId"]).json()["data"]["price"] == 144.0


def test_rooms_can_be_sold_to_others_meanwhile(simulator: Simulator) -> None:
    all_offers = offers(simulator)
    simulator.misbehave("liteapi", "sold_out", operation="quote")
    assert code(prebook(simulator, all_offers["double"])) == (400, 2001)
    prebooked = prebook(simulator, all_offers["single"]).json()["data"]
    simulator.misbehave("liteapi", "sold_out")
    assert code(book(simulator, prebooked["prebookId"])) == (400, 2010)
    assert offers(simulator) == {}


def test_an_offer_ends_and_a_prebook_is_booked_once(simulator: Simulator) -> None:
    offer = offers(simulator)["double"]
    prebooked = prebook(simulator, offer).json()["data"]["prebookId"]
    simulator.at = STORM_AT + timedelta(hours=1)
    assert code(prebook(simulator, offer)) == (408, 4040)
    assert book(simulator, prebooked, "key-1").status_code == 200
    assert code(book(simulator, prebooked, "key-2")) == (400, 4010)
    assert code(book(simulator, "none", "key-3")) == (400, 4002)
    assert code(prebook(simulator, {"offerId": "none"})) == (400, 4002)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"hotelIds": ["lp9999"]}, 4000),
        ({"hotelIds": "lp0001"}, 4000),
        ({}, 4002),
        ({**AROUND_JFK, "radius": -1}, 4002),
        ({**AROUND_JFK, "currency": ""}, 4002),
        ({**AROUND_JFK, "occupancies": [{"adults": 0}]}, 4002),
        ({**AROUND_JFK, "occupancies": []}, 4002),
        ({**AROUND_JFK, "checkin": 20131210}, 4002),
        ({**AROUND_JFK, "limit": 0}, 4002),
    ],
)
def test_odd_wishes_are_refused(
    simulator: Simulator, wrong: dict[str, object], expected: int
) -> None:
    assert code(search(simulator, **wrong)) == (400, expected)


def test_who_brings_no_key_is_refused(simulator: Simulator) -> None:
    said = simulator.ask("POST", "/v3.0/hotels/rates", json={**TONIGHT, **AROUND_JFK})
    assert code(said) == (401, 401)
