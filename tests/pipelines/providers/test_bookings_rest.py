"""Pulls of bookings: page by page, and the watermark only after the last of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.providers.bookings_rest import BookingsPull
from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.http import ProviderClient
from tests.pipelines.providers.scripted_server import Answer, ScriptedServer
from tests.pipelines.reading.payloads import booking_row

SINCE = datetime(2027, 1, 1, 9, tzinfo=UTC)
REACHED = datetime(2027, 1, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def pull(provider: ScriptedServer, slept: list[float]) -> BookingsPull:
    client = ProviderClient("agency", provider.url, sleep=slept.append)
    return BookingsPull(client, updated_since=SINCE)


def page(*rows: Any, after: str | None = None, until: str | None = None) -> Answer:
    return Answer({"data": list(rows), "next_cursor": after, "high_watermark": until})


def refs_of(pull: BookingsPull) -> list[str]:
    return [ref for read in pull.pages() for ref in read.segments["booking_ref"]]


def test_pages_are_followed_to_the_last(provider: ScriptedServer, pull: BookingsPull) -> None:
    provider.will_answer(
        page(booking_row(booking_ref="A"), after="c1", until="2027-01-02T09:30:00Z"),
        page(booking_row(booking_ref="B"), after="c2"),
        page(booking_row(booking_ref="C", deleted=True), until="2027-01-02T09:30:00Z"),
    )
    assert refs_of(pull) == ["A", "B", "C"]
    assert pull.high_watermark == REACHED
    first, second, third = provider.asked
    assert (first.method, first.path) == ("GET", "/bookings")
    asked = {"limit": ["200"], "updated_since": ["2027-01-01T08:55:00Z"]}
    assert first.query == asked
    assert (second.query, third.query) == (asked | {"cursor": ["c1"]}, asked | {"cursor": ["c2"]})


def test_the_first_pull_asks_for_everything(provider: ScriptedServer, pull: BookingsPull) -> None:
    provider.will_answer(page(until="2027-01-02T09:30:00Z"))
    pull.updated_since = None
    assert refs_of(pull) == []
    assert provider.asked[0].query == {"limit": ["200"]}
    assert pull.high_watermark == REACHED


def test_a_page_that_fails_does_not_move_the_watermark(
    provider: ScriptedServer, pull: BookingsPull
) -> None:
    provider.will_answer(
        page(booking_row(), after="c1", until="2027-01-02T09:30:00Z"), Answer(status=500)
    )
    with pytest.raises(ProviderBusy):
        refs_of(pull)
    assert pull.high_watermark is None


def test_a_page_that_is_not_taken_does_not_move_the_watermark(
    provider: ScriptedServer, pull: BookingsPull
) -> None:
    provider.will_answer(page(booking_row(), until="2027-01-02T09:30:00Z"))
    pages = pull.pages()
    next(pages)
    assert pull.high_watermark is None
    assert list(pages) == []
    assert pull.high_watermark == REACHED


@pytest.mark.parametrize("until", [None, "2026-12-31T00:00:00Z"])
def test_a_watermark_never_goes_back(
    until: str | None, provider: ScriptedServer, pull: BookingsPull
) -> None:
    provider.will_answer(page(until=until))
    refs_of(pull)
    assert pull.high_watermark == SINCE


def test_rows_may_come_twice_and_out_of_order(provider: ScriptedServer, pull: BookingsPull) -> None:
    late, early = booking_row(source_updated_at="2027-01-02T00:00:00Z"), booking_row()
    provider.will_answer(page(late, early, after="c1"), page(late, after="c2"), page(early))
    assert len(refs_of(pull)) == 4


@pytest.mark.parametrize("cursors", [["c1", "c1"], ["c1", "c2", "c1"]])
def test_cursors_that_go_round_are_refused(
    cursors: list[str], provider: ScriptedServer, pull: BookingsPull
) -> None:
    provider.will_answer(*[page(after=cursor) for cursor in cursors])
    with pytest.raises(ProviderRefused, match=r"agency: sends pages without end: .* cursor c1"):
        refs_of(pull)
    assert pull.high_watermark is None


def test_pages_without_end_are_refused(
    provider: ScriptedServer, pull: BookingsPull, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.providers.bookings_rest.MOST_PAGES", 2)
    provider.will_answer(*[page(after=f"c{number}") for number in range(9)])
    with pytest.raises(ProviderRefused, match="sends pages without end"):
        refs_of(pull)
    assert len(provider.asked) == 3


def test_a_busy_agency_is_asked_again_when_it_says(
    provider: ScriptedServer, pull: BookingsPull, slept: list[float]
) -> None:
    provider.will_answer(Answer(status=429, headers={"Retry-After": "7"}), page(booking_row()))
    assert refs_of(pull) == ["QX7RT2"]
    assert 7 <= slept[0] < 10


@pytest.mark.parametrize(
    "body", [[], {"rows": []}, {"data": {}}, {"data": [], "high_watermark": "soon"}, None]
)
def test_what_is_no_page_is_refused(
    body: Any, provider: ScriptedServer, pull: BookingsPull
) -> None:
    provider.will_answer(Answer(body))
    with pytest.raises(ProviderRefused, match="agency: The page"):
        refs_of(pull)


def test_a_bad_row_does_not_stop_the_pull(provider: ScriptedServer, pull: BookingsPull) -> None:
    provider.will_answer(page(booking_row(), {"booking_ref": None}, 7))
    [read] = pull.pages()
    assert (len(read.segments), read.rejected["line"].tolist()) == (1, [2, 3])
