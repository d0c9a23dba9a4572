"""Small pictures and tables for Dagster's catalogue, drawn by hand to stay light."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    import pandas as pd

PREVIEW_ROWS = 5
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 220, 44, 34, 24
_COLOURS = ("#1f6feb", "#b35900", "#2e7d32", "#8e44ad")
_FONT = 'font-family="sans-serif" font-size="12" fill="#555"'


def as_markdown(rows: pd.DataFrame) -> str:
    """Show the first rows as a table; personal data must not be among them."""
    if rows.empty:
        return "No rows."
    shown = rows.head(PREVIEW_ROWS)
    lines = [list(map(str, shown.columns)), ["---"] * len(shown.columns)]
    lines += [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def line_chart(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]]
) -> dg.MetadataValue:
    """Draw lines over common labels; a missing value interrupts its line."""
    values = [value for line in series.values() for value in line if value is not None]
    if not values or len(labels) < 2:
        return dg.MetadataValue.md("Nothing to draw.")
    low, high = min(0.0, *values), max(*values, 1.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{_LEFT}" y="16" {_FONT}>{title}</text>',
        *_axis(labels, low, high),
    ]
    for index, (name, line) in enumerate(series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        x = _WIDTH - 70 * (len(series) - index)
        parts.append(f'<text x="{x}" y="16" {_FONT} style="fill:{colour}">{name}</text>')
        path = _path(line, low, high)
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
    picture = b64encode("".join([*parts, "</svg>"]).encode()).decode()
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
            f'<text x="{x}" y="{_HEIGHT - 6}" text-anchor="{anchor}" {_FONT}>{label}</text>'
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
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
