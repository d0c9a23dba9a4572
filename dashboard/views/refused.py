"""403: the address exists, and this person may not open it."""

import streamlit as st

from dashboard import navigation
from dashboard.auth import gate
from dashboard.navigation import PageSpec


def render(spec: PageSpec) -> None:
    """Say what is missing and whom to ask, and lead back to what is open."""
    actor = gate.current_actor()
    if actor is None:
        st.rerun()
    gate.record_refusal_once(actor, spec.permission, act=f"open the page {spec.title}")
    with st.container(width=560):
        st.caption("403 · not allowed")
        st.title(f"{spec.title} is not open to you")
        st.write(gate.refusal_text(actor, spec.permission))
        home = navigation.home_of(actor)
        if home is not None:
            navigation.link_to(home, "Go to your page", icon=":material/arrow_back:")
