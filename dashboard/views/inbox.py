"""The Inbox: what needs somebody, most urgent first, as it is now."""

from datetime import datetime

import streamlit as st

from dashboard.auth.gate import guarded_fragment, require
from dashboard.auth.reading import reading
from dashboard.components import (
    empty_states,
    handover_notes,
    inbox_actions,
    inbox_filters,
    inbox_pages,
    opening,
    style,
    viewport,
)
from dashboard.components.amounts import counted, markdown_money, sentence_case
from dashboard.components.inbox_filters import Chosen
from dashboard.components.inbox_snapshot import (
    InboxSnapshot,
    keep_snapshot,
    snapshot_of,
    ticked_positions,
)
from dashboard.components.inbox_table import show_table
from dashboard.components.instants import DESK_ZONE, day_and_time
from warehouse.queries.alerts import InboxCounts, InboxRow, count_inbox, list_inbox
from warehouse.queries.clock import current_instant
from warehouse.vocabulary import Actor, Permission

REFRESH_SECONDS = 2
CURRENCY = "USD"
KEYS = (
    "Keys: **a** acknowledge, **s** resolve, **o** open, **Esc** clear; "
    "in the table, arrows move and space ticks."
)


def render() -> None:
    """Draw the page, and its list again every two seconds."""
    require(Permission.SEE_ALERTS)
    style.apply()
    st.title("Inbox")
    handover_notes.draw_unread()
    _live_list(is_compact=viewport.is_narrow())


@guarded_fragment(Permission.SEE_ALERTS, run_every=REFRESH_SECONDS)
def _live_list(actor: Actor, *, is_compact: bool) -> None:
    opening.remember_inbox()
    opening.follow()
    with reading(actor) as session:
        at = current_instant(session)
        counts = count_inbox(session, actor, at=at)
    inbox_filters.draw_counts(counts)
    chosen = inbox_filters.draw_filters(is_compact=is_compact)
    after = inbox_pages.place_of(chosen)
    with reading(actor) as session:
        live = list_inbox(
            session, actor, chosen.to_filter(), limit=inbox_pages.ROWS + 1, after=after
        )
    snapshot = _frozen_or_live(live[: inbox_pages.ROWS], chosen)
    inbox_actions.draw_result()
    if snapshot.rows:
        inbox_actions.draw_actions(actor, snapshot)
        show_table(
            snapshot.rows,
            at,
            key=snapshot.table_key,
            is_compact=is_compact,
            on_open=inbox_actions.open_pressed,
        )
        inbox_pages.draw(chosen, snapshot.rows, has_more=len(live) > inbox_pages.ROWS)
    else:
        empty_states.draw_empty_inbox(chosen)
    _footer(counts, chosen, at, is_frozen=bool(ticked_positions(st.session_state, snapshot)))
    if not is_compact:
        st.caption(KEYS)


def _frozen_or_live(live: list[InboxRow], chosen: Chosen) -> InboxSnapshot:
    """Stand still while rows are ticked; another choice of alerts is another table."""
    snapshot = snapshot_of(st.session_state).about(chosen)
    has_selection = bool(ticked_positions(st.session_state, snapshot))
    return keep_snapshot(st.session_state, snapshot.refreshed(live, has_selection=has_selection))


def _footer(counts: InboxCounts, chosen: Chosen, at: datetime, *, is_frozen: bool) -> None:
    pace = "paused while rows are ticked" if is_frozen else f"refreshes every {REFRESH_SECONDS} s"
    st.caption(
        f"{sentence_case(chosen.sentence())}, most severe first. "
        f"{counted(counts.travellers, 'traveller')} and "
        f"{markdown_money(counts.money_minor_units, CURRENCY)} on live alerts. "
        f"As of {day_and_time(at, DESK_ZONE)}, {pace}."
    )
