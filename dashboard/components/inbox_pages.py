"""Leads through a long list page by page: each asks for what stands after the last row seen."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.inbox_filters import Chosen
from warehouse.queries.alerts import InboxRow, Place

ROWS = 200
_STATE = "inbox_place"


def place_of(chosen: Chosen) -> Place | None:
    """Give the row after which this page begins; another choice begins at the top."""
    held = st.session_state.get(_STATE)
    return held[1] if held and held[0] == chosen else None


def draw(chosen: Chosen, rows: Sequence[InboxRow], *, has_more: bool) -> None:
    """Draw the way to the next page and back to the top, where there is one."""
    is_first = place_of(chosen) is None
    if is_first and not has_more:
        return
    with st.container(horizontal=True):
        st.button("To the top", key="inbox_top", disabled=is_first, on_click=_top)
        st.button(
            f"Next {ROWS}",
            key="inbox_next",
            disabled=not has_more,
            on_click=_next,
            args=(chosen, rows[-1].place),
        )


def _top() -> None:
    st.session_state.pop(_STATE, None)


def _next(chosen: Chosen, place: Place) -> None:
    st.session_state[_STATE] = (chosen, place)
