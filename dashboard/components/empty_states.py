"""What a page says when there is nothing to show: why, and what to do next."""

import streamlit as st

from dashboard import navigation
from dashboard.components.inbox_filters import Chosen, Shown, clear_filters


def draw_empty_inbox(chosen: Chosen) -> None:
    """Explain an empty list: the filters hide everything, or there is nothing to do."""
    with st.container(border=True, key="inbox_empty"):
        if chosen.is_narrowed:
            st.markdown(f"**Nothing matches:** {chosen.sentence()}.")
            st.button("Clear the filters", icon=":material/filter_alt_off:", on_click=clear_filters)
        elif chosen.shown is Shown.OPEN:
            st.markdown(
                ":material/check_circle: **Nobody is waiting.** "
                "A new alert appears here by itself, within three seconds."
            )
            navigation.link_to("forecast", "See what may come", icon=":material/thunderstorm:")
        else:
            st.markdown(f"**There are no {chosen.sentence()}.**")
            st.button("Show the open alerts", on_click=_show_open)


def _show_open() -> None:
    st.query_params.clear()


def draw_missing_alert(message: str) -> None:
    """Say that an address names no alert, and lead back."""
    st.warning(f"{message} The link may be from another database.", icon=":material/link_off:")
    navigation.link_to("inbox", "Back to the inbox", icon=":material/arrow_back:")
