"""The audit history."""

import streamlit as st


def render() -> None:
    """Draw the page."""
    st.title("Audit")
