"""The plan of the days ahead: a bar for everybody's shifts, and a table that says it in words."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.components.instants import DESK_ZONE, wall_clock
from dashboard.components.palette import Palette, palette
from dashboard.components.viewport import is_narrow
from warehouse.queries.coverage import Coverage
from warehouse.queries.shifts import PlannedAssignment, PlannedShift
from warehouse.vocabulary import Role

ROW_PIXELS = 34
ROWS_SHOWN = 12
NARROW_DAYS = 3
KINDS = ("agent", "manager", "admin", "stands in", "gap")


def draw(shifts: Sequence[PlannedShift], coverage: Coverage, at: datetime) -> None:
    """Draw the bars and the table; where nothing is planned, say what to do."""
    if not shifts:
        st.info(
            "No shift is planned. A manager draws the first week below, and then draws it again "
            "for the weeks after it.",
            icon=":material/event:",
        )
        return
    narrow = is_narrow()
    ends_at = at + timedelta(days=NARROW_DAYS) if narrow else coverage.ends_at
    frame = bars_frame(shifts, coverage, at, ends_at)
    if len(frame):
        st.altair_chart(plan_chart(frame, palette(), is_narrow=narrow), width="stretch")
    _draw_table(shifts, is_compact=narrow)


def bars_frame(
    shifts: Sequence[PlannedShift], coverage: Coverage, starts_at: datetime, ends_at: datetime
) -> pd.DataFrame:
    """Lay out who holds what, and what is not covered, cut to a span, in the desk's local time."""
    rows = [row for shift in shifts for row in _bars_of(shift)]
    rows += [
        (f"{gap.step}: gap", "gap", gap.missing, gap.starts_at, gap.ends_at)
        for gap in coverage.gaps
    ]
    return pd.DataFrame(
        [
            (who, kind, words, _local(max(one, starts_at)), _local(min(other, ends_at)))
            for who, kind, words, one, other in rows
            if one < ends_at and other > starts_at
        ],
        columns=["who", "kind", "shift", "starts", "ends"],
    )


def plan_chart(frame: pd.DataFrame, colours: Palette, *, is_narrow: bool) -> alt.Chart:
    """Draw one line a person, gaps above them in red."""
    order = list(dict.fromkeys(frame.sort_values("kind", key=_gaps_first)["who"]))
    shades = [colours.accent, colours.calm, colours.muted, colours.warm, colours.urgent]
    there = [kind for kind in KINDS if kind in set(frame["kind"])]
    scale = alt.Scale(domain=there, range=[shades[KINDS.index(kind)] for kind in there])
    axis = alt.Axis(format="%a %-d %b", grid=True, tickCount={"interval": "day", "step": 1})
    return (
        alt
        .Chart(frame)
        .mark_bar(height=14, cornerRadius=2)
        .encode(
            x=alt.X("starts:T", title=None, axis=axis),
            x2="ends:T",
            y=alt.Y("who:N", title=None, sort=order, axis=alt.Axis(labelLimit=150)),
            color=alt.Color("kind:N", title=None, scale=scale, legend=alt.Legend(orient="top")),
            tooltip=[
                alt.Tooltip("who:N", title="Who"),
                alt.Tooltip("shift:N", title="Shift"),
                alt.Tooltip("starts:T", format="%a %H:%M", title="From (New York)"),
                alt.Tooltip("ends:T", format="%a %H:%M", title="Until"),
            ],
        )
        .properties(height=alt.Step(26 if is_narrow else 30))
    )


def plan_frame(shifts: Sequence[PlannedShift], *, is_compact: bool = False) -> pd.DataFrame:
    """Write the plan, one row a shift; on a phone in as few words as will do."""
    return pd.DataFrame([
        {
            "When": short_when(shift) if is_compact else shift.when,
            "Who": _short_who(shift) if is_compact else shift.who,
            "Shift": shift.name,
        }
        for shift in shifts
    ])


def short_when(shift: PlannedShift) -> str:
    """Write a shift's stretch shortly, in its own zone: Tue 10 Dec 22:00-06:00 EST."""
    zone = ZoneInfo(shift.time_zone)
    starts, ends = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    return f"{starts:%a} {starts.day} {starts:%b %H:%M}-{ends:%H:%M %Z}"


def _short_who(shift: PlannedShift) -> str:
    names = [
        " / ".join([each.name, *(standing.name for standing in each.stand_ins)])
        for each in shift.assignments
    ]
    return ", ".join(names) or "nobody"


def _draw_table(shifts: Sequence[PlannedShift], *, is_compact: bool) -> None:
    column = st.column_config
    st.dataframe(
        plan_frame(shifts, is_compact=is_compact),
        hide_index=True,
        key="shifts_plan",
        row_height=ROW_PIXELS,
        height=min(len(shifts), ROWS_SHOWN) * ROW_PIXELS + ROW_PIXELS + 4,
        column_order=("When", "Who") if is_compact else None,
        column_config={
            "When": column.TextColumn(width=205 if is_compact else 300),
            "Who": column.TextColumn(width=None if is_compact else "large"),
            "Shift": column.TextColumn(width=180),
        },
        alt="Shifts of the next 14 days, by start",
    )


def _bars_of(shift: PlannedShift) -> Iterator[tuple[str, str, str, datetime, datetime]]:
    for each in shift.assignments:
        for one, other in _own_pieces(shift, each):
            yield each.name, Role(each.role).value, shift.name, one, other
        for stand_in in each.stand_ins:
            words = f"{shift.name}, for {each.name}"
            yield stand_in.name, "stands in", words, stand_in.starts_at, stand_in.ends_at


def _own_pieces(
    shift: PlannedShift, each: PlannedAssignment
) -> Iterator[tuple[datetime, datetime]]:
    """Give what is left to the holder between the hours of stand-ins."""
    since = shift.starts_at
    for stand_in in each.stand_ins:
        if since < stand_in.starts_at:
            yield since, stand_in.starts_at
        since = stand_in.ends_at
    if since < shift.ends_at:
        yield since, shift.ends_at


def _local(at: datetime) -> datetime:
    return wall_clock(at, DESK_ZONE)


def _gaps_first(kinds: "pd.Series[str]") -> "pd.Series[bool]":
    return kinds.ne("gap")
