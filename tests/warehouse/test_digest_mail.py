"""A digest tells of each alert, the most severe first, and where to take each of them."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from tests.factories.alert import make_affected_booking
from tests.factories.defaults import STORM_AT
from tests.warehouse.digesting import alert_of, claim, pages
from tests.warehouse.test_page_mail import PAGED, contrast_to_white, seen
from warehouse.queries.page_links import get_link_key
from warehouse.rules.digest_mail import digest_mail, digest_words
from warehouse.rules.page_links import read_link
from warehouse.rules.page_mail import COLOURS, Page
from warehouse.rules.short_text import LONGEST
from warehouse.schema.travel import Traveller
from warehouse.session import Access, transaction
from warehouse.vocabulary import Severity

INBOX = "http://desk.test/inbox"
HOUR = timedelta(hours=1)


def page(number: int, severity: Severity, hours: int | None, **changed: object) -> Page:
    departs_at = None if hours is None else STORM_AT + hours * HOUR
    headline = f"Cancelled: B6 {number} JFK → BOS, soon"
    values = {"headline": headline, "severity": severity, "departs_at": departs_at}
    link = f"http://desk.test/alert?id={number}"
    return Page(replace(PAGED, **values | changed), link, f"{link}&page=s.ig{number}")


THREE = [
    page(1, Severity.LOW, 1),
    page(2, Severity.HIGH, 14),
    page(3, Severity.HIGH, 12),
]


def test_the_plain_mail_says_it_all_in_order() -> None:
    assert digest_mail(THREE[1:], link=INBOX).text_body == (
        "2 alerts wait for you: 2 high.\n"
        "They come in one message: so many pages at once are not sent one by one.\n"
        "\n"
        "1. HIGH: B6 3 JFK → BOS, soon\n"
        "Cancelled\n"
        "Who: 4 travellers on 2 bookings\n"
        "Where: JFK, New York\n"
        "When: Tue 10 Dec 18:00 EST; Tue 10 Dec 23:00 UTC\n"
        "Acknowledge: http://desk.test/alert?id=3&page=s.ig3\n"
        "This is step 1 of the ladder. If nobody acknowledges, the next step is paged at "
        "Tue 10 Dec 06:15 EST.\n"
        "\n"
        "2. HIGH: B6 2 JFK → BOS, soon\n"
        "Cancelled\n"
        "Who: 4 travellers on 2 bookings\n"
        "Where: JFK, New York\n"
        "When: Tue 10 Dec 20:00 EST; Wed 11 Dec 01:00 UTC\n"
        "Acknowledge: http://desk.test/alert?id=2&page=s.ig2\n"
        "This is step 1 of the ladder. If nobody acknowledges, the next step is paged at "
        "Tue 10 Dec 06:15 EST.\n"
        "\n"
        "All alerts: http://desk.test/inbox\n"
        "\n"
        "Opening a link changes nothing: you sign in, and press once more.\n"
    )


def test_the_most_severe_comes_first_and_of_these_who_departs_first() -> None:
    read = seen(digest_mail([*THREE, page(4, Severity.HIGH, None)], link=INBOX))
    numbers = [3, 2, 4, 1]
    assert read.links == [
        *(f"http://desk.test/alert?id={number}&page=s.ig{number}" for number in numbers),
        INBOX,
    ]


def test_the_subject_counts_them() -> None:
    mail = digest_mail(THREE, link=INBOX)
    assert mail.subject == "[high] 3 alerts wait for you: 2 high, 1 low"
    assert digest_words(THREE) == "3 alerts wait for you: 2 high, 1 low"


def test_the_html_says_the_same() -> None:
    read = seen(digest_mail(THREE, link=INBOX))
    words = " ".join(" ".join(read.words).split())
    for part in ("3 alerts wait for you", "B6 1 JFK → BOS", "JFK, New York", "EST", "UTC", "Low"):
        assert part in words


def test_nothing_that_is_written_into_it_becomes_html() -> None:
    bad = '<script>alert("1")</script> & "more"'
    changed = {"headline": bad, "airport": bad}
    body = digest_mail([THREE[0], page(5, Severity.LOW, 2, **changed)], link=INBOX).html_body
    assert "<script" not in body
    assert body.count("&lt;script&gt;") >= 2


def test_white_can_be_read_on_every_severity() -> None:
    assert all(contrast_to_white(colour.lstrip("#")) >= 4.5 for colour in COLOURS.values())


def test_a_stored_digest_names_nobody_and_each_of_its_links_is_its_own(database: str) -> None:
    ids = pages("high", "medium", "low")
    with transaction(Access.OWNER) as session:
        for number in ids:
            make_affected_booking(session, alert_id=alert_of(number))
    (digest,) = claim()
    with transaction(Access.OWNER) as session:
        key = get_link_key(session)
        names = session.scalars(select(Traveller.family_name)).all()
    assert names
    assert not any(name in digest.text_body + digest.html_body for name in names)
    tokens = [line.split("&page=")[1] for line in digest.text_body.splitlines() if "&page=" in line]
    links = [read_link(token, key, at=STORM_AT) for token in tokens]
    assert [(link.alert_id, link.generation) for link in links] == [
        (alert_of(number), 1) for number in ids
    ]


def test_as_a_text_message_it_fits_into_one(database: str) -> None:
    pages("high", "high", "medium", "low")
    (digest,) = claim()
    assert digest.short_text.startswith("4 alerts wait for you: 2 high, 1 medium, 1 low. First ")
    assert digest.short_text.endswith(" http://127.0.0.1:8501/inbox")
    assert len(digest.short_text) <= LONGEST
