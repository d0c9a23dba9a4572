"""The judgement of a release as frames for tables and charts, read from its stored card."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard.components.amounts import short_money
from warehouse.rules.currencies import major_units

SIMULATED = "simulated"
FIRST_HORIZON_WITH_FORECASTS = 6
LINES = {
    "saving_of_climatology": "Climatology (control)",
    "saving_in_hindsight": "Best threshold in hindsight",
    "saving": "Champion",
}
CONTROLS = {"climatology": "climatology", "logistic_regression": "the logistic control"}


def tables_of(card: Mapping[str, Any], horizon_hours: int) -> dict[str, Any] | None:
    """Give the tables of a horizon; None where the release carries none."""
    tables: dict[str, Any] | None = (
        card.get("judgement", {}).get("by_horizon", {}).get(str(horizon_hours))
    )
    return tables


def backtest_of(card: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give the policy backtest of a release; None where it carries none."""
    backtest: dict[str, Any] = card.get("policy_backtest", {})
    return backtest if backtest.get("thresholds") else None


def group_frame(groups: Sequence[Mapping[str, Any]], title: str) -> pd.DataFrame:
    """Lay groups of flights out: what happened, what was said, and what that was worth."""
    return pd.DataFrame(
        [
            {
                title: each["group"],
                "Flights": each["flights"],
                "Disrupted": _percent(each["base_rate"]),
                "Said": _percent(each["mean_probability"]),
                "Skill": each["bss"],
                "PR-AUC": each["pr_auc"],
                "Worst 2 %": _percent(each["precision_at_2pct"]),
            }
            for each in groups
        ],
        columns=[title, "Flights", "Disrupted", "Said", "Skill", "PR-AUC", "Worst 2 %"],
    )


def savings_frame(points: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Lay the cost curve out, a row per line and point."""
    return pd.DataFrame(
        [
            {
                "loss": point["loss"],
                "line": title,
                "saving": point[name],
                "threshold": point["threshold"],
                "alert_rate": point["alert_rate"],
            }
            for name, title in LINES.items()
            for point in points
        ],
        columns=["loss", "line", "saving", "threshold", "alert_rate"],
    )


def threshold_frame(backtest: Mapping[str, Any]) -> pd.DataFrame:
    """Lay the thresholds out, money in whole units of its currency."""
    currency = backtest["currency"]
    return pd.DataFrame([
        {
            "Alert from": row["threshold"] * 100,
            "": "policy" if row["is_policy"] else "",
            "A shift": row["alerts_per_shift"],
            "Busiest shift": row["busiest_shift_alerts"],
            "Right": _percent(row["precision"]),
            "Caught": row["travellers_caught"],
            "Missed": row["travellers_missed"],
            "Net": major_units(row["net_minor_units"], currency),
            "Hours ahead": row["lead_hours"],
        }
        for row in backtest["thresholds"]
    ])


def difference_words(tables: Mapping[str, Any]) -> list[str]:
    """Say of each control how much skill the champion has over it, and whether that is settled."""
    return [
        _difference_of(against, CONTROLS.get(kind, kind))
        for kind, against in tables["against"].items()
        if against["differences"]["bss"] is not None
    ]


def _difference_of(against: Mapping[str, Any], control: str) -> str:
    difference, (low, high) = against["differences"]["bss"], against["intervals"]["bss"]
    if low is None or high is None:
        return f"{difference:+.3f} skill over {control}."
    settled = "settled" if low > 0 or high < 0 else "not settled by these days"
    return f"{difference:+.3f} skill over {control} ({low:+.3f} to {high:+.3f}): {settled}."


def is_simulated(card: Mapping[str, Any], horizon_hours: int) -> bool:
    """Tell whether the figures of a horizon rest on simulated forecasts."""
    sources = card.get("forecast_sources", [])
    reads_forecasts = horizon_hours >= FIRST_HORIZON_WITH_FORECASTS
    return reads_forecasts and any(str(source).startswith(SIMULATED) for source in sources)


def signed_money(minor_units: float, currency: str) -> str:
    """Write an amount that may be a loss, the sign before the currency."""
    amount = short_money(abs(minor_units), currency)
    return f"-{amount}" if minor_units < 0 else amount


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100
