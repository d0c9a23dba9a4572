"""The Pipeline: whether facts flow in and messages out, and what waits for somebody."""

import streamlit as st

from dashboard.auth.gate import require
from dashboard.components import (
    pipeline_engine,
    pipeline_feeds,
    pipeline_letters,
    pipeline_links,
    pipeline_quarantine,
    pipeline_summary,
    style,
)
from warehouse.vocabulary import Permission


def render() -> None:
    """Draw the page."""
    actor = require(Permission.SEE_PIPELINE)
    style.apply()
    st.title("Pipeline")
    pipeline_summary.draw()
    pipeline_feeds.draw(actor)
    pipeline_quarantine.draw(actor)
    pipeline_engine.draw()
    pipeline_letters.draw(actor)
    pipeline_links.draw()
