"""Routes by risk on a map of the states, drawn from a file of ours: no tile server is asked."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from dashboard.components.palette import Palette

HEIGHT_PIXELS = 500
NARROW_HEIGHT_PIXELS = 290
NAMED_CITIES = 8
CALM, GRAVE = 0.03, 0.35
_STATES = Path(__file__).parent.parent / "static" / "us-states.json"


def risk_map(routes: pd.DataFrame, colours: Palette, *, is_narrow: bool = False) -> alt.LayerChart:
    """Draw each route as a line by mean probability, each destination by travellers expected."""
    shade = alt.Color(
        "probability:Q",
        title="Mean chance of disruption",
        scale=alt.Scale(
            domain=[CALM, (CALM + GRAVE) / 2, GRAVE],
            range=list(colours.ramp),
            clamp=True,
            interpolate="rgb",
        ),
        legend=alt.Legend(orient="bottom", format=".0%", values=[0.05, 0.15, 0.25, 0.35]),
    )
    told = [
        alt.Tooltip("origin:N", title="From"),
        alt.Tooltip("city:N", title="To"),
        alt.Tooltip("destination:N", title="Airport"),
        alt.Tooltip("flights:Q", title="Flights"),
        alt.Tooltip("probability:Q", format=".0%", title="Mean chance"),
        alt.Tooltip("travellers:Q", format=".1f", title="Travellers expected to be hit"),
    ]
    return (
        alt
        .layer(_land(colours), _lines(routes, shade, told), *_ends(routes, shade, told, colours))
        .project(type="albersUsa")
        .properties(height=NARROW_HEIGHT_PIXELS if is_narrow else HEIGHT_PIXELS)
        .configure_view(strokeWidth=0)
    )


def _land(colours: Palette) -> alt.Chart:
    shapes = alt.InlineData(
        values=_states(), format=alt.TopoDataFormat(type="topojson", feature="states")
    )
    return alt.Chart(shapes).mark_geoshape(fill=colours.land, stroke=colours.line, strokeWidth=0.7)


def _lines(routes: pd.DataFrame, shade: alt.Color, told: list[alt.Tooltip]) -> alt.Chart:
    return (
        alt
        .Chart(routes)
        .mark_rule(opacity=0.75)
        .encode(
            longitude="origin_longitude:Q",
            latitude="origin_latitude:Q",
            longitude2="longitude:Q",
            latitude2="latitude:Q",
            color=shade,
            strokeWidth=alt.StrokeWidth(
                "travellers:Q", scale=alt.Scale(range=[0.6, 3.5]), legend=None
            ),
            tooltip=told,
        )
    )


def _ends(
    routes: pd.DataFrame, shade: alt.Color, told: list[alt.Tooltip], colours: Palette
) -> list[alt.Chart]:
    dots = (
        alt
        .Chart(routes)
        .mark_circle(opacity=0.95)
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            color=shade,
            size=alt.Size("travellers:Q", scale=alt.Scale(range=[14, 220]), legend=None),
            tooltip=told,
        )
    )
    worst = routes.sort_values("travellers").drop_duplicates("destination", keep="last")
    names = (
        alt
        .Chart(worst.tail(NAMED_CITIES))
        .mark_text(dy=-11, fontSize=11, color=colours.ink)
        .encode(longitude="longitude:Q", latitude="latitude:Q", text="destination:N")
    )
    return [dots, names]


@cache
def _states() -> dict[str, Any]:
    shapes: dict[str, Any] = json.loads(_STATES.read_text(encoding="utf-8"))
    return shapes
