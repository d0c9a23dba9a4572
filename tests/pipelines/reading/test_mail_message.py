"""Mails: any character set, any wrapping, attachments, and what a mail itself says of when."""

import json
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from pipelines.reading.errors import DocumentUnreadable
from tests.pipelines.reading.payloads import (
    a_flight,
    flight_reservation,
    lodging_reservation,
    mail_of,
    page_of,
    row_of,
    said_rows,
    understood,
)

TRIP = flight_reservation(underName={"@type": "Person", "name": "Zoë Müller"})
PAGE = page_of(json.dumps(TRIP, ensure_ascii=False))
SENT = "Thu, 26 Nov 2026 18:00:00 +0100"
SENT_AT = datetime(2026, 11, 26, 17, tzinfo=UTC)


def mail_rows(mail: EmailMessage | bytes) -> list[dict[str, Any]]:
    content = mail if isinstance(mail, bytes) else mail.as_bytes()
    read = understood(content, "trip.eml")
    assert read.kind == "schema.org reservations in an e-mail"
    assert read.rejected.to_dict("records") == []
    return said_rows(read)


def raw_mail(page: bytes, *headers: str) -> bytes:
    lines = ["From: a@example.com", "MIME-Version: 1.0", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + page


def test_a_mail_says_what_its_page_says() -> None:
    assert mail_rows(mail_of(PAGE)) == [row_of(TRIP)]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252", "utf-16", "koi8-r"])
@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_any_character_set_and_transfer(charset: str, encoding: str) -> None:
    name = "Грин" if charset == "koi8-r" else "Müller"
    page = PAGE.replace("Zoë Müller", f"Eva {name}")
    mail = EmailMessage()
    mail["From"] = "a@example.com"
    mail.set_content(page.encode(charset), "text", "html", cte=encoding)
    mail.set_param("charset", charset)
    assert mail_rows(mail)[0]["family_name"] == name


@pytest.mark.parametrize("charset", ["", "us-ascii", "iso-8859-1", "x-unknown", "idna", '"'])
def test_a_wrong_character_set_is_seen_through(charset: str) -> None:
    header = f"Content-Type: text/html; charset={charset}"
    mail = raw_mail(PAGE.encode(), header, "Content-Transfer-Encoding: 8bit")
    assert mail_rows(mail)[0]["family_name"] == "Müller"


def test_what_is_no_utf8_is_western() -> None:
    mail = raw_mail(PAGE.encode("cp1252"), "Content-Type: text/html; charset=utf-8")
    assert mail_rows(mail)[0]["family_name"] == "Müller"


def test_a_mail_dates_what_is_not_dated_in_it() -> None:
    [row] = mail_rows(mail_of(PAGE, Date=SENT))
    assert row["source_updated_at"] == SENT_AT
    dated = page_of(flight_reservation(modifiedTime="2027-01-01T00:00:00Z"))
    [row] = mail_rows(mail_of(dated, Date=SENT))
    assert row["source_updated_at"] == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("date", ["yesterday", "Thu, 99 Nov 2026", "Thu, 1 Jan 0999 00:00 +2359"])
def test_a_date_that_is_none_is_no_date(date: str) -> None:
    page = page_of(flight_reservation()).encode()
    [row] = mail_rows(raw_mail(page, "Content-Type: text/html", f"Date: {date}"))
    assert "source_updated_at" not in row


def test_attachments_are_read_by_kind_and_by_name() -> None:
    mail = mail_of("<p>See the attachments.</p>", Date=SENT)
    one, two = (json.dumps(flight_reservation(a_flight(flightNumber=n))) for n in ("1", "2"))
    mail.add_attachment(one.encode(), "application", "ld+json", filename="trip")
    mail.add_attachment(two.encode(), "application", "octet-stream", filename="Trip.JSONLD")
    mail.add_attachment(page_of(lodging_reservation()), subtype="html", filename="stay.html")
    mail.add_attachment(b"%PDF", "application", "pdf", filename="ticket.pdf")
    read = understood(mail.as_bytes(), "trip.eml")
    rows = said_rows(read)
    assert [row.get("flight_number", row["kind"]) for row in rows] == ["1", "2", "stay"]
    assert {row["source_updated_at"] for row in rows} == {SENT_AT}
    assert read.ignored_count == 1


def test_mails_within_mails_keep_their_own_dates() -> None:
    inner = mail_of(PAGE, Date="Wed, 25 Nov 2026 12:00:00 +0000")
    outer = mail_of("<p>Forwarded.</p>", Date=SENT)
    outer.add_attachment(inner)
    octets = inner.as_bytes()
    outer.add_attachment(octets, "application", "octet-stream", filename="again.eml")
    rows = mail_rows(outer)
    assert [row["source_updated_at"].day for row in rows] == [25, 25]


def test_a_mail_from_a_mailbox_file() -> None:
    assert len(mail_rows(b"\nFrom airline Thu Nov 26 2026\n" + mail_of(PAGE).as_bytes())) == 1


def test_a_broken_attachment_is_rejected_and_the_page_is_read() -> None:
    mail = mail_of(PAGE)
    half = json.dumps(lodging_reservation())[:-20]
    mail.add_attachment(half.encode(), "application", "json", filename="stay.json")
    read = understood(mail.as_bytes(), "trip.eml")
    assert len(read.segments) == 1
    assert read.rejected["raw"].tolist() == [half]


def test_endless_wrapping_ends() -> None:
    content = mail_of(PAGE).as_bytes()
    for _ in range(8):
        mail = EmailMessage()
        mail["From"] = "a@example.com"
        mail.add_attachment(content, "application", "octet-stream", filename="inner.eml")
        content = mail.as_bytes()
    read = understood(content, "trip.eml")
    assert (len(read.segments), read.ignored_count) == (0, 1)


def test_a_mail_without_reservations_holds_none() -> None:
    assert mail_rows(mail_of("<p>Hello</p>")) == []
    assert mail_rows(b"Subject: Hello\n\nNothing here.") == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "mail",
    [
        b"From: a\nContent-Type: text/html; " + b"a=b; " * 20_000 + b"\n\nx",
        b"From: a\nContent-Type: text/html;" + b"\n charset*1=a; " * 20_000 + b"\n\nx",
        b"From: a\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\n\nx\n" * 3_000
        + b"--b--",
    ],
)
def test_a_mail_that_would_take_for_ever_is_refused(mail: bytes) -> None:
    with pytest.raises(DocumentUnreadable, match="than any mail program writes: save its"):
        understood(mail, "trip.eml")
