"""Why rows were refused is drawn by reason, without a word of what they hold."""

import pytest

from pipelines.refusals import draw_quarantine, words_of
from tests.factories.feed import make_refused
from tests.pipelines.test_pictures import drawn
from warehouse.queries.feeds import QuarantineReason
from warehouse.session import Access, transaction


@pytest.mark.parametrize(
    ("column", "reason", "words"),
    [
        ("origin", "names no airport", "origin names no airport"),
        ("", "opens a quote that is never closed", "opens a quote that is never closed"),
        (
            "given_name",
            "given_name '=Ada' begins like a spreadsheet's formula, as none does.",
            "given_name …",
        ),
        (
            "carrier",
            "The flight has no carrier: PNR is 'ABC234' and Name is \"O'Neill\".",
            "The flight has no carrier: PNR is …",
        ),
        (
            "check_out_on",
            "check_out_on 2013-12-08 is not after check_in_on 2013-12-09.",
            "check_out_on … is not after check_in_on …",
        ),
        (
            "wind_mps",
            "wind_speed is no number from 0 to 60 in metric units",
            "wind_mps wind_speed is no number from 0 to 60 in metric units",
        ),
        ("phone", "is +1-646-555-0100", "phone is …"),
        ("email", "ada.lind@example.com is no address", "email … is no address"),
        (
            "origin",
            "The flight's origin has no IATA code",
            "The flight's origin has no IATA code",
        ),
    ],
)
def test_a_reason_is_told_without_what_it_quotes(column: str, reason: str, words: str) -> None:
    assert words_of(QuarantineReason("booking_segment", column, reason, 1)) == words


def test_what_waits_of_a_feed_is_drawn_by_reason(database: str) -> None:
    with transaction(Access.OWNER) as session:
        for name in ("Ada Lind", "Bo Ek"):
            make_refused(session, column_name="cabin", reason=f"is not known: Name is '{name}'")
        make_refused(session)
        make_refused(session, feed="room_night", column_name="night", reason="is missing")
    with transaction() as session:
        texts = drawn(draw_quarantine(session, "booking_segment")["quarantine"])
        assert draw_quarantine(session, "flight") == {}
    assert texts == [
        "Rows that wait in quarantine, by reason",
        *("cabin is not known: Name is …", "2"),
        *("origin names no airport", "1"),
    ]
