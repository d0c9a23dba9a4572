"""The way on to Dagster's own pages: the asset graph, the runs, the sensors."""

import streamlit as st

from dashboard.settings import read_settings

PAGES = {
    "Asset graph": ("asset-groups", ":material/account_tree:"),
    "Runs": ("runs", ":material/play_circle:"),
    "Sensors": ("automation", ":material/sensors:"),
}


def draw() -> None:
    """Draw the links, or say how to have them."""
    st.subheader("In Dagster")
    url = read_settings().dagster_url
    if url is None:
        st.caption("Set STORMDESK_DAGSTER_URL to Dagster's address to have links to it here.")
        return
    with st.container(horizontal=True):
        for label, (path, icon) in PAGES.items():
            st.link_button(label, f"{url}/{path}", icon=icon)
