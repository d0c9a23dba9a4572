"""How a release's way of learning told the months, as read on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stormdesk.model_tables import show_horizons

COLUMNS: Final = ("Month", "Flights", "Disrupted", "Said", "Skill", "PR-AUC", "Right in top 2 %")


def show_rolling(console: Console, record: Mapping[str, Any] | None) -> None:
    """Print how the months of the history were told, each from what was settled before it.

    Parameters
    ----------
    console:
        Where to print.
    record:
        As `ml.rolling_record.rolling_record` gives it; None where the months were never told.
    """
    console.print()
    if record is None:
        asked = "To tell its history month by month (minutes): stormdesk model evaluate --rolling"
        console.print(Text(asked, style="dim"))
        return
    console.print(Text("Month by month, each from what was settled before it", style="bold"))
    show_horizons(console, record)
    for hours, tables in record["judgement"]["by_horizon"].items():
        console.print(f"\n{hours} h ahead, by month:")
        console.print(_months(tables["by_month"]))
        console.print(Padding(Text(_settings(record, hours), style="dim"), (0, 0, 0, 2)))


def _months(months: list[Mapping[str, Any]]) -> Table:
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for each in months:
        table.add_row(
            str(each["group"]),
            f"{each['flights']:,}",
            f"{each['base_rate']:.1%}",
            f"{each['mean_probability']:.1%}",
            _figure(each["bss"]),
            _figure(each["pr_auc"]),
            "-" if each["precision_at_2pct"] is None else f"{each['precision_at_2pct']:.0%}",
        )
    return table


def _settings(record: Mapping[str, Any], hours: str) -> str:
    """Say which settings were chosen, where they changed."""
    told, last = [], None
    for month, chosen in record["horizons"][hours]["chosen"].items():
        if chosen != last:
            told.append(f"from {month} {chosen}")
        last = chosen
    return f"Settings, chosen by earlier months alone: {', '.join(told)}."


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"
