"""Leads from a press in a list to its alert, and remembers the list for the way back.

The browser itself follows a link. Were the page switched from here, a tick of the list that is
already on its way would arrive after the switch, and Streamlit would clear the new page for it.
"""

from collections.abc import Mapping
from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard import navigation
from warehouse.vocabulary import AlertId

_WANTED = "opening_alert"
_INBOX = "opening_inbox"
_PLACE = "opening"

_FOLLOW = """
export default function ({ data }) {
  let isGone = false;
  let patience = 40;
  const follow = () => {
    if (isGone || patience-- < 0 || location.pathname.endsWith(data.path)) return;
    const link = document.querySelector(`.st-key-${data.place} a`);
    link?.click();
    setTimeout(follow, link ? 1500 : 100);
  };
  follow();
  return () => { isGone = true; };
}
"""


def ask_for(alert_id: AlertId) -> None:
    """Note in a callback which alert is wanted; the run that follows leads there."""
    st.session_state[_WANTED] = alert_id


def wanted() -> AlertId | None:
    """Give the alert that was asked for and is not reached yet."""
    alert_id: AlertId | None = st.session_state.get(_WANTED)
    return alert_id


def follow() -> None:
    """Draw the link to the wanted alert and let the browser follow it."""
    alert_id = wanted()
    if alert_id is None:
        return
    with st.container(key=_PLACE):
        navigation.link_to("alert", f"Opening alert {alert_id}", {"id": str(alert_id)})
    _follower()(data={"place": _PLACE, "path": "/alert"}, key="opening_follower", height="content")


def remember_inbox() -> None:
    """Keep the inbox's address, filters and all."""
    st.session_state[_INBOX] = st.query_params.to_dict()


def arrived() -> None:
    """Forget what was wanted: the alert's page is here."""
    st.session_state.pop(_WANTED, None)


def inbox_address() -> Mapping[str, str]:
    """Give the inbox's filters as they were left."""
    address: Mapping[str, str] = st.session_state.get(_INBOX, {})
    return address


@cache
def _follower() -> ComponentRenderer:
    # Registered on first use: at import there is no script that it could belong to.
    return st.components.v2.component("stormdesk_opening", js=_FOLLOW)
