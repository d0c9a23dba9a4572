"""Makes a change of one's own account, and shows what became of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.auth.reading import reading
from dashboard.components.amounts import literally
from warehouse.errors import WarehouseRefused
from warehouse.queries.clock import Clock, read_clock
from warehouse.vocabulary import Actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    Change = Callable[[Session, Clock], tuple[str, bool]]

RESULT = "account_result"


def save(actor: Actor, change: "Change") -> None:
    """Make a change that gives words and whether it was done; keep them for the page."""
    try:
        with reading(actor) as session:
            st.session_state[RESULT] = change(session, read_clock(session))
    except WarehouseRefused as refusal:
        st.session_state[RESULT] = (str(refusal), False)


def draw_result() -> None:
    """Show what became of the last change, once."""
    result: tuple[str, bool] | None = st.session_state.pop(RESULT, None)
    if result is None:
        return
    words, was_done = result
    if was_done:
        st.success(literally(words), icon=":material/check_circle:")
    else:
        st.error(literally(words), icon=":material/block:")
