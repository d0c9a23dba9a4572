"""Small pictures and tables for Dagster's catalogue, drawn by hand to stay light.

Whoever reads the catalogue need not be allowed to see who travels: no table shows it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

PREVIEW_ROWS = 5
LONGEST_CELL = 80
MOST_BARS = 8
LONGEST_LINE = 48
MOST_COLUMNS = 6
PLACES = ("first", "second")
PERSONAL: Final = frozenset({
    *("given_name", "family_name", "traveller_name", "email", "phone"),
    *("booking_ref", "segment_key", "traveller_ref", "traveller_key"),
})
"""Columns that name a person, or lead to one as a record locator does."""
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 220, 44, 34, 24
_COLOURS = ("#1f6feb", "#b35900", "#2e7d32", "#8e44ad")
_BAR_WIDTH, _BAR_HEIGHT = 340, 54
_ZERO, _REACH, _ROW_HEIGHT = 330, 190, 26
_FONT = 'font-family="sans-serif" font-size="12" fill="#555"'


def as_markdown(rows: pd.DataFrame) -> str:
    """Show the first rows as a table, without the columns that tell who travels."""
    if rows.empty:
        return "No rows."
    shown = rows.head(PREVIEW_ROWS).drop(columns=PERSONAL, errors="ignore").astype(object)
    shown = shown.where(shown.notna(), None)
    if len(shown.columns) <= MOST_COLUMNS:
        return as_table(list(map(str, shown.columns)), shown.itertuples(index=False))
    # Many columns stand under one another: the catalogue shows a preview in a narrow column.
    upright = [shown.iloc[place] for place in range(min(len(shown), len(PLACES)))]
    lines = ([name, *(row[name] for row in upright)] for name in shown.columns)
    return as_table(["column", *PLACES[: len(upright)]], lines)


def as_table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Write rows as a table; a value's own text is never read as Markdown."""
    lines = [columns, ["---"] * len(columns), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def show_table(session: Session, table: str, preview: str) -> dict[str, Any]:
    """Give what every table shows once something was written to it: its length and a preview."""
    from warehouse.queries.feeds import count_rows

    return {
        "dagster/row_count": count_rows(session, table),
        "preview": dg.MetadataValue.md(preview),
    }


def line_chart(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]]
) -> dg.MetadataValue:
    """Draw lines over common labels; a missing value interrupts its line."""
    values = [value for line in series.values() for value in line if value is not None]
    if not values or len(labels) < 2:
        return dg.MetadataValue.md("Nothing to draw.")
    low, high = min(0.0, *values), max(*values, 1.0)
    parts = [f'<text x="{_LEFT}" y="16" {_FONT}>{escape(title)}</text>']
    parts += _axis(labels, low, high)
    for index, (name, line) in enumerate(series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        x = _WIDTH - 70 * (len(series) - index)
        parts.append(f'<text x="{x}" y="16" {_FONT} style="fill:{colour}">{escape(name)}</text>')
        path = _path(line, low, high)
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
    return _picture(title, parts, _HEIGHT)


def bar_chart(title: str, counts: Mapping[str, int]) -> dg.MetadataValue:
    """Draw a bar for each of the greatest counts, and one for all the others together."""
    if not counts:
        return dg.MetadataValue.md("Nothing to draw.")
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    bars, others = ranked[:MOST_BARS], ranked[MOST_BARS:]
    if others:
        bars = [*bars, (f"{len(others)} others", sum(count for _, count in others))]
    longest = max(count for _, count in bars)
    parts = [f'<text x="12" y="16" {_FONT}>{escape(title)}</text>']
    for place, (label, count) in enumerate(bars):
        parts += _bar(place, label, count, count / longest)
    return _picture(title, parts, _TOP + _BAR_HEIGHT * len(bars), _BAR_WIDTH)


def interval_chart(title: str, values: Mapping[str, Sequence[float | None]]) -> dg.MetadataValue:
    """Draw a value with its lower and upper bound per row; a row without a value is left out."""
    drawn = {name: row for name, row in values.items() if row[0] is not None}
    if not drawn:
        return dg.MetadataValue.md("Nothing to draw.")
    farthest = max(abs(each) for row in drawn.values() for each in row if each is not None) or 1.0
    bottom = _TOP + _ROW_HEIGHT * len(drawn)
    parts = [
        f'<text x="12" y="16" {_FONT}>{escape(title)}</text>',
        f'<line x1="{_ZERO}" y1="{_TOP}" x2="{_ZERO}" y2="{bottom}" stroke="#bbb"/>',
    ]
    for place, (name, row) in enumerate(drawn.items()):
        parts += _interval(name, row, _TOP + _ROW_HEIGHT * place + 14, _REACH / farthest)
    return _picture(title, parts, bottom + 8)


def _interval(name: str, row: Sequence[float | None], y: int, scale: float) -> list[str]:
    """Write the name, a line between the bounds where they are known, the value, and both."""
    value, *bounds = [each for each in row if each is not None]
    words = f"{value:+.3f}"
    parts = [f'<text x="12" y="{y + 4}" {_FONT}>{escape(name)}</text>']
    if len(bounds) == 2:
        words += f" ({bounds[0]:+.3f} to {bounds[1]:+.3f})"
        low, high = (_ZERO + bound * scale for bound in bounds)
        style = f'stroke="{_COLOURS[0]}" stroke-width="2"'
        parts.append(f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" {style}/>')
    at = _ZERO + value * scale
    return [
        *parts,
        f'<circle cx="{at:.1f}" cy="{y}" r="4" fill="{_COLOURS[0]}"/>',
        f'<text x="{_WIDTH - 8}" y="{y + 4}" text-anchor="end" {_FONT}>{words}</text>',
    ]


def _bar(place: int, label: str, count: int, share: float) -> list[str]:
    """Write the label above its bar: the catalogue shows small pictures in a narrow column."""
    top = _TOP + place * _BAR_HEIGHT
    width = max(share * (_BAR_WIDTH - 90), 1)
    lines = wrap(label, LONGEST_LINE, max_lines=2, placeholder="…")
    return [
        *(
            f'<text x="12" y="{top + 4 + 14 * number}" {_FONT}>{escape(line)}</text>'
            for number, line in enumerate(lines)
        ),
        f'<rect x="12" y="{top + 24}" width="{width:.0f}" height="12" fill="{_COLOURS[0]}"/>',
        f'<text x="{width + 18:.0f}" y="{top + 34}" {_FONT}>{count:,}</text>',
    ]


def _picture(
    title: str, parts: Sequence[str], height: int, width: int = _WIDTH
) -> dg.MetadataValue:
    # Its own white ground: the catalogue is also read in the dark.
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )
    picture = b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/svg+xml;base64,{picture})")


