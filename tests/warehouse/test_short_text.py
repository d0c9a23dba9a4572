"""A text message fits into one part, whatever it has to say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.rules.short_text import BASIC, DOUBLE, LONGEST, in_gsm, places, short_text

LINK = "https://desk.example.test/alert?id=41"


def test_it_says_how_bad_what_where_and_when_in_letters_every_phone_has() -> None:
    headline = "CRITICAL Cancelled: B6 615 JFK → BOS, Tue 10 Dec 08:15 EST"
    assert short_text(headline, LINK) == (
        f"CRITICAL Cancelled: B6 615 JFK - BOS, Tue 10 Dec 08:15 EST {LINK}"
    )


@pytest.mark.parametrize(
    ("words", "spelt"),
    [("Zürich", "Zürich"), ("Łódź", "?ódz"), ("Çeşme", "Çesme"), ("東京", "??"), ("a\n b", "a b")],
)
def test_what_the_alphabet_lacks_is_spelt_with_what_it_has(words: str, spelt: str) -> None:
    assert in_gsm(words) == in_gsm(spelt)


@given(st.text(max_size=400), st.integers(0, 60))
def test_it_is_one_part_and_the_link_stays_whole(words: str, longer: int) -> None:
    link = LINK + "x" * longer
    written = short_text(words, link)
    assert places(written) <= LONGEST
    assert set(written) <= BASIC | DOUBLE
    assert written.endswith(f" {link}")


def test_however_long_the_link_something_is_said() -> None:
    written = short_text("HIGH Cancelled: B6 615 " * 9, "https://desk.example.test/" + "x" * 150)
    assert written.startswith("HIGH Cancelled: B6 615 HIGH Cancelled...")
