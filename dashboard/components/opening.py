"""Leads from a press in a list to its alert, and remembers the list for the way back."""

from collections.abc import Mapping

import streamlit as st

from dashboard import navigation
from warehouse.vocabulary import AlertId

_WANTED = "opening_alert"
_INBOX = "opening_inbox"


def ask_for(alert_id: AlertId) -> None:
    """Note in a callback which alert is wanted; the page that runs next goes there."""
    st.session_state[_WANTED] = alert_id


def follow() -> None:
    """Go to the wanted alert; asked again until it is reached, since a tick may cut a run short."""
    alert_id = st.session_state.get(_WANTED)
    if alert_id is not None:
        navigation.open_page("alert", {"id": str(alert_id)})


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
