"""What the skill of a release goes with: what is lost without each group of features."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from dashboard.components.palette import Palette

ROW_PIXELS = 34
LOST = {"bss": "Skill over climatology", "pr_auc": "PR-AUC"}
COLUMNS = ("group", "features", "figure", "lost", "low", "high")


def importance_of(card: Mapping[str, Any], horizon_hours: int) -> dict[str, Any] | None:
    """Give what each group is worth at a horizon; None where the card does not tell."""
    told: dict[str, Any] | None = (
        card.get("horizons", {}).get(str(horizon_hours), {}).get("importance")
    )
    return told


def importance_frame(importance: Mapping[str, Any]) -> pd.DataFrame:
    """Lay the losses out, a row per group and figure, each with its interval."""
    return pd.DataFrame(
        [
            (
                each["group"],
                each["features"],
                title,
                each["lost"][figure],
                *each["intervals"][figure],
            )
            for each in importance["groups"]
            for figure, title in LOST.items()
        ],
        columns=list(COLUMNS),
    )


def settled_words(importance: Mapping[str, Any]) -> str:
    """Name the groups without which skill is lost on these days beyond doubt."""
    settled = [
        each["group"]
        for each in importance["groups"]
        if (low := each["intervals"]["bss"][0]) is not None and low > 0
    ]
    if not settled:
        return "These days settle of no group that skill goes with it."
    return f"Skill goes with: {', '.join(settled)}. Of the others these days settle nothing."


def importance_chart(importance: Mapping[str, Any], colours: Palette) -> alt.LayerChart:
    """Draw a point and its 95 % interval per group and figure, beside a line at nothing lost.

    Parameters
    ----------
    importance:
        The importance of a horizon on a release's card.
    colours:
        Of the appearance shown.

    Returns
    -------
    :
        The chart, the group with most skill to lose at the top.
    """
    groups = [each["group"] for each in importance["groups"]]
    figures = list(LOST.values())
    base = alt.Chart(importance_frame(importance)).encode(
        y=alt.Y("group:N", title=None, sort=groups, axis=alt.Axis(ticks=False, domain=False)),
        yOffset=alt.YOffset("figure:N", sort=figures, scale=alt.Scale(paddingOuter=0.4)),
        color=alt.Color(
            "figure:N",
            title=None,
            scale=alt.Scale(domain=figures, range=[colours.accent, colours.warm]),
            legend=alt.Legend(orient="top", symbolType="circle"),
        ),
        tooltip=[
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("features:Q", title="Features"),
            alt.Tooltip("figure:N", title="Figure"),
            alt.Tooltip("lost:Q", format="+.3f", title="Lost without it"),
            alt.Tooltip("low:Q", format="+.3f", title="From"),
            alt.Tooltip("high:Q", format="+.3f", title="To"),
        ],
    )
    title = "Lost when the group is as usual"
    nothing = alt.Chart(pd.DataFrame({"lost": [0.0]})).mark_rule(color=colours.muted)
    intervals = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    points = base.mark_circle(size=56, opacity=1).encode(x=alt.X("lost:Q", title=title))
    height = ROW_PIXELS * max(len(groups), 1)
    return alt.layer(nothing.encode(x="lost:Q"), intervals, points).properties(height=height)
