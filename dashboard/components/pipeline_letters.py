"""Messages that failed for good: to whom, about what, and why."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import navigation
from dashboard.auth.reading import reading
from dashboard.components.instants import DESK_ZONE, day_and_time
from dashboard.components.viewport import is_narrow
from warehouse.queries.notifications import DeadLetter, list_dead_letters
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, Permission

MOST_SHOWN = 100
ROWS_SHOWN = 8
ROW_PIXELS = 35
_NARROW = ("Address", "Why")


def draw(actor: Actor) -> None:
    """Draw the messages with their addresses, for those who may see people."""
    st.subheader("Deliveries that failed for good")
    if not may(actor, Permission.SEE_PERSONAL_DATA):
        st.caption("They name people, and your role sees no personal data.")
        return
    with reading(actor) as session:
        letters = list_dead_letters(session, actor, limit=MOST_SHOWN)
    if letters:
        _draw_table(letters)
    else:
        st.caption("None: every message was taken, or is still being tried.")


def letters_frame(letters: Sequence[DeadLetter]) -> pd.DataFrame:
    """Lay the messages out, one row each."""
    return pd.DataFrame([
        {
            "Written": day_and_time(letter.created_at, DESK_ZONE),
            "Alert": letter.alert_id,
            "By": letter.channel.value,
            "Address": letter.address,
            "Why": letter.last_error,
            "Attempts": letter.attempts,
        }
        for letter in letters
    ])


def _draw_table(letters: Sequence[DeadLetter]) -> None:
    narrow = is_narrow()
    column = st.column_config
    st.caption(
        "Nothing sends these again. Put the address or the channel right for the next message, "
        "and reach the person another way about this one. Choose a row to open its alert."
    )
    shown = st.dataframe(
        letters_frame(letters),
        hide_index=True,
        key=f"pipeline_letters_{letters[0].notification_id}_{len(letters)}",
        on_select="rerun",
        selection_mode="single-row",
        column_order=_NARROW if narrow else None,
        row_height=ROW_PIXELS,
        height=min(len(letters), ROWS_SHOWN) * ROW_PIXELS + ROW_PIXELS + 3,
        column_config={
            "Written": column.TextColumn(width=160),
            "Alert": column.NumberColumn(format="%d", width=70),
            "By": column.TextColumn(width=80),
            "Address": column.TextColumn(width=150 if narrow else 240),
            "Why": column.TextColumn(width=170 if narrow else "large"),
            "Attempts": column.NumberColumn(width=80),
        },
        alt="Messages that failed for good, newest first",
    )
    positions = shown["selection"]["rows"]
    if positions and positions[0] < len(letters):
        _draw_letter(letters[positions[0]])


def _draw_letter(letter: DeadLetter) -> None:
    with st.container(border=True):
        st.text(f"To {letter.address}: {letter.last_error}")
        query = {"id": str(letter.alert_id)}
        navigation.link_to(
            "alert", f"Open alert {letter.alert_id}", query, icon=":material/warning:"
        )
