"""The bare address: leads everybody to the page they start at."""

import streamlit as st

from dashboard import navigation
from dashboard.auth import gate


def render() -> None:
    """Go to the first page open to whoever is here."""
    actor = gate.current_actor()
    if actor is None:
        st.rerun()
    home = navigation.home_of(actor)
    if home is None:
        st.info("Your account has no role yet. Ask an administrator for one.")
    else:
        navigation.open_page(home)
