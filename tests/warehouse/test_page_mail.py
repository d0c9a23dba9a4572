"""A page tells what, where, when there, why, and the one thing to do; it names no traveller."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from tests.factories.alert import make_affected_booking, make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from warehouse.operations.notifications import claim_notifications
from warehouse.rules.page_mail import Page, PagedAlert, page_mail
from warehouse.rules.wording import Message
from warehouse.schema.travel import Traveller
from warehouse.session import Access, transaction
from warehouse.vocabulary import Severity

LINK, SIGNED = "http://desk.test/alert?id=41", "http://desk.test/alert?id=41&page=s.ig"
PAGED = PagedAlert(
    headline="Disruption expected (62%): B6 615 JFK → BOS, Tue 10 Dec 18:00 EST",
    severity=Severity.HIGH,
    travellers=4,
    bookings=2,
    why=["gusts 24 m/s at departure", "visibility 400 m"],
    probability=0.62,
    airport="JFK, New York",
    departs_at=STORM_AT + timedelta(hours=12),
    time_zone="America/New_York",
    level=1,
    next_escalation_at=STORM_AT + timedelta(minutes=15),
    joined=0,
)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if tag == "a" and name == "href"]


def mail(**changed: object) -> Message:
    return page_mail(Page(replace(PAGED, **changed), LINK, SIGNED))


def seen(message: Message) -> _Words:
    read = _Words()
    read.feed(message.html_body)
    return read


def test_the_plain_mail_says_it_all_in_order() -> None:
    assert mail().text_body == (
        "HIGH: B6 615 JFK → BOS, Tue 10 Dec 18:00 EST\n"
        "Disruption expected (62%)\n"
        "\n"
        "Who: 4 travellers on 2 bookings\n"
        "Where: JFK, New York\n"
        "When: Tue 10 Dec 18:00 EST; Tue 10 Dec 23:00 UTC\n"
        "Why: 62% by the model; gusts 24 m/s at departure; visibility 400 m\n"
        "\n"
        f"Acknowledge: {SIGNED}\n"
        f"Only look at it: {LINK}\n"
        "\n"
        "This is step 1 of the ladder. If nobody acknowledges, the next step is paged at "
        "Tue 10 Dec 06:15 EST. Opening a link changes nothing: you sign in, and press once more.\n"
    )


def test_the_html_says_the_same_and_has_one_button() -> None:
    read = seen(mail())
    words = " ".join(" ".join(read.words).split())
    for part in ("B6 615 JFK → BOS", "4 travellers on 2 bookings", "visibility 400 m", "High"):
        assert part in words
    assert read.links == [SIGNED, LINK]


def test_the_subject_stands_alone() -> None:
    assert mail().subject == f"[high] {PAGED.headline}"


def test_nothing_that_is_written_into_it_becomes_html() -> None:
    bad = '<script>alert("1")</script> & "more"'
    body = mail(headline=bad, why=[bad], airport=bad).html_body
    assert "<script" not in body
    assert body.count("&lt;script&gt;") >= 3


@pytest.mark.parametrize("severity", Severity)
def test_white_can_be_read_on_every_severity(severity: Severity) -> None:
    colour = re.search(r"border-radius:12px;background:#(\w{6})", mail(severity=severity).html_body)
    assert colour is not None
    assert contrast_to_white(colour[1]) >= 4.5


def contrast_to_white(colour: str) -> float:
    """Compute the contrast of WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    light = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (light + 0.05)


def test_a_storm_says_for_how_many_it_pages() -> None:
    storm = mail(
        headline="Storm at JFK (New York): it pages for 12 more alerts",
        why=[],
        probability=None,
        departs_at=None,
        joined=12,
    )
    assert storm.text_body.startswith("HIGH: Storm at JFK (New York): it pages for 12 more")
    assert "Who: 12 alerts that this storm pages for" in storm.text_body
    assert "When:" not in storm.text_body
    assert "Why:" not in storm.text_body


def test_what_is_about_the_desk_leaves_out_what_it_has_not() -> None:
    desk = mail(
        headline="Nobody was on shift at any step",
        travellers=0,
        why=[],
        airport=None,
        departs_at=None,
        level=None,
        next_escalation_at=None,
        time_zone="UTC",
    )
    assert desk.text_body.startswith("HIGH: Nobody was on shift at any step\n\n")
    assert "Nobody is asked after you." in desk.text_body
    assert not re.search("^(Who|Where|When|Why):", desk.text_body, re.MULTILINE)


def test_the_mail_of_a_stored_alert_names_nobody(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = make_alert(session, travellers_affected=3)
        make_affected_booking(session, alert_id=alert.alert_id)
        make_notification(session, alert_id=alert.alert_id)
    with transaction() as session:
        [page] = claim_notifications(session, worker="w", at=STORM_AT, server_at=STORM_AT)
    assert "Who: 3 travellers on 1 booking" in page.text_body
    assert "Where: " in page.text_body
    with transaction(Access.OWNER) as session:
        for traveller in session.scalars(select(Traveller)):
            assert traveller.family_name not in page.text_body + page.html_body
