"""The four figures of the forecast, each beside what is usual."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.amounts import counted, short_money
from dashboard.components.forecast_frames import totals_of
from warehouse.queries.forecast import FlightAhead


def draw_figures(flights: Sequence[FlightAhead]) -> None:
    """Draw the figures, and say how much of them rests on a simulated forecast."""
    totals = totals_of(flights)
    with st.grid(4, min_column_width=150, key="forecast_figures"):
        st.metric("Flights ahead", f"{totals.flights:,}", border=True, height="stretch")
        st.metric(
            "Disrupted flights",
            f"{totals.expected_flights:,.0f}",
            delta=f"{totals.expected_flights - totals.usual_flights:+,.0f} against usual",
            delta_color="orange",
            border=True,
            height="stretch",
        )
        st.metric(
            "Disrupted travellers",
            f"{totals.expected_travellers:,.0f}",
            delta=f"{totals.expected_travellers - totals.usual_travellers:+,.0f} against usual",
            delta_color="orange",
            border=True,
            height="stretch",
        )
        st.metric(
            "Booked money on them",
            short_money(totals.expected_value_minor_units, flights[0].currency),
            border=True,
            height="stretch",
        )
    told = ["Expected values: each flight counts with its chance, and usual is its climatology."]
    if totals.simulated:
        told.append(
            f"{counted(totals.simulated, 'claim')} of {totals.flights:,} rest on a **simulated** "
            "weather forecast: no archive of 2013's forecasts exists. Travellers and bookings are "
            "generated."
        )
    st.caption(" ".join(told))
