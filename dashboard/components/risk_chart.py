"""What each hour ahead may bring, by origin, beside what is usual for that hour."""

import altair as alt
import pandas as pd

from dashboard.components.forecast_frames import USUAL
from dashboard.components.palette import Palette

HEIGHT_PIXELS = 300
ORIGINS = ("EWR", "JFK", "LGA")
_LEGEND = alt.Legend(orient="top")


def stacked(hours: pd.DataFrame) -> pd.DataFrame:
    """Put each origin's bar of an hour on top of the one before, with the hour's two ends."""
    ordered = hours.sort_values(["local", "origin"])
    high = ordered.groupby("local")["expected"].cumsum()
    return ordered.assign(
        low=high - ordered["expected"], high=high, until=ordered["local"] + pd.Timedelta(minutes=54)
    )


def risk_chart(hours: pd.DataFrame, title: str, colours: Palette) -> alt.LayerChart:
    """Draw a bar per local hour, stacked by origin, under a line for what is usual."""
    axis = alt.Axis(format="%a %H:%M", grid=False, tickCount=8)
    shades = alt.Scale(domain=list(ORIGINS), range=[colours.accent, colours.warm, colours.calm])
    bars = (
        alt
        .Chart(stacked(hours))
        .mark_rect()
        .encode(
            x=alt.X("local:T", title=None, axis=axis),
            x2="until:T",
            y=alt.Y("low:Q", title=title, axis=alt.Axis(tickCount=5)),
            y2="high:Q",
            color=alt.Color("origin:N", title=None, scale=shades, legend=_LEGEND),
            tooltip=[
                alt.Tooltip("local:T", format="%a %H:%M", title="Hour (New York)"),
                alt.Tooltip("origin:N", title="From"),
                alt.Tooltip("flights:Q", title="Flights"),
                alt.Tooltip("expected:Q", format=",.1f", title="Expected"),
                alt.Tooltip(f"{USUAL}:Q", format=",.1f", title="Usual"),
            ],
        )
    )
    return alt.layer(bars, _usual(hours, colours)).properties(height=HEIGHT_PIXELS)


def _usual(hours: pd.DataFrame, colours: Palette) -> alt.Chart:
    """Draw one dashed step per hour, over all origins."""
    sums = hours.groupby("local", as_index=False)[USUAL].sum()
    steps = sums.assign(until=sums["local"] + pd.Timedelta(hours=1))
    return (
        alt
        .Chart(steps)
        .mark_rule(strokeDash=[4, 3], strokeWidth=1.8, color=colours.ink)
        .encode(
            x="local:T",
            x2="until:T",
            y=f"{USUAL}:Q",
            tooltip=[alt.Tooltip(f"{USUAL}:Q", format=",.1f", title="Usual for the hour")],
        )
    )
