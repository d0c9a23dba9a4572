"""Which refused rows to list, kept in the address so that a finding can be passed on."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components.history_pages import HistoryPages
from warehouse.queries.feeds import QuarantineReason

FEED = "pipeline_feed"
REASON = "pipeline_reason"
ANY_FEED = "Any feed"
ANY_REASON = "Any reason"
PAGES = HistoryPages("pipeline_older_than")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked to see; None leaves it open."""

    feed: str | None
    reason: QuarantineReason | None


def draw(reasons: Sequence[QuarantineReason]) -> Wanted:
    """Draw the filters over what waits; a change goes back to the newest page."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        feed = st.selectbox(
            "Feed",
            [ANY_FEED, *sorted({each.feed for each in reasons})],
            key=FEED,
            bind="query-params",
            on_change=_choose_feed,
            width=240,
        )
        of_feed = [each for each in reasons if feed in {ANY_FEED, each.feed}]
        words = st.selectbox(
            "Reason",
            [ANY_REASON, *dict.fromkeys(each.words for each in of_feed)],
            key=REASON,
            bind="query-params",
            on_change=PAGES.go_to_newest,
            width=340,
        )
    return Wanted(
        None if feed == ANY_FEED else feed,
        next((each for each in of_feed if each.words == words), None),
    )


def draw_nothing_found() -> None:
    """Say that nothing matches any more, and offer to look without filters."""
    st.info("No refused row matches: it may have come in meanwhile.", icon=":material/search_off:")
    st.button("Clear filters", on_click=_clear)


def _choose_feed() -> None:
    """Another feed has other reasons."""
    PAGES.go_to_newest()
    st.session_state[REASON] = ANY_REASON


def _clear() -> None:
    PAGES.go_to_newest()
    st.session_state.update({FEED: ANY_FEED, REASON: ANY_REASON})
