"""The Pipeline page says how soon pages are delivered, and marks it where that is slow."""

from dashboard.components.pipeline_engine import trips_in_words
from tests.factories.defaults import STORM_AT
from warehouse.rules.synthetic import Trip, summarise


def words_of(*delivered_seconds: float | None) -> str:
    return trips_in_words(summarise([Trip(STORM_AT, 1.0, each) for each in delivered_seconds]))


def test_before_the_first_it_says_when_there_will_be_something() -> None:
    assert words_of() == words_of(None)
    assert words_of().startswith("How soon a page is delivered shows once")


def test_it_counts_what_arrived() -> None:
    assert words_of(4.0, 6.0, 8.0, None) == (
        "Due → delivered in the last 24 h: half within 6 s, 95 of 100 within 8 s; it should be "
        "within 15 s. 3 of 4 synthetic alerts arrived."
    )


def test_slow_is_marked() -> None:
    assert words_of(40.0).startswith(":orange-badge[● Slow] Due → delivered")
