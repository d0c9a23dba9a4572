"""The weather around a departure as a picture: observed, and what was forecast."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt
import pandas as pd

from dashboard.components.instants import wall_clock
from dashboard.components.palette import Palette
from warehouse.queries.weather import WeatherHour

HOURS_BEFORE = timedelta(hours=9)
HOURS_AFTER = timedelta(hours=6)
BEFORE_NOW = timedelta(hours=4)
FURTHEST_NOW = timedelta(hours=30)
PANEL_PIXELS = 92
LEGEND_PIXELS = 62
TIMES_PIXELS = 26
AXIS_PIXELS = 38
OBSERVED = "observed"
PANELS = {
    "gust": "Gusts, m/s",
    "visibility": "Visibility, km",
    "rain": "Rain, snow, mm",
}
_SCALES = {
    "gust": alt.Scale(zero=True),
    "visibility": alt.Scale(domain=[0, 17]),
    "rain": alt.Scale(zero=True),
}


def window_around(departs_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Give the hours to show: around the departure, and back to now where that is near."""
    start = departs_at - HOURS_BEFORE
    if departs_at - now <= FURTHEST_NOW:
        start = min(start, now - BEFORE_NOW)
    return start, departs_at + HOURS_AFTER


def weather_frame(hours: Sequence[WeatherHour], time_zone: str) -> pd.DataFrame:
    """Lay the hours out in local time; wind stands in where no gust was reported."""
    return pd.DataFrame(
        [
            {
                "local": wall_clock(hour.valid_at, time_zone),
                "kind": kind_of(hour),
                "gust": hour.gust_mps if hour.gust_mps is not None else hour.wind_mps,
                "rain": hour.precipitation_mm,
                "visibility": None if hour.visibility_m is None else hour.visibility_m / 1000,
            }
            for hour in hours
        ],
        columns=["local", "kind", "gust", "rain", "visibility"],
    )


def kind_of(hour: WeatherHour) -> str:
    """Name where an hour comes from; a simulated forecast always says so."""
    if not hour.is_forecast:
        return OBSERVED
    return "simulated forecast" if hour.is_simulated else "forecast"


def weather_charts(
    hours: Sequence[WeatherHour],
    *,
    departs_at: datetime,
    now: datetime,
    time_zone: str,
    colours: Palette,
) -> dict[str, alt.LayerChart]:
    """Draw gusts, visibility and precipitation, to stand above one another, by their titles."""
    frame = weather_frame(hours, time_zone)
    start, until = window_around(departs_at, now)
    instants = {"now": now, "departure": departs_at}
    marks = pd.DataFrame([
        {"local": wall_clock(at, time_zone), "what": what}
        for what, at in instants.items()
        if start <= at <= until
    ])
    domain = [wall_clock(each, time_zone).isoformat() for each in (start, until)]
    x = alt.X("local:T", title=None, scale=alt.Scale(domain=domain, nice=False, padding=0))
    first, *_, last = PANELS
    return {
        title: alt.layer(
            _panel(frame, x, colours, column, has_legend=column == first, is_last=column == last),
            *_marks(marks, x, colours, has_words=column == first),
        ).properties(
            height=PANEL_PIXELS
            + (LEGEND_PIXELS if column == first else 0)
            + (TIMES_PIXELS if column == last else 0)
        )
        for column, title in PANELS.items()
    }


def _panel(
    frame: pd.DataFrame,
    x: alt.X,
    colours: Palette,
    column: str,
    *,
    has_legend: bool,
    is_last: bool,
) -> alt.Chart:
    base = alt.Chart(frame.dropna(subset=[column]))
    axis = alt.Axis(tickCount=3, minExtent=AXIS_PIXELS, maxExtent=AXIS_PIXELS, titleFontSize=11)
    encoded = base.encode(
        x=x.axis(
            format="%a %H:%M",
            tickCount=6,
            labels=is_last,
            ticks=is_last,
            grid=False,
            labelBound=True,
        ),
        y=alt.Y(f"{column}:Q", title=PANELS[column], axis=axis, scale=_SCALES[column], stack=None),
        color=_colour(frame, colours, has_legend=has_legend),
        tooltip=[
            alt.Tooltip("local:T", format="%a %H:%M", title="Local time"),
            alt.Tooltip("kind:N", title="Source"),
            alt.Tooltip(f"{column}:Q", format=".1f", title=PANELS[column]),
        ],
    )
    if column == "rain":
        return encoded.mark_bar(width=8, opacity=0.7, clip=True)
    return encoded.mark_line(point=alt.OverlayMarkDef(size=20), strokeWidth=2, clip=True).encode(
        strokeDash=alt.condition(alt.datum.kind == OBSERVED, alt.value([1, 0]), alt.value([5, 3]))
    )


def _colour(frame: pd.DataFrame, colours: Palette, *, has_legend: bool) -> alt.Color:
    kinds = sorted(frame["kind"].unique()) or [OBSERVED]
    shades = [colours.accent if kind == OBSERVED else colours.warm for kind in kinds]
    legend = alt.Legend(orient="top", title=None, offset=18) if has_legend else None
    return alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=shades), legend=legend)


def _marks(marks: pd.DataFrame, x: alt.X, colours: Palette, *, has_words: bool) -> list[alt.Chart]:
    base = alt.Chart(marks).encode(x=x, color=alt.value(colours.ink))
    rules = base.mark_rule(strokeWidth=1.2, strokeDash=[2, 2])
    if not has_words:
        return [rules]
    words = base.mark_text(baseline="bottom", dy=-3, fontSize=11).encode(
        text="what:N", y=alt.value(0)
    )
    return [rules, words]
