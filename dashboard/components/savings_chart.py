"""What alerts save, over how much a right one is worth in costs of an alert."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.components.judgement_frames import LINES, savings_frame
from dashboard.components.palette import Palette

HEIGHT_PIXELS = 300
TICKS = [3, 5, 10, 20, 50]


def savings_chart(
    points: Sequence[Mapping[str, Any]],
    policy_threshold: float | None,
    colours: Palette,
    *,
    is_narrow: bool = False,
) -> alt.LayerChart:
    """Draw the savings of champion, hindsight and climatology, and where the policy stands.

    Parameters
    ----------
    points:
        The cost curve of a horizon.
    policy_threshold:
        The policy's threshold, whose inverse is what a right alert is worth to it.
    colours:
        Of the appearance shown.
    is_narrow:
        Whether the legend has to stand in a column.

    Returns
    -------
    :
        The chart.
    """
    frame = savings_frame(points)
    x = alt.X(
        "loss:Q",
        title="A right alert saves, in costs of an alert",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(values=TICKS, grid=False, format="d"),
    )
    # In the order drawn: the champion lies on top of hindsight, which it often meets.
    shades = [colours.calm, colours.warm, colours.accent]
    lines = (
        alt
        .Chart(frame)
        .mark_line(point=alt.OverlayMarkDef(size=24), strokeWidth=2)
        .encode(
            x=x,
            y=alt.Y("saving:Q", title="Saved per 1,000 flights", axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "line:N",
                title=None,
                scale=alt.Scale(domain=list(LINES.values()), range=shades),
                legend=alt.Legend(orient="top", columns=1 if is_narrow else 3, labelLimit=260),
            ),
            tooltip=[
                alt.Tooltip("line:N", title="Alerting by"),
                alt.Tooltip("loss:Q", format=".0f", title="A right alert saves"),
                alt.Tooltip("threshold:Q", format=".1%", title="Alert from"),
                alt.Tooltip("alert_rate:Q", format=".1%", title="Champion alerts"),
                alt.Tooltip("saving:Q", format=",.0f", title="Saved per 1,000 flights"),
            ],
        )
    )
    return alt.layer(lines, *_policy(policy_threshold, x, colours)).properties(height=HEIGHT_PIXELS)


def _policy(threshold: float | None, x: alt.X, colours: Palette) -> list[alt.Chart]:
    if not threshold or not TICKS[0] <= 1 / threshold <= TICKS[-1]:
        return []
    here = alt.Chart(pd.DataFrame({"loss": [1 / threshold], "what": ["the policy"]}))
    return [
        here.mark_rule(strokeDash=[2, 2], color=colours.ink).encode(x=x),
        here.mark_text(align="left", dx=4, dy=8, color=colours.ink, baseline="top").encode(
            x=x, y=alt.value(0), text="what:N"
        ),
    ]
