"""Saves a change of shifts, and shows what became of it and what it leaves uncovered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.auth.reading import acting
from dashboard.components.amounts import literally
from dashboard.components.instants import DESK_ZONE
from warehouse.errors import WarehouseRefused
from warehouse.queries.coverage import check_coverage
from warehouse.vocabulary import Actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    Change = Callable[[Session, datetime], str]

RESULT = "shifts_result"


@dataclass(frozen=True, slots=True)
class SavedChange:
    """What became of a press of a button on this page."""

    words: str
    is_refused: bool = False
    gap_words: str | None = None
    """What the plan leaves uncovered once the change is in it; None for nothing."""


def save(actor: Actor, change: "Change") -> None:
    """Make a change and look at the days ahead in the same transaction; keep what came of it."""
    try:
        with acting(actor) as (session, at):
            words = change(session, at)
            coverage = check_coverage(session, at=at)
    except WarehouseRefused as refusal:
        st.session_state[RESULT] = SavedChange(str(refusal), is_refused=True)
        return
    gaps = None if coverage.is_complete else coverage.sentence(DESK_ZONE)
    st.session_state[RESULT] = SavedChange(words, gap_words=gaps)


def draw_result() -> None:
    """Show what became of the last change until it is put away."""
    result: SavedChange | None = st.session_state.get(RESULT)
    if result is None:
        return
    with st.container(border=True, key="shifts_result_panel"):
        if result.is_refused:
            st.error(f"Nothing was changed. {literally(result.words)}", icon=":material/block:")
        else:
            st.success(literally(result.words), icon=":material/check_circle:")
        if result.gap_words:
            st.warning(literally(result.gap_words), icon=":material/event_busy:")
        st.button("Put away", key="shifts_put_away", type="tertiary", on_click=_put_away)


def _put_away() -> None:
    st.session_state.pop(RESULT, None)
