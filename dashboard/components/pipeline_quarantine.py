"""What was refused and waits: counted by reason, listed, and shown whole to those who may."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.auth.reading import reading
from dashboard.components import pipeline_refusal_filters as filters
from dashboard.components import pipeline_refused_row
from dashboard.components.amounts import counted
from dashboard.components.instants import DESK_ZONE, day_and_time
from dashboard.components.palette import palette
from dashboard.components.pipeline_refusal_chart import refusal_chart, refusals_frame
from dashboard.components.viewport import is_narrow
from warehouse.queries.feeds import QuarantineReason, QuarantineRow
from warehouse.queries.pipeline_page import count_refused, list_refused
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, Permission

PAGE = 50
ROWS_SHOWN = 10
ROW_PIXELS = 35
UNSET = "—"


def draw(actor: Actor) -> None:
    """Draw the section, as far as the actor's roles let them see it."""
    st.subheader("Quarantine")
    if not may(actor, Permission.SEE_PERSONAL_DATA):
        st.caption(
            "Refused rows may name people, and your role sees no personal data. How many each "
            "feed had stands above; ask a manager or an administrator about their reasons."
        )
        return
    with reading(actor) as session:
        reasons = count_refused(session, actor)
    if reasons:
        _draw_waiting(actor, reasons)
    else:
        st.success(
            "Nothing waits. A row that breaks a rule appears here with the reason, and leaves "
            "by itself once it comes in corrected.",
            icon=":material/check_circle:",
        )


def compact_frame(rows: Sequence[QuarantineRow]) -> pd.DataFrame:
    """Lay refused rows out for a phone: whose, and why."""
    return pd.DataFrame([{"Feed": row.feed, "Reason": row.words} for row in rows])


def refused_frame(rows: Sequence[QuarantineRow]) -> pd.DataFrame:
    """Lay refused rows out, one line each."""
    return pd.DataFrame([
        {
            "Feed": row.feed,
            "Column": row.column_name or UNSET,
            "Reason": row.reason,
            "Line": row.line,
            "File": row.file or UNSET,
            "Source": row.source,
            "First seen": day_and_time(row.first_seen_at, DESK_ZONE),
        }
        for row in rows
    ])


def _draw_waiting(actor: Actor, reasons: Sequence[QuarantineReason]) -> None:
    total = sum(each.row_count for each in reasons)
    st.caption(
        f"{counted(total, 'row')} refused for {counted(len(reasons), 'reason')}, "
        "each kept as it was received."
    )
    place = st.container()
    wanted = filters.draw(reasons)
    words = wanted.reason.words if wanted.reason else None
    frame = refusals_frame(reasons, feed=wanted.feed, words=words)
    place.altair_chart(
        refusal_chart(frame, palette(), is_narrow=is_narrow()),
        alt="Refused rows by feed and reason",
    )
    _draw_rows(actor, wanted)


def _draw_rows(actor: Actor, wanted: filters.Wanted) -> None:
    with reading(actor) as session:
        rows = list_refused(
            session,
            actor,
            feed=wanted.feed,
            reason=wanted.reason,
            limit=PAGE + 1,
            older_than=filters.PAGES.start(),
        )
    chosen = None
    if rows:
        chosen = _draw_table(rows[:PAGE])
    else:
        filters.draw_nothing_found()
    filters.PAGES.draw(last_shown=rows[PAGE - 1].quarantine_id if len(rows) > PAGE else None)
    if chosen:
        pipeline_refused_row.draw(actor, chosen)


def _draw_table(rows: Sequence[QuarantineRow]) -> QuarantineRow | None:
    st.caption("Choose a row to see its text and what to do about it.")
    narrow = is_narrow()
    column = st.column_config
    shown = st.dataframe(
        compact_frame(rows) if narrow else refused_frame(rows),
        hide_index=True,
        key=f"pipeline_refused_{rows[0].quarantine_id}_{rows[-1].quarantine_id}",
        on_select="rerun",
        selection_mode="single-row",
        row_height=ROW_PIXELS,
        height=min(len(rows), ROWS_SHOWN) * ROW_PIXELS + ROW_PIXELS + 3,
        column_config={
            "Feed": column.TextColumn(width=120 if narrow else 140),
            "Column": column.TextColumn(width=110),
            "Reason": column.TextColumn(width=200 if narrow else 270),
            "Line": column.NumberColumn(format="%,d", width=60, help="Its place in what was sent"),
            "File": column.TextColumn(width=190),
            "First seen": column.TextColumn(width=150),
        },
        alt="Refused rows, newest first",
    )
    positions = shown["selection"]["rows"]
    return rows[positions[0]] if positions and positions[0] < len(rows) else None
