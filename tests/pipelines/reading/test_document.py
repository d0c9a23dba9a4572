"""Documents are understood by what is in them, and refused with what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.reading import document
from pipelines.reading.document import DocumentNamesOrder, DocumentUnreadable, read_document
from tests.pipelines.reading.mutations import read_or_refuse
from tests.pipelines.reading.payloads import (
    booking_row,
    duffel_order,
    flight_reservation,
    mail_of,
    page_of,
    understood,
)

PAGE = page_of(flight_reservation())
JSON_LD = "schema.org reservations"
IN_PAGE = "schema.org reservations in a web page"
IN_MAIL = "schema.org reservations in an e-mail"


@pytest.mark.parametrize("name", ["trip.json", "trip.html", "trip.eml", "trip.jsonld", "trip", "é"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps(flight_reservation()).encode(), JSON_LD),
        (json.dumps(flight_reservation()).encode("utf-16"), JSON_LD),
        (json.dumps(flight_reservation()).encode("utf-16-le"), JSON_LD),
        (b"\xef\xbb\xbf \n" + json.dumps(flight_reservation()).encode(), JSON_LD),
        (PAGE.encode(), IN_PAGE),
        (PAGE.encode("utf-8-sig"), IN_PAGE),
        (mail_of(PAGE).as_bytes(), IN_MAIL),
        (b"\xef\xbb\xbf\r\nX-Spam: no\n" + mail_of(PAGE).as_bytes(), IN_MAIL),
        (json.dumps({"trip": [flight_reservation()]}).encode(), JSON_LD),
        (json.dumps(duffel_order()).encode(), "Duffel orders"),
        (json.dumps({"data": duffel_order()}).encode(), "Duffel orders"),
        (json.dumps({"data": [booking_row()]}).encode(), "a page of bookings"),
    ],
)
def test_content_tells_before_the_name(content: bytes, kind: str, name: str) -> None:
    read = read_document(content, name)
    assert (read.kind, len(read.rejected)) == (kind, 0)
    assert len(read.segments) >= 1


def test_the_name_tells_where_the_content_does_not() -> None:
    text = f"Dear Eva,<br>{PAGE}"
    assert read_document(text.encode(), "trip.HTM").kind == IN_PAGE
    with pytest.raises(DocumentUnreadable):
        read_document(text.encode(), "trip.txt")


def test_a_page_that_begins_like_json_is_a_page() -> None:
    assert len(read_document(f"[Acme] {PAGE}".encode(), "trip.html").segments) == 1


def test_a_document_is_read_from_its_place(tmp_path: Path) -> None:
    file = tmp_path / "trip.json"
    file.write_text(json.dumps(flight_reservation()))
    assert len(read_document(file, file.name).segments) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "trip.json is empty: ask the sender to send it again."),
        (b" \n", "trip.json is empty"),
        (b"hello", "trip.json is broken JSON"),
        (b'{"@type": "FlightReservation", "reserv', "trip.json is broken JSON"),
        (b"{}", "trip.json is JSON, but not of bookings: we read an e-mail"),
        (b"3", "trip.json is JSON, but not of bookings"),
        (b'{"data": 3}', "trip.json is JSON, but not of bookings"),
        (b"[" * 100_000, "trip.json is nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "trip.json is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(DocumentUnreadable) as refused:
        read_document(content, "trip.json")
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("depth", [300, 600, 900, 950, 980, 2_000])
def test_depth_is_read_or_refused(depth: int) -> None:
    tree: Any = flight_reservation()
    text = json.dumps(tree)
    text = '{"@type": "Thing", "about": ' * depth + text + "}" * depth
    read = read_or_refuse(text.encode(), "trip.json")
    assert read is None or len(read.segments) == 1
    assert (read is None) == (depth >= 2_000) or depth > 300


def test_a_mail_of_endless_parts_is_refused() -> None:
    parts = "".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(3000)
    )
    with pytest.raises(DocumentUnreadable, match="than any mail program writes"):
        read_document(f"From: a@example.com\n{parts}".encode(), "trip.eml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentUnreadable, match=r"trip\.json cannot be opened \(No such file"):
        read_document(tmp_path / "trip.json", "trip.json")


def test_a_file_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MOST_BYTES", 10)
    file = tmp_path / "trip.json"
    file.write_bytes(b"[" + b" " * 20 + b"]")
    with pytest.raises(DocumentUnreadable, match="is larger than 0 MiB: send it in several parts"):
        read_document(file, file.name)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "order.created", "data": {"id": "ord_1"}},
        {"type": "order.created", "data": {"object": {"id": "ord_1"}}, "id": "wev_1"},
        {
            "type": "order.airline_initiated_change_detected",
            "data": {"object": {"id": "aic_1", "order_id": "ord_1"}},
        },
        {"type": "ping.triggered", "data": {"x": 1}, "idempotency_key": "ord_1"},
    ],
)
def test_an_event_names_the_order_to_fetch(event: dict[str, Any]) -> None:
    with pytest.raises(DocumentNamesOrder) as refused:
        understood(event)
    assert refused.value.order_id == "ord_1"
    assert refused.value.reason == (
        f"The event {event['type']} only names the order ord_1: fetch that order from Duffel."
    )


def test_an_event_of_no_order_says_so() -> None:
    with pytest.raises(DocumentUnreadable, match="names no order: there is nothing to fetch"):
        understood({"type": "ping.triggered", "data": {"x": 1}})
