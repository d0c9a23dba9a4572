"""What the catalogue shows of rows is readable and small, and names nobody."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import dagster as dg
import pandas as pd
import pytest

from pipelines.pictures import (
    LONGEST_CELL,
    PREVIEW_ROWS,
    as_markdown,
    bar_chart,
    interval_chart,
    line_chart,
)

MOST_BYTES = 100_000
AT = datetime(2013, 2, 8, 18, tzinfo=UTC)
OF_A_PERSON = {
    "given_name": "Ada",
    "family_name": "Lind",
    "email": "ada.lind@example.com",
    "phone": "+1-646-555-0100",
    "booking_ref": "ABC234",
    "segment_key": "ABC234-1",
    "traveller_ref": "T1",
    "traveller_key": "T1-lead",
}


def drawn(value: dg.MetadataValue) -> list[str]:
    """Give the texts of a picture, which must be sound XML and small."""
    picture = str(value.value)
    assert len(picture) < MOST_BYTES
    svg = b64decode(picture.partition("base64,")[2].rstrip(")"))
    # S314: our own picture.
    root = ElementTree.fromstring(svg)
    return [text for element in root.iter() if (text := element.text)]


def test_a_preview_shows_the_first_rows() -> None:
    table = as_markdown(pd.DataFrame({"iata": list("ABCDEFG"), "delay_minutes": 12.345}))
    assert len(table.splitlines()) == 2 + PREVIEW_ROWS
    assert table.splitlines()[2] == "| A | 12.35 |"
    assert as_markdown(pd.DataFrame({"iata": []})) == "No rows."


def test_many_columns_stand_under_one_another() -> None:
    rows = pd.DataFrame([dict.fromkeys("abcdefg", 1), dict.fromkeys("abcdefg", 2)])
    lines = as_markdown(rows).splitlines()
    assert lines[:3] == ["| column | first | second |", "| --- | --- | --- |", "| a | 1 | 2 |"]
    assert len(lines) == 2 + 7


def test_a_preview_never_tells_who_travels() -> None:
    table = as_markdown(pd.DataFrame([{"cabin": "economy"} | OF_A_PERSON]))
    assert table.splitlines()[0] == "| cabin |"
    assert not any(secret in table for secret in OF_A_PERSON.values())


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, "-"),
        (float("nan"), "-"),
        (pd.NaT, "-"),
        (pd.NA, "-"),
        (pd.Timestamp(AT), "2013-02-08 18:00"),
        ("KJFK 081800Z\n  36020G30KT", "KJFK 081800Z 36020G30KT"),
        ("a|b", "a\\|b"),
        ("[here](https://x.example)", "\\[here\\](https://x.example)"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("w" * 500, "w" * (LONGEST_CELL - 1) + "…"),
    ],
)
def test_a_cell_is_short_and_never_read_as_markup(value: object, cell: str) -> None:
    rows = pd.DataFrame({"value": [value, "another"]}, dtype=object)
    assert as_markdown(rows).splitlines()[2] == f"| {cell} |"


def test_a_line_breaks_where_nothing_is_known_and_stays_small_for_weeks_of_hours() -> None:
    hours = [f"{AT + timedelta(hours=hour):%d %b %H:%M}" for hour in range(24 * 31)]
    gusts = [None if hour % 7 == 0 else hour / 30 for hour in range(len(hours))]
    texts = drawn(line_chart("Gusts, m/s", hours, dict.fromkeys(("EWR", "JFK", "<LGA>"), gusts)))
    assert {"Gusts, m/s", "EWR", "JFK", "<LGA>", hours[0], hours[-1]} <= set(texts)


def test_without_values_nothing_is_drawn() -> None:
    assert line_chart("Gusts", ["a", "b"], {"JFK": [None, None]}).value == "Nothing to draw."
    assert bar_chart("Refused", {}).value == "Nothing to draw."
    assert interval_chart("Lost", {"wind": [None, None, None]}).value == "Nothing to draw."


def test_bars_stand_by_size_and_the_rare_ones_together() -> None:
    counts = {f"reason {number}": number for number in range(1, 13)}
    texts = drawn(bar_chart("Refused", counts))
    assert texts[:3] == ["Refused", "reason 12", "12"]
    assert texts[-2:] == ["4 others", "10"]
    assert "<b> & co" in drawn(bar_chart("Refused", {"<b> & co": 1}))


def test_intervals_say_their_bounds_and_leave_out_what_has_no_value() -> None:
    values = {
        "wind": [0.05, 0.02, 0.07],
        "<air>": [-0.001, None, None],
        "none": [None, None, None],
    }
    texts = drawn(interval_chart("Lost", values))
    assert texts[1:3] == ["wind", "+0.050 (+0.020 to +0.070)"]
    assert texts[3:] == ["<air>", "-0.001"]
