"""Ways of writing that senders have and no fixture shows, each in words of our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.reading.booking_rows import read_booking_page
from pipelines.reading.document import DocumentUnreadable, read_document
from pipelines.reading.drop_folder import read_drop_file
from pipelines.reading.mapping import MappingRefused, parse_mapping
from pipelines.reading.segments import Understood
from pipelines.reading.unreadable import FileUnreadable
from tests.pipelines.reading.payloads import duffel_order, flight_reservation

HEADER = (
    "booking_ref,segment_type,traveller_name,carrier,flight_no,origin,destination,"
    "sched_dep_local,sched_arr_local"
)
ROW = "RXJ34P,air,Eva Green,UA,110,JFK,LAX,2013-12-10T09:15,2013-12-10T12:30"


def dropped(folder: Path, text: str, encoding: str = "utf-8", mapping: Any = None) -> Understood:
    path = folder / "export.csv"
    path.write_bytes(text.encode(encoding))
    [part] = read_drop_file(path, mapping)
    return part


def json_of(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def said(over: dict[str, Any]) -> Understood:
    return read_document(json_of(flight_reservation(**over)), "trip.json")


def test_a_name_may_break_over_lines(tmp_path: Path) -> None:
    row = ROW.replace("Eva Green", '"Eva\nMaria  Green"')
    [name] = dropped(tmp_path, f"{HEADER}\n{row}\n").segments[["given_name", "family_name"]].values
    assert list(name) == ["Eva Maria", "Green"]


def test_what_excel_was_kept_from_counting_is_text(tmp_path: Path) -> None:
    row = ROW.replace("RXJ34P", '="0123"').replace("110", '"=""0110"""')
    [read] = dropped(tmp_path, f"{HEADER}\n{row}\n").segments.to_dict("records")
    assert (read["booking_ref"], read["flight_number"]) == ("0123", "110")


def test_a_formula_is_still_refused(tmp_path: Path) -> None:
    row = ROW.replace("RXJ34P", '="0"&A1')
    assert dropped(tmp_path, f"{HEADER}\n{row}\n").rejected["column_name"].tolist() == [
        "booking_ref"
    ]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_mark_of_utf_16_is_heeded(tmp_path: Path, delimiter: str) -> None:
    text = f"{HEADER}\n{ROW.replace('Green', 'Größe')}\n".replace(",", delimiter)
    assert dropped(tmp_path, text, "utf-16").segments["family_name"].tolist() == ["Größe"]


def test_a_row_may_leave_out_columns_without_a_name(tmp_path: Path) -> None:
    read = dropped(tmp_path, f"{HEADER},,\n{ROW},,\n{ROW}\n{ROW},\n{ROW[:-17]}\n")
    assert (len(read.segments), read.rejected["line"].tolist()) == (3, [5])


def test_ten_megabytes_in_one_field_cost_one_row(tmp_path: Path) -> None:
    huge = ROW.replace("Eva Green", "x" * 10_000_000)
    read = dropped(tmp_path, f"{HEADER}\n{huge}\n{ROW}\n")
    assert (len(read.segments), read.rejected["line"].tolist()) == (1, [2])
    assert len(read.rejected["raw"].iloc[0]) < 11_000


def test_of_a_long_row_the_beginning_is_kept(tmp_path: Path) -> None:
    wide = ",".join([HEADER, *(f"more{i}" for i in range(9))])
    row = ROW.replace("JFK", "XQX") + (",y" + "y" * 100_000) * 9
    read = dropped(tmp_path, f"{wide}\n{row}\n")
    [raw] = read.rejected["raw"]
    assert raw.startswith("RXJ34P,air")
    assert len(raw) < 11_000


def test_pipes_and_devices_are_refused() -> None:
    with pytest.raises(FileUnreadable, match="a pipe or a device"):
        read_drop_file(Path("/dev/zero"))


def test_expressions_that_need_all_memory_are_refused_in_words(tmp_path: Path) -> None:
    mapping = parse_mapping(
        '[source]\nname = "x"\n[columns]\nbooking_ref = "repeat(booking_ref, 300000000)"\n'
        "status = \"'cancelled'\"\n",
        "greedy.toml",
    )
    with pytest.raises(MappingRefused, match="fits into memory"):
        dropped(tmp_path, f"{HEADER}\n{ROW}\n", mapping=mapping)


@pytest.mark.parametrize(
    "over",
    [
        {"reservationStatus": "https://schema.org/ReservationConfirmed/"},
        {"underName": {"@type": "Person", "name": "Ms. Eva Green"}},
        {
            "underName": None,
            "reservedTicket": {"@type": "Ticket", "underName": {"name": "Eva Green"}},
        },
    ],
)
def test_a_reservation_says_the_same_in_other_ways(over: dict[str, Any]) -> None:
    [row] = said(over).segments.to_dict("records")
    assert (row["status"], row["given_name"], row["family_name"]) == ("confirmed", "Eva", "Green")


@pytest.mark.parametrize(
    "airport",
    [
        {"@type": "Airport", "name": "San Francisco (SFO)"},
        {"@type": "Airport", "icaoCode": "KSFO"},
    ],
)
def test_airports_are_told_by_what_there_is(airport: dict[str, Any]) -> None:
    flight = flight_reservation()["reservationFor"] | {"departureAirport": airport}
    assert said({"reservationFor": flight}).segments["origin"].tolist() == ["SFO"]


@pytest.mark.parametrize(
    "written",
    ["2027-03-04T20:15-08:00[America/Los_Angeles]", "2027-03-04T20:15[America/Los_Angeles]"],
)
def test_a_time_may_name_its_zone_behind_itself(written: str) -> None:
    flight = flight_reservation()["reservationFor"] | {"departureTime": written}
    [at] = said({"reservationFor": flight}).segments["departure_at"]
    assert at.isoformat() == "2027-03-05T04:15:00+00:00"


def test_an_offer_is_no_order() -> None:
    offer = {"data": duffel_order() | {"id": "off_0000ABC"}}
    with pytest.raises(DocumentUnreadable, match="not of bookings"):
        read_document(json_of(offer), "offer.json")


def test_a_page_of_no_orders_is_one() -> None:
    page = {"data": [], "meta": {"limit": 50, "before": None, "after": None}}
    read = read_document(json_of(page), "orders.json")
    assert (read.kind, len(read.segments)) == ("Duffel orders", 0)


def test_an_interface_may_serve_rows_as_they_are_exported() -> None:
    row = {
        "booking_ref": "RXJ34P",
        "segment_type": "air",
        "traveller_id": "7",
        "traveller_name": "GREEN/EVA MRS",
        "carrier": "UA",
        "flight_no": "110",
        "origin": "JFK",
        "destination": "LAX",
        "sched_dep_local": "2013-12-10T09:15",
        "sched_arr_local": "2013-12-10T12:30",
        "currency": "USD",
        "amount": "389.90",
        "updated_at": "2013-12-01T00:00:00Z",
    }
    read = read_booking_page({"data": [row], "next_cursor": None}).understood
    [segment] = read.segments.to_dict("records")
    assert segment["departure_at"].isoformat() == "2013-12-10T14:15:00+00:00"
    assert segment["arrival_at"].isoformat() == "2013-12-10T20:30:00+00:00"
    assert (segment["given_name"], segment["traveller_ref"]) == ("EVA", "7")
    assert (segment["price_minor_units"], segment["currency"]) == (38_990, "USD")
    assert segment["source_updated_at"].isoformat() == "2013-12-01T00:00:00+00:00"
