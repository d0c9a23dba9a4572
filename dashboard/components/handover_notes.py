"""Hand-over notes: shown to who comes on until they have read them, and left on the Shifts page."""

import streamlit as st

from dashboard import navigation
from dashboard.auth.gate import guarded_callback, guarded_fragment
from dashboard.auth.reading import acting, reading
from dashboard.components.amounts import literally
from dashboard.components.instants import DESK_ZONE, day_and_time
from dashboard.components.shift_results import save
from warehouse.errors import TransitionRefused
from warehouse.operations.handover import LONGEST, mark_note_seen, write_note
from warehouse.queries.clock import current_instant
from warehouse.queries.handover import NoteRow, list_notes, list_unread_notes
from warehouse.vocabulary import Actor, AlertId, Permission

REFRESH_SECONDS = 20
MOST_SHOWN = 5
BODY = "handover_body"
ALERTS = "handover_alerts"


@guarded_fragment(Permission.SEE_ALERTS, run_every=REFRESH_SECONDS)
def draw_unread(actor: Actor) -> None:
    """Draw, above the inbox, what was left for whoever is on shift and not read by them."""
    with reading(actor) as session:
        notes = list_unread_notes(session, actor, at=current_instant(session))
    for note in notes:
        with st.container(border=True, key=f"handover_{note.note_id}"):
            st.markdown(f":material/forum: **Left for your shift by {literally(note.author)}**")
            _draw_note(note)
            st.button(
                "I have read it",
                key=f"handover_seen_{note.note_id}",
                icon=":material/done_all:",
                on_click=see,
                args=(note.note_id,),
            )


def draw_newest(actor: Actor) -> None:
    """Draw the newest notes with who has read them, and the form that leaves another."""
    with reading(actor) as session:
        notes = list_notes(session, actor, limit=MOST_SHOWN)
    _draw_form()
    if not notes:
        st.caption("Nothing was handed over yet.")
    for note in notes:
        with st.container(border=True):
            st.markdown(f"**{literally(note.author)}** to the next {note.role.value}s")
            _draw_note(note)
            readers = ", ".join(literally(name) for name in note.seen_by)
            st.caption(f"Read by {readers}." if readers else "Nobody has read it yet.")


@guarded_callback(Permission.SEE_OWN_SHIFTS)
def see(actor: Actor, note_id: int) -> None:
    """Write down that the note was read."""
    with acting(actor) as (session, at):
        mark_note_seen(session, actor, note_id, at=at)


@guarded_callback(Permission.SEE_OWN_SHIFTS)
def leave(actor: Actor) -> None:
    """Leave what was typed; it stays in the form if it is refused."""
    body = str(st.session_state.get(BODY) or "")
    typed = str(st.session_state.get(ALERTS) or "")

    def change(session, at) -> str:
        write_note(session, actor, body=body, alert_ids=alert_ids_in(typed), at=at)
        st.session_state[BODY] = st.session_state[ALERTS] = ""
        return "The note is left for the next shift."

    save(actor, change)


def alert_ids_in(typed: str) -> list[AlertId]:
    """Read alert numbers as they are typed, with commas or spaces between."""
    words = typed.replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() for word in words):
        why = "write their numbers with commas between: 12, 15"
        raise TransitionRefused("list of alerts", f"“{typed.strip()}”", "linked", why=why)
    return [AlertId(int(word)) for word in words]


def _draw_form() -> None:
    with st.form("handover_form", border=True):
        st.text_area(
            "What the next shift has to know",
            key=BODY,
            max_chars=LONGEST,
            height=90,
            placeholder="Who is waiting for what, and what you promised whom",
        )
        st.text_input("Alerts it is about (numbers, optional)", key=ALERTS, placeholder="12, 15")
        st.form_submit_button("Leave the note", icon=":material/forum:", on_click=leave)


def _draw_note(note: NoteRow) -> None:
    st.text(note.body)
    st.caption(day_and_time(note.written_at, DESK_ZONE))
    if note.alert_ids:
        with st.container(horizontal=True):
            for alert_id in note.alert_ids:
                query = {"id": str(alert_id)}
                navigation.link_to("alert", f"Alert {alert_id}", query, icon=":material/warning:")
