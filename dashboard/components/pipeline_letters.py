"""Messages that failed for good: to whom, about what, and why; and a way to send them again."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import navigation
from dashboard.auth.gate import guarded_callback
from dashboard.auth.reading import acting, reading
from dashboard.components.amounts import counted, literally
from dashboard.components.instants import DESK_ZONE, day_and_time
from dashboard.components.viewport import is_narrow
from warehouse.operations.resending import Resent, resend_notifications
from warehouse.queries.notifications import DeadLetter, list_dead_letters
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, NotificationId, Permission

MOST_SHOWN = 100
ROWS_SHOWN = 8
ROW_PIXELS = 35
RESULT = "pipeline_letters_result"
_NARROW = ("Address", "Why")


def draw(actor: Actor) -> None:
    """Draw the messages with their addresses, for those who may see people."""
    st.subheader("Deliveries that failed for good")
    if not may(actor, Permission.SEE_PERSONAL_DATA):
        st.caption("They name people, and your role sees no personal data.")
        return
    _draw_result()
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
        "Nothing sends these by itself again. Put the address or the channel right, choose the "
        "rows and send them again: each goes to the contact its recipient has now."
    )
    shown = st.dataframe(
        letters_frame(letters),
        hide_index=True,
        key=f"pipeline_letters_{letters[0].notification_id}_{len(letters)}",
        on_select="rerun",
        selection_mode="multi-row",
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
    chosen = [letters[each] for each in shown["selection"]["rows"] if each < len(letters)]
    if len(chosen) > 1:
        _send_button(f"Send these {len(chosen)} again", "all", chosen)
    for letter in chosen:
        _draw_letter(letter)


def _draw_letter(letter: DeadLetter) -> None:
    with st.container(border=True, key=f"pipeline_letter_{letter.notification_id}"):
        st.text(f"To {letter.address}: {letter.last_error}")
        with st.container(horizontal=True, vertical_alignment="center"):
            _send_button("Send again", str(letter.notification_id), [letter])
            if letter.alert_id is not None:
                query = {"id": str(letter.alert_id)}
                words = f"Open alert {letter.alert_id}"
                navigation.link_to("alert", words, query, icon=":material/warning:")


def _send_button(label: str, key: str, letters: Sequence[DeadLetter]) -> None:
    st.button(
        label,
        key=f"pipeline_send_again_{key}",
        icon=":material/forward_to_inbox:",
        on_click=send_again,
        args=([letter.notification_id for letter in letters],),
    )


@guarded_callback(Permission.RESPOND)
def send_again(actor: Actor, notification_ids: list[NotificationId]) -> None:
    """Send dead messages again, and keep what became of each."""
    with acting(actor) as (session, at):
        outcomes = resend_notifications(session, actor, notification_ids, at=at)
    st.session_state[RESULT] = outcomes


def _draw_result() -> None:
    outcomes: list[Resent] | None = st.session_state.get(RESULT)
    if outcomes is None:
        return
    sent = sum(outcome.result == "applied" for outcome in outcomes)
    lines = [
        f"Message {outcome.notification_id}: {literally(outcome.message)}" for outcome in outcomes
    ]
    with st.container(border=True, key="pipeline_letters_panel"):
        total = counted(len(outcomes), "message")
        st.markdown("  \n".join([f"**{sent} of {total} sent again.**", *lines]))
        st.button("Put away", key="pipeline_letters_away", type="tertiary", on_click=_put_away)


def _put_away() -> None:
    st.session_state.pop(RESULT, None)
