"""How many refused rows wait, by feed and reason, as bars under their words."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from dashboard.components.palette import Palette
from warehouse.queries.feeds import QuarantineReason

BARS_SHOWN = 10
BAR_PIXELS = 40
ROOM_FOR_COUNT = 1.12
LABEL_PIXELS = {True: 320, False: 900}


def refusals_frame(
    reasons: Sequence[QuarantineReason], *, feed: str | None, words: str | None
) -> pd.DataFrame:
    """Lay the commonest reasons out, one bar each, marking those that the filters show."""
    shown, rest = list(reasons[:BARS_SHOWN]), reasons[BARS_SHOWN:]
    lines = [
        {
            "label": f"{each.feed}: {each.words}",
            "rows": each.row_count,
            "is_shown": feed in {None, each.feed} and words in {None, each.words},
        }
        for each in shown
    ]
    if rest:
        total = sum(each.row_count for each in rest)
        label = f"{len(rest)} rarer reasons together"
        lines.append({"label": label, "rows": total, "is_shown": feed is None and words is None})
    return pd.DataFrame(lines)


def refusal_chart(frame: pd.DataFrame, colours: Palette, *, is_narrow: bool) -> alt.LayerChart:
    """Draw a bar per reason, the commonest on top, its words above it and its count behind it."""
    place = alt.Y("label:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0))
    top = float(frame["rows"].max()) * ROOM_FOR_COUNT
    length = alt.X("rows:Q", axis=None, scale=alt.Scale(domain=[0, top], nice=False))
    base = alt.Chart(frame).encode(
        y=place,
        tooltip=[alt.Tooltip("label:N", title="Refused"), alt.Tooltip("rows:Q", format=",")],
    )
    shade = alt.condition("datum.is_shown", alt.value(colours.accent), alt.value(colours.calm))
    bars = base.mark_bar(height=9, yOffset=9, cornerRadiusEnd=2).encode(x=length, color=shade)
    counts = base.mark_text(align="left", dx=5, dy=9, color=colours.ink).encode(
        x=length, text=alt.Text("rows:Q", format=",")
    )
    words = base.mark_text(
        align="left", dy=-6, color=colours.ink, limit=LABEL_PIXELS[is_narrow]
    ).encode(x=alt.value(0), text="label:N")
    return alt.layer(bars, counts, words).properties(height=alt.Step(BAR_PIXELS))
