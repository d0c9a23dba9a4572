"""Documents that others wrote say the same as what their authors say is in them."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.reading.document import DocumentNamesOrder, read_document
from pipelines.reading.segments import Understood
from tests.pipelines.reading.newest import newest
from tests.pipelines.reading.payloads import said_rows

COMPANIONS = {
    "kitinerary_flight-booking.eml": "kitinerary_extractordata_synthetic_flight-booking.eml.json",
    "kitinerary_structureddata_google-flight-reservation-json-ld.html": (
        "kitinerary_structureddata_google-flight-reservation-json-ld.json"
    ),
    "kitinerary_jsonlddata_graph.in.json": "kitinerary_jsonlddata_graph.out.json",
}
MERGED = [f"kitinerary_mergedata_cancellation.{part}.json" for part in ("lhs", "rhs", "merged")]
EVA_FLIES: dict[str, Any] = {
    "line": 1,
    "booking_ref": "RXJ34P",
    "status": "confirmed",
    "kind": "flight",
    "given_name": "Eva",
    "family_name": "Green",
    "carrier": "UA",
    "flight_number": "110",
    "origin": "SFO",
    "destination": "JFK",
    "departure_at": pd.Timestamp("2027-03-05T04:15Z"),
    "arrival_at": pd.Timestamp("2027-03-05T11:30Z"),
    "departure_on": pd.Timestamp("2027-03-04"),
}


@pytest.fixture
def folder(shared_fixtures: Path) -> Path:
    return shared_fixtures / "bookings"


def read(folder: Path, name: str) -> Understood:
    return read_document(folder / name, name)


@pytest.mark.parametrize(("name", "companion"), COMPANIONS.items())
def test_a_document_says_what_its_companion_says(folder: Path, name: str, companion: str) -> None:
    rows, told = said_rows(read(folder, name)), said_rows(read(folder, companion))
    # KItinerary leaves out what it has no use for, such as when a booking was made.
    assert [{key: row.get(key) for key in of} for row, of in zip(rows, told, strict=True)] == told


def test_a_mail_says_who_flies_where_and_when(folder: Path) -> None:
    [row] = said_rows(read(folder, "kitinerary_flight-booking.eml"))
    assert row == EVA_FLIES | {
        "email": "eva@mail.com",
        "cabin": "business",
        "booked_at": pd.Timestamp("2027-01-14T18:05Z"),
        "source_updated_at": pd.Timestamp("2027-03-14T18:05Z"),
    }


def test_a_page_says_who_flies_where_and_when(folder: Path) -> None:
    understood = read(folder, "kitinerary_structureddata_google-flight-reservation-json-ld.html")
    assert said_rows(understood) == [EVA_FLIES]


def test_the_prefix_of_a_number_wins_over_provider_and_seller(folder: Path) -> None:
    [row] = said_rows(read(folder, "schemaorg_FlightReservation_2.jsonld"))
    times = ("departure_at", "arrival_at", "departure_on")
    assert row == EVA_FLIES | {name: EVA_FLIES[name].replace(year=2017) for name in times}


def test_what_is_no_reservation_is_counted(folder: Path) -> None:
    understood = read(folder, "kitinerary_jsonlddata_graph.in.json")
    assert (len(understood.segments), len(understood.rejected), understood.ignored_count) == (
        0,
        0,
        4,
    )


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_cancellation_merges_as_its_companion_says(folder: Path, order: tuple[int, int]) -> None:
    *parts, merged = [read(folder, name) for name in MERGED]
    assert newest(*(parts[place] for place in order)) == said_rows(merged)


def test_a_bare_cancellation_speaks_of_the_whole_booking(folder: Path) -> None:
    [row] = said_rows(read(folder, MERGED[1]))
    assert row == {
        "line": 1,
        "booking_ref": "RXJ34P",
        "status": "cancelled",
        "kind": "booking",
        "source_updated_at": pd.Timestamp("2027-02-01T16:30Z"),
    }


def test_a_cancelled_order_of_duffel_is_a_cancelled_flight(folder: Path) -> None:
    [row] = said_rows(read(folder, "duffel_order.json"))
    changed_at = pd.Timestamp("2020-04-11T15:48:11.642Z")
    expected: dict[str, Any] = {
        "line": 1,
        "booking_ref": "RZPNX8",
        "status": "cancelled",
        "kind": "flight",
        "traveller_ref": "pas_00009hj8USM7Ncg31cBCLL",
        "given_name": "Amelia",
        "family_name": "Earhart",
        "email": "amelia@duffel.com",
        "phone": "+442080160509",
        "carrier": "BA",
        "flight_number": "1234",
        "origin": "LHR",
        "destination": "LHR",
        "departure_at": pd.Timestamp("2020-06-13T15:38:02Z"),
        "arrival_at": pd.Timestamp("2020-06-13T15:38:02Z"),
        "departure_on": pd.Timestamp("2020-06-13"),
        "cabin": "economy",
        "price_minor_units": 9_080,
        "currency": "GBP",
        "booked_at": changed_at,
        "source_updated_at": changed_at,
    }
    assert row == expected


def test_an_event_only_names_an_order(folder: Path) -> None:
    with pytest.raises(DocumentNamesOrder, match="fetch that order from Duffel") as refused:
        read(folder, "duffel_webhook_event.json")
    assert refused.value.order_id == "ord_0000ABd6wggSct7BoraU1o"


def test_every_document_is_read_or_named(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    unread = [name for name in names if name != "duffel_webhook_event.json"]
    for name in unread:
        understood = read(folder, name)
        assert len(understood.rejected) == 0, name
