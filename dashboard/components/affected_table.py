"""Who an alert touches; people only for those who may see them."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.components.amounts import counted
from warehouse.queries.alert_page import AffectedBookingRow
from warehouse.rules.currencies import major_units

ROWS_SHOWN = 8
ROW_PIXELS = 35


def affected_frame(bookings: Sequence[AffectedBookingRow]) -> pd.DataFrame:
    """Lay the bookings out; personal columns stand only where somebody may see them."""
    frame = pd.DataFrame([
        {
            "Booking": booking.booking_ref,
            "Lead traveller": booking.lead_traveller,
            "Travellers": booking.travellers,
            "Trip": booking.trip_purpose,
            "Booked for": major_units(booking.value_minor_units, booking.currency),
            "Home": booking.home_airport,
            "Phone": booking.phone,
            "E-mail": booking.email,
        }
        for booking in bookings
    ])
    return frame.dropna(axis="columns", how="all")


def draw_affected(bookings: Sequence[AffectedBookingRow], *, shows_people: bool) -> None:
    """Draw the table with a sentence that says what is real in it."""
    if not bookings:
        st.caption("No booking is affected any more.")
        return
    people = sum(booking.travellers for booking in bookings)
    st.caption(
        f"{counted(people, 'traveller')} on {counted(len(bookings), 'booking')}. "
        + ("Generated people and bookings. " if any(b.is_generated for b in bookings) else "")
        + ("" if shows_people else "Your role sees no personal data.")
    )
    st.dataframe(
        affected_frame(bookings),
        hide_index=True,
        height=min(len(bookings), ROWS_SHOWN) * ROW_PIXELS + ROW_PIXELS + 3,
        column_config={
            "Travellers": st.column_config.NumberColumn(width=80),
            "Booked for": st.column_config.NumberColumn(format="$%,d", width=90),
        },
        alt="Bookings this alert affects",
    )
