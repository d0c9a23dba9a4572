"""What the skill of a release goes with, as somebody reads it on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

LOST: Final = {"bss": "Skill lost", "pr_auc": "PR-AUC lost"}
WORDS: Final = (
    "Lost when a group is as usual for the origin and hour. What skill goes with, never what "
    "causes delays: a group whose news another also brings is hardly missed."
)


def show_importance(console: Console, horizons: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Print what each group of features is worth at each horizon where the card tells it.

    Parameters
    ----------
    console:
        Where to print.
    horizons:
        Hours ahead, each with its part of the card.
    """
    told = [(hours, each["importance"]) for hours, each in horizons if each.get("importance")]
    if not told:
        return
    console.print()
    console.print(Text("What its skill goes with", style="bold"))
    for hours, importance in told:
        flights, days = importance["flights"], importance["days"]
        console.print(f"  {hours} h ahead, on {flights:,} judged flights of {days} days:")
        console.print(Padding(_table(importance["groups"]), (0, 0, 0, 2)))
    console.print(Padding(Text(WORDS, style="dim"), (0, 0, 0, 2)))


def _table(groups: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("Group", "Features", *LOST.values(), box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for each in groups:
        cells = [Text(_cell(each["lost"][name], each["intervals"][name])) for name in LOST]
        table.add_row(each["group"], str(each["features"]), *cells)
    return table


def _cell(lost: float | None, interval: Sequence[float | None]) -> str:
    if lost is None:
        return "-"
    low, high = interval
    if low is None or high is None:
        return f"{lost:+.3f}"
    return f"{lost:+.3f} [{low:+.3f}, {high:+.3f}]"
