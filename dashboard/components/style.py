"""The few rules of style that a theme cannot say; loaded once per page."""

from pathlib import Path

import streamlit as st

_SHEET = Path(__file__).parent.parent / "static" / "stormdesk.css"


def apply() -> None:
    """Load our style sheet into the page."""
    st.html(_SHEET)
