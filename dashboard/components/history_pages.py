"""Leads through a history from its newest page to older ones: each begins below the last row."""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class HistoryPages:
    """Where one list stands, kept under its own name for as long as the browser is there."""

    state: str

    def start(self) -> int | None:
        """Give the row that ended the page before; None on the newest page."""
        return st.session_state.get(self.state)

    def draw(self, last_shown: int | None) -> None:
        """Draw the way to older rows and back; the cost is the same for every page."""
        with st.container(horizontal=True):
            if self.start() is not None:
                st.button("Newest", icon=":material/first_page:", on_click=self.go_to_newest)
            if last_shown is not None:
                icon = ":material/chevron_right:"
                st.button("Older", icon=icon, on_click=self._go_to, args=(last_shown,))

    def go_to_newest(self) -> None:
        """Start again at the newest row."""
        st.session_state.pop(self.state, None)

    def _go_to(self, row_id: int) -> None:
        st.session_state[self.state] = row_id
