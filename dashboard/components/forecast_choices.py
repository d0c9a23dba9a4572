"""What the forecast shows, kept in the address: how far ahead, counted in what, from where."""

import streamlit as st

from dashboard.components.forecast_frames import Measure
from dashboard.components.risk_chart import ORIGINS

HOURS_AHEAD = (12, 24, 48)
USUAL_HOURS = 24


def draw_choices() -> tuple[int, Measure, str | None]:
    """Draw the choices and give the hours ahead, the measure, and the origin or None for all."""
    with st.container(horizontal=True, vertical_alignment="center", key="forecast_choices"):
        hours = st.segmented_control(
            "Hours ahead",
            HOURS_AHEAD,
            default=USUAL_HOURS,
            required=True,
            format_func=lambda each: f"{each} h",
            key="forecast_hours",
            bind="query-params",
            label_visibility="collapsed",
        )
        measure = st.segmented_control(
            "Count",
            list(Measure),
            default=Measure.TRAVELLERS,
            required=True,
            format_func=lambda each: str(each).capitalize(),
            key="forecast_count",
            bind="query-params",
            label_visibility="collapsed",
        )
        origin = st.segmented_control(
            "From", ORIGINS, key="forecast_from", bind="query-params", label_visibility="collapsed"
        )
    return int(hours or USUAL_HOURS), Measure(measure or Measure.TRAVELLERS), origin
