"""What a person sees when a page breaks: an error id, while the log has the rest."""

import logging
import secrets

import streamlit as st

_LOG = logging.getLogger("stormdesk.dashboard")


def show(error: Exception) -> bool:
    """Log the failure under an id and show that id, with the one thing to do."""
    error_id = secrets.token_hex(4)
    _LOG.error("page failed, error id %s", error_id, exc_info=error)
    st.error(
        "This page could not be shown. Reload it; if that does not help, "
        f"give your administrator the error id **{error_id}**.",
        icon=":material/error:",
    )
    return True
