"""The bookings feed as simulated: every change once, in order, page by page."""

from datetime import timedelta
from typing import Any

import pytest

from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import STORM_AT, make_booking_facts


def pull(simulator: Simulator, **query: Any) -> list[list[dict[str, Any]]]:
    """Read all pages."""
    pages, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        said = simulator.get("/bookings", **query, **more).json()
        pages.append(said["data"])
        cursor = said["next_cursor"]
        if cursor is None:
            assert said["high_watermark"] == STORM_AT.isoformat().replace("+00:00", "Z")
            return pages


def refs(rows: list[dict[str, Any]]) -> list[str]:
    return [row["booking_ref"] for row in rows]


def test_bookings_made_by_the_instant_are_told_a_row_per_segment_and_traveller(
    simulator: Simulator,
) -> None:
    (page,) = pull(simulator)
    assert refs(page) == ["AAAAAA"] * 4 + ["BBBBBB", "CCCCCC", "DDDDDD"]
    assert [row["kind"] for row in page[:4]] == ["flight", "flight", "stay", "stay"]
    assert page[0] == {
        "booking_ref": "AAAAAA",
        "status": "confirmed",
        "kind": "flight",
        "traveller_ref": "T000000",
        "given_name": "Ada",
        "family_name": "Finch0",
        "email": "ada.0@example.com",
        "phone": "+1-212-555-0101",
        "carrier": "B6",
        "flight_number": "15",
        "origin": "JFK",
        "destination": "SFO",
        "departure_at": "2013-12-10T20:00:00Z",
        "arrival_at": "2013-12-11T02:30:00Z",
        "departure_on": "2013-12-10",
        "cabin": "economy",
        "hotel_ref": None,
        "hotel_name": None,
        "hotel_address": None,
        "hotel_latitude": None,
        "hotel_longitude": None,
        "room_type": None,
        "check_in_on": None,
        "check_out_on": None,
        "rooms": None,
        "price_minor_units": 30_000,
        "currency": "USD",
        "booked_at": "2013-11-01T10:00:00Z",
        "source_updated_at": "2013-11-01T10:00:00Z",
    }
    stay = page[2]
    assert (stay["hotel_name"], stay["hotel_latitude"]) == ("Amber Anchor Inn", 40.65)
    assert (stay["check_in_on"], stay["check_out_on"]) == ("2013-12-10", "2013-12-11")
    # A price of many stands on the first of them.
    assert [row["price_minor_units"] for row in page[:4]] == [30_000, None, 12_000, None]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 7])
def test_pages_of_any_size_tell_every_row_once(simulator: Simulator, limit: int) -> None:
    (whole,) = pull(simulator)
    pages = pull(simulator, limit=limit)
    assert [row for page in pages for row in page] == whole
    assert max(map(len, pages)) <= limit


def test_only_changes_since_an_instant_are_told(simulator: Simulator) -> None:
    assert refs(pull(simulator, updated_since="2013-12-10T10:57:00Z")[0]) == ["CCCCCC", "DDDDDD"]
    assert refs(pull(simulator, updated_since="2013-12-10T11:58:00+01:00")[0]) == ["DDDDDD"]
    assert pull(simulator, updated_since="2013-12-10T11:00:00Z") == [[]]


def test_a_booking_made_while_we_read_comes_on_a_later_page(simulator: Simulator) -> None:
    first = simulator.get("/bookings", limit=6).json()
    simulator.at = STORM_AT + timedelta(minutes=1)
    rest = simulator.get("/bookings", limit=6, cursor=first["next_cursor"]).json()
    assert refs(rest["data"]) == ["DDDDDD", "EEEEEE"]


def test_a_withdrawn_booking_comes_once_more_as_no_more_than_that(simulator: Simulator) -> None:
    simulator.misbehave("bookings", "tombstone")
    (page,) = pull(simulator)
    assert refs(page) == ["AAAAAA"] * 4 + ["BBBBBB", "CCCCCC", "DDDDDD"]
    gone = {name: value for name, value in page[-1].items() if value is not None}
    assert gone == {
        "booking_ref": "DDDDDD",
        "status": "cancelled",
        "kind": "booking",
        "source_updated_at": "2013-12-10T11:00:00Z",
        "deleted": True,
    }
    # It stays withdrawn.
    assert refs(pull(simulator, updated_since="2013-12-10T10:59:00Z")[0]) == ["DDDDDD"]
    simulator.misbehave("bookings", "tombstone", times=2)
    simulator.get("/bookings")
    assert refs(pull(simulator, limit=1)[-1]) == ["DDDDDD"]
    assert sum(row.get("deleted", False) for row in pull(simulator)[0]) == 3


def test_a_booking_withdrawn_half_told_does_not_cost_the_next_one_rows(
    simulator: Simulator,
) -> None:
    simulator.at = STORM_AT.replace(hour=10, minute=0)
    first = simulator.get("/bookings", limit=2).json()
    # Both earlier bookings go, the first of them half told.
    simulator.misbehave("bookings", "tombstone", times=2)
    simulator.get("/bookings")
    rest = simulator.get("/bookings", limit=9, cursor=first["next_cursor"]).json()
    assert refs(rest["data"]) == ["AAAAAA", "BBBBBB"]
    assert all(row["deleted"] for row in rest["data"])


def test_a_page_can_come_twice_under_another_cursor(simulator: Simulator) -> None:
    (whole,) = pull(simulator)
    simulator.misbehave("bookings", "duplicate_page", times=2)
    pages = pull(simulator, limit=4)
    assert pages[0] == pages[1] == pages[2] == whole[:4]
    assert pages[3] == whole[4:]


def test_rows_can_come_out_of_order(simulator: Simulator) -> None:
    (whole,) = pull(simulator)
    simulator.misbehave("bookings", "out_of_order")
    assert pull(simulator, limit=4) == [whole[:4][::-1], whole[4:]]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"limit": "0"}, "limit is no number"),
        ({"limit": "ten"}, "limit is no number"),
        ({"cursor": "nonsense"}, "cursor is none of ours"),
        ({"cursor": "é"}, "cursor is none of ours"),
        ({"updated_since": "yesterday"}, "updated_since is no instant"),
    ],
)
def test_odd_questions_are_refused(simulator: Simulator, query: dict[str, str], error: str) -> None:
    said = simulator.get("/bookings", **query)
    assert said.status_code == 400
    assert said.json()["error"].startswith(error)


def test_row_counts_are_those_of_the_rows() -> None:
    facts = make_booking_facts()
    told = facts.rows(range(len(facts.refs)))
    assert [len(rows) for rows in told] == facts.row_counts.tolist()
