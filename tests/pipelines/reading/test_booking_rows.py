"""Rows of our own interface: typed, judged one by one, a deleted one cancelled."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from pipelines.reading.booking_rows import read_booking_page
from pipelines.reading.errors import DocumentUnreadable
from tests.pipelines.reading.payloads import booking_row, said_rows, without_nones

STAY = {
    "booking_ref": "QX7RT2",
    "status": "confirmed",
    "kind": "stay",
    "hotel_ref": "H1",
    "hotel_name": "Harbour",
    "hotel_latitude": "42.36",
    "hotel_longitude": -71.05,
    "room_type": "double",
    "check_in_on": "2027-03-05",
    "check_out_on": "2027-03-07",
    "rooms": "2",
}


def rows_of(*rows: Any) -> list[dict[str, Any]]:
    understood = read_booking_page({"data": list(rows)}).understood
    assert understood.rejected.to_dict("records") == []
    return said_rows(understood)


def reason_of(row: Any) -> tuple[str, str]:
    understood = read_booking_page({"data": [row]}).understood
    assert len(understood.segments) == 0
    [rejected] = understood.rejected.to_dict("records")
    return rejected["column_name"], rejected["reason"]


def test_a_row_is_a_segment() -> None:
    [row] = rows_of(booking_row(unknown="x"))
    assert row == booking_row() | {
        "line": 1,
        "departure_at": datetime(2027, 3, 5, 4, 15, tzinfo=UTC),
        "arrival_at": datetime(2027, 3, 5, 11, 30, tzinfo=UTC),
        "departure_on": pd.Timestamp(2027, 3, 4),
        "source_updated_at": datetime(2027, 1, 1, 8, 30, tzinfo=UTC),
    }


def test_a_stay_is_a_segment() -> None:
    [row] = rows_of(STAY)
    assert (row["hotel_latitude"], row["rooms"]) == (42.36, 2)
    assert row["check_out_on"] == pd.Timestamp(2027, 3, 7)


@pytest.mark.parametrize("deleted", [True, "true", 1])
def test_what_is_deleted_is_cancelled(deleted: Any) -> None:
    assert rows_of(booking_row(deleted=deleted))[0]["status"] == "cancelled"


def test_what_is_not_deleted_is_not() -> None:
    assert rows_of(booking_row(deleted=False))[0]["status"] == "confirmed"


def test_a_bare_tombstone_is_of_the_whole_booking() -> None:
    [row] = rows_of({"booking_ref": "QX7RT2", "deleted": True})
    assert row == {"line": 1, "booking_ref": "QX7RT2", "kind": "booking", "status": "cancelled"}


def test_the_kind_is_told_by_what_else_is_said() -> None:
    rows = rows_of(booking_row(kind=None), {**STAY, "kind": None})
    assert [row["kind"] for row in rows] == ["flight", "stay"]


def test_the_local_day_follows_from_the_instant() -> None:
    assert rows_of(booking_row(departure_on=None)) == rows_of(booking_row())


def test_the_instant_is_not_needed_to_tell_which_flight() -> None:
    assert "departure_at" not in rows_of(booking_row(departure_at=None))[0]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (None, "booking_ref"),
        ("text", "booking_ref"),
        ([], "booking_ref"),
        (booking_row(booking_ref=None), "booking_ref"),
        (booking_row(kind="train"), "kind"),
        ({"booking_ref": "QX7RT2"}, "kind"),
        (without_nones(booking_row(kind=None) | {"hotel_ref": "H1"}), "kind"),
        (booking_row(status="hold"), "status"),
        (booking_row(carrier=None), "carrier"),
        (booking_row(flight_number="x"), "flight_number"),
        (booking_row(origin="New York"), "origin"),
        (booking_row(destination=None), "destination"),
        (booking_row(departure_at="2027-03-05T04:15:00"), "departure_at"),
        (booking_row(departure_at=None, departure_on=None), "departure_on"),
        (booking_row(departure_on="2027-03-05"), "departure_on"),
        (booking_row(source_updated_at="now"), "source_updated_at"),
        (STAY | {"hotel_ref": None, "hotel_name": None}, "hotel_ref"),
        (STAY | {"check_in_on": None}, "check_in_on"),
        (STAY | {"check_out_on": None}, "check_out_on"),
        (STAY | {"check_out_on": "2027-03-05"}, "check_out_on"),
    ],
)
def test_what_cannot_be_told_is_rejected(row: Any, column: str) -> None:
    assert reason_of(row)[0] == column


def test_days_that_disagree_are_named() -> None:
    _, reason = reason_of(booking_row(departure_on="2027-03-05"))
    assert reason == (
        "The flight leaves on 2027-03-05 by departure_on and on 2027-03-04 by departure_at:"
        " ask the source which is true."
    )


@pytest.mark.parametrize("said", [{"price_minor_units": 1.5}, {"price_minor_units": -1}])
def test_a_price_that_is_none_does_not_lose_the_trip(said: dict[str, Any]) -> None:
    assert "price_minor_units" not in rows_of(booking_row(**said))[0]


def test_a_page_says_where_the_next_begins() -> None:
    page = read_booking_page({
        "data": [],
        "next_cursor": 7,
        "high_watermark": "2027-01-01T08:30:00+01:00",
    })
    assert page.next_cursor == "7"
    assert page.high_watermark == datetime(2027, 1, 1, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("end", [None, ""])
def test_a_last_page_has_no_cursor(end: Any) -> None:
    assert read_booking_page({"data": [], "next_cursor": end}).next_cursor is None


@pytest.mark.parametrize(
    "page",
    [None, [], 3, {}, {"data": None}, {"data": {}}, {"data": [], "high_watermark": "soon"}],
)
def test_what_is_no_page_is_refused(page: Any) -> None:
    with pytest.raises(DocumentUnreadable):
        read_booking_page(page)
