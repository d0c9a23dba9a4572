"""The frame around every page: who is here, and which pages are theirs."""

from pathlib import Path

import streamlit as st

from dashboard import header, navigation
from dashboard.auth import gate, identity
from dashboard.views import home, refused, sign_in

MARK = str(Path(__file__).parent / "static" / "stormdesk.svg")


def main() -> None:
    """Draw the page of this address, or the sign-in form in its place."""
    st.set_page_config(page_title="Stormdesk", page_icon=MARK, layout="wide")
    st.logo(MARK, size="large")
    if not identity.is_installed():
        st.error("Start the dashboard with `streamlit run dashboard/asgi.py`.")
        st.stop()
    visit = gate.current_visit()
    pages = navigation.build_pages(
        visit.actor if visit else None,
        sign_in=sign_in.render,
        refused=refused.render,
        home=home.render,
    )
    navigation.keep(pages)
    page = st.navigation(list(pages.values()), position="top" if visit else "hidden")
    if visit:
        header.show(visit)
    page.run()


main()
