"""What Dagster's catalogue shows of a release: small tables and pictures made from its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dagster as dg

from pipelines.pictures import as_table, interval_chart, line_chart
from pipelines.predicting.backtest import CARD_ENTRY
from warehouse.rules.currencies import major_units

SPEAKER: Final = "boosted_trees"
_GROUPS: Final = ("flights", "base rate", "said", "skill", "PR-AUC", "right in the worst 2 %")
_BACKTEST: Final = (
    *("from", "alerts", "a shift", "busiest shift", "right", "travellers caught", "missed"),
    "net",
)
_MARK: Final = "← the policy's"


def pictures_of(card: Mapping[str, Any]) -> dict[str, dg.MetadataValue]:
    """Draw the judgement of a release.

    Parameters
    ----------
    card:
        A release's card; one without a judgement has no picture.

    Returns
    -------
    :
        Tables and pictures by the names they have in the catalogue.
    """
    shown: dict[str, dg.MetadataValue] = {}
    for hours, tables in card.get("judgement", {}).get("by_horizon", {}).items():
        trial = card["horizons"][hours]["trial"]["disrupted"][SPEAKER]
        shown[f"reliability_{hours}_h"] = _reliability(hours, trial["reliability"])
        shown[f"by_month_{hours}_h"] = _groups("month", tables["by_month"])
        shown[f"by_airport_{hours}_h"] = _groups("airport", tables["by_airport"])
        shown[f"savings_{hours}_h"] = _savings(hours, tables["cost_curve"])
    for hours, horizon in card.get("horizons", {}).items():
        if importance := horizon.get("importance"):
            shown[f"importance_{hours}_h"] = _importance(hours, importance["groups"])
    backtest = card.get(CARD_ENTRY, {})
    if backtest.get("thresholds"):
        shown["thresholds"] = dg.MetadataValue.md(_thresholds(backtest))
    return shown


def _reliability(hours: str, bins: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    return line_chart(
        f"Said and happened, {hours} h ahead, % of flights by tenth",
        [f"{each['mean_probability']:.1%} said" for each in bins],
        {
            "said": [each["mean_probability"] * 100 for each in bins],
            "happened": [each["share_happened"] * 100 for each in bins],
        },
    )


def _savings(hours: str, points: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    return line_chart(
        f"Saved per 1,000 flights, {hours} h ahead, in costs of an alert",
        [f"a right alert saves {point['loss']:g}" for point in points],
        {
            "champion": [point["saving"] for point in points],
            "hindsight": [point["saving_in_hindsight"] for point in points],
            "usual": [point["saving_of_climatology"] for point in points],
        },
    )


def _importance(hours: str, groups: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    return interval_chart(
        f"Skill lost without a group, {hours} h ahead (goes with, not because)",
        {each["group"]: [each["lost"]["bss"], *each["intervals"]["bss"]] for each in groups},
    )


def _groups(kind: str, groups: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    rows = [
        [
            each["group"],
            f"{each['flights']:,}",
            _percent(each["base_rate"]),
            _percent(each["mean_probability"]),
            _figure(each["bss"]),
            _figure(each["pr_auc"]),
            _percent(each["precision_at_2pct"]),
        ]
        for each in groups
    ]
    return dg.MetadataValue.md(as_table([kind, *_GROUPS], rows))


def _thresholds(backtest: Mapping[str, Any]) -> str:
    currency = backtest["currency"]
    rows = [
        [
            f"{row['threshold']:.3f}{f' {_MARK}' if row['is_policy'] else ''}",
            f"{row['alerts']:,}",
            "-" if row["alerts_per_shift"] is None else f"{row['alerts_per_shift']:.1f}",
            row["busiest_shift_alerts"],
            _percent(row["precision"]),
            f"{row['travellers_caught']:,}",
            f"{row['travellers_missed']:,}",
            f"{major_units(row['net_minor_units'], currency):,.0f} {currency}",
        ]
        for row in backtest["thresholds"]
    ]
    return as_table(_BACKTEST, rows)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
