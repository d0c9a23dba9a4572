"""The way in: what this is, and the form."""

import streamlit as st

from dashboard.auth import claim, password_form
from dashboard.auth.reading import desk_clock
from dashboard.header import replay_text


def render() -> None:
    """Draw the form in place of whatever page was asked for; that page follows once signed in."""
    with st.container(horizontal_alignment="center"), st.container(width=420, key="sign_in_card"):
        st.title("Stormdesk")
        st.markdown("The desk that sees a storm before its travellers do.")
        ticket = password_form.show_form()
        if ticket:
            claim.hand_over(ticket)
            st.caption("Signing in…")
        clock = desk_clock()
        if clock.is_replay:
            st.caption(f":material/history: {replay_text(clock)}")
        st.caption("Forgotten your password? An administrator gives you a new one.")
