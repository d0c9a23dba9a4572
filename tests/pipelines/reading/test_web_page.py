"""Pages: JSON-LD and microdata, broken or deep, with nothing fetched and nothing lost."""

import socket
from typing import Any

import pytest

from pipelines.reading import web_page
from tests.pipelines.reading.payloads import (
    a_flight,
    flight_reservation,
    lodging_reservation,
    microdata_of,
    page_of,
    row_of,
    said_rows,
    understood,
)


def page_rows(page: str) -> list[dict[str, Any]]:
    read = understood(page, "trip.html")
    assert read.kind == "schema.org reservations in a web page"
    assert read.rejected.to_dict("records") == []
    return said_rows(read)


def test_scripts_and_microdata_say_the_same() -> None:
    [script] = page_rows(page_of(flight_reservation()))
    [microdata] = page_rows(page_of(body=microdata_of(flight_reservation())))
    assert script == microdata == row_of(flight_reservation())


def test_microdata_says_things_in_links_times_and_text() -> None:
    page = """<div itemscope itemtype="http://schema.org/LodgingReservation">
      <b itemprop="reservationNumber">HX9</b>
      <link itemprop="reservationStatus" href="http://schema.org/Confirmed">
      <div itemprop="underName" itemscope itemtype="http://schema.org/Person">
        <span itemprop="name">Eva <i>Green</i></span></div>
      <div itemprop="reservationFor" itemscope itemtype="http://schema.org/LodgingBusiness">
        <span itemprop="name">Harbour &amp; Sons</span></div>
      <time itemprop="checkinDate" datetime="2027-03-05T15:00">tomorrow</time>
      <time itemprop="checkoutDate" datetime="2027-03-07">later</time></div>"""
    [row] = page_rows(page)
    assert (row["hotel_name"], row["given_name"], row["status"]) == (
        "Harbour & Sons",
        "Eva",
        "confirmed",
    )


def test_a_page_may_say_both_and_more() -> None:
    page = page_of(
        flight_reservation(),
        [lodging_reservation(), {"@type": "Organization"}],
        body=microdata_of(flight_reservation(a_flight(flightNumber="111"))),
    )
    read = understood(page, "trip.html")
    assert [row["kind"] for row in said_rows(read)] == ["flight", "stay", "flight"]
    assert (read.segments["line"].tolist(), read.ignored_count) == ([1, 2, 3], 1)


@pytest.mark.parametrize(
    "page",
    [
        '<script type="application/ld+json">{}</script>',
        '<script type="application/LD+JSON; charset=utf-8">{}</script>',
        "<p>Dear Eva <script type='application/ld+json'>{}</script>",
        '<?xml version="1.0" encoding="utf-16"?><html><head><script type="application/ld+json">'
        "{}</script></head></html>",
        '<tag1></tag2><script type="application/ld+json">{}</script></bod>',
    ],
)
def test_pages_of_any_quality(page: str) -> None:
    text = page.replace("{}", str(flight_reservation()).replace("'", '"'))
    assert page_rows(text)[0]["flight_number"] == "110"


def test_a_bare_ampersand_and_a_lost_comma() -> None:
    hotel = str(lodging_reservation()).replace("'", '"')
    rows = page_rows(page_of(f"[{hotel}{hotel},]"))
    assert [row["hotel_name"] for row in rows] == ["Harbour & Sons"] * 2


def test_one_broken_script_does_not_hide_the_others() -> None:
    half = '{"@type": "FlightReservation", "reservationNumber": "QX7'
    read = understood(page_of(half, "{broken organization", flight_reservation()), "trip.html")
    assert len(read.segments) == 1
    [rejected] = read.rejected.to_dict("records")
    assert (rejected["line"], rejected["raw"], rejected["column_name"]) == (1, half, "document")
    assert rejected["reason"].startswith("The reservation is broken JSON (")
    assert read.ignored_count == 1


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    outside = "http://127.0.0.1:9/x"
    page = f"""<!DOCTYPE html PUBLIC "x" "{outside}.dtd" [<!ENTITY e SYSTEM "{outside}">]>
      <html><head><base href="{outside}"><script src="{outside}"></script>
      <link rel="import" href="{outside}"></head><body>&e;<iframe src="{outside}"></iframe>
      {microdata_of(flight_reservation() | {"@context": outside})}</body></html>"""
    assert len(page_rows(page)) == 1
    assert len(said_rows(understood(flight_reservation() | {"@context": outside}))) == 1


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_a_page_too_deep_to_be_read_whole_is_not_read_in_part(depth: int) -> None:
    script = page_of(flight_reservation())
    page = f"<html><body>{'<div>' * depth}{script}"
    read = understood(page, "trip.html")
    assert len(read.segments) == 0
    assert read.rejected["reason"].tolist() == [
        "The page is nested too deeply to be read whole: save the part with the reservations as a"
        " page of its own."
    ]


@pytest.mark.parametrize("name", ["MOST_CHARACTERS", "MOST_PROPERTIES"])
def test_a_page_too_large_is_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_page, name, 3)
    read = understood(page_of(body=microdata_of(flight_reservation())), "trip.html")
    assert len(read.segments) == 0
    assert "too large" in read.rejected["reason"].item()


@pytest.mark.parametrize("character", ["\0", "\x01", "\x0b", "\ufffe", "&#0;", "&#1;", "&#xFFFE;"])
def test_no_character_ends_a_page(character: str) -> None:
    text = f"<p>{character}</p>"
    body = microdata_of(flight_reservation()).replace("</div>", f"{text}</div>")
    assert len(page_rows(text + page_of(flight_reservation(), body=body))) == 2


def test_microdata_with_what_no_page_may_hold_is_rejected() -> None:
    name = '<b itemprop="name">Eva<script>x</script>&#11;Green</b>'
    page = f'<div itemscope itemtype="http://schema.org/FlightReservation">{name}</div>'
    read = understood(page, "trip.html")
    assert "too broken to be read whole" in read.rejected["reason"].item()


@pytest.mark.parametrize("page", ["<html></html>", "<!-- nothing -->", "<p>Hello</p>", "<"])
def test_a_page_without_reservations_holds_none(page: str) -> None:
    assert page_rows(page) == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "inside",
    [
        "<div itemprop='name'>x" * 1_500,
        f"<div itemscope itemref='{'a ' * 100_000}'><i id=a itemprop=p>x</i></div>",
    ],
)
def test_tangled_microdata_is_not_read(inside: str) -> None:
    page = f"<div itemscope itemtype='http://schema.org/FlightReservation'>{inside}"
    read = understood(page, "trip.html")
    assert "too tangled to be read whole" in read.rejected["reason"].item()
