"""What a person meets who followed the link of a page: one button, or who was faster."""

from datetime import datetime

import streamlit as st

from dashboard.auth.reading import reading
from dashboard.components import alert_actions
from dashboard.components.instants import ago
from warehouse.errors import LinkRefused
from warehouse.queries.alert_page import AlertDetail
from warehouse.queries.page_links import follow_link
from warehouse.rules.page_links import PageLink
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, Permission

PARAMETER = "page"


def draw_arrival(actor: Actor, detail: AlertDetail, at: datetime) -> None:
    """Draw what the link allows; without one, nothing."""
    text = st.query_params.get(PARAMETER)
    if text is None:
        return
    try:
        with reading(actor) as session:
            link = follow_link(session, text, at=at)
    except LinkRefused as refusal:
        st.warning(f"{refusal} The alert it names is below.", icon=":material/link_off:")
        return
    past = past_words(link, detail, at)
    if past is None:
        _draw_button(actor, link)
    elif not alert_actions.has_result():
        st.info(past, icon=":material/history:")


def past_words(link: PageLink, detail: AlertDetail, at: datetime) -> str | None:
    """Say what has become of the alert since its page; None while the page still stands."""
    row = detail.row
    if link.alert_id != row.alert_id:
        return "This link belongs to another alert than this address names."
    if link.generation == row.generation:
        return None
    if detail.closed_at is not None:
        return f"Already handled: this alert was closed {ago(at - detail.closed_at)}."
    if row.acknowledged_by and row.acknowledged_at:
        since = ago(at - row.acknowledged_at)
        return f"Already handled: {row.acknowledged_by} acknowledged it {since}."
    return "Somebody had this alert after your page and gave it back: it pages anew, see below."


def _draw_button(actor: Actor, link: PageLink) -> None:
    with st.container(border=True, key="page_arrival"):
        st.markdown("**You were paged for this alert.** Nobody has it yet.")
        st.button(
            "Acknowledge",
            key="page_acknowledge",
            type="primary",
            icon=":material/front_hand:",
            width="stretch",
            disabled=not may(actor, Permission.RESPOND),
            on_click=alert_actions.acknowledge,
            args=(link.alert_id, link.generation),
        )