def _axis(labels: Sequence[str], low: float, high: float) -> list[str]:
    floor = _HEIGHT - _BOTTOM
    ends = ((_LEFT, "start", labels[0]), (_WIDTH - 8, "end", labels[-1]))
    return [
        f'<line x1="{_LEFT}" y1="{floor}" x2="{_WIDTH - 8}" y2="{floor}" stroke="#bbb"/>',
        *[
            f'<text x="{_LEFT - 6}" y="{y + 4:.0f}" text-anchor="end" {_FONT}>{value:g}</text>'
            for y, value in ((floor, round(low)), (_TOP, round(high, 1)))
        ],
        *[
            f'<text x="{x}" y="{_HEIGHT - 6}" text-anchor="{anchor}" {_FONT}>{escape(label)}</text>'
            for x, anchor, label in ends
        ],
    ]


def _path(line: Sequence[float | None], low: float, high: float) -> str:
    step = (_WIDTH - 8 - _LEFT) / max(len(line) - 1, 1)
    scale = (_HEIGHT - _BOTTOM - _TOP) / (high - low)
    pieces, pen = [], "M"
    for index, value in enumerate(line):
        if value is None:
            pen = "M"
            continue
        pieces.append(
            f"{pen}{_LEFT + index * step:.1f},{_HEIGHT - _BOTTOM - (value - low) * scale:.1f}"
        )
        pen = "L"
    return "".join(pieces)


def _cell(value: object) -> str:
    # What a source wrote is shown as it is, never read as Markdown or HTML.
    text = escape(_shortened(_words(value), LONGEST_CELL), quote=False)
    for mark in "\\|[]*_`":
        text = text.replace(mark, f"\\{mark}")
    return text


def _words(value: object) -> str:
    """Say a value as people do."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return " ".join(str(value).split())


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
