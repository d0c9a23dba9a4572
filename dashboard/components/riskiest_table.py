"""The flights with most to lose, with the way to their alerts."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import streamlit as st

from dashboard import navigation
from dashboard.components.forecast_frames import flight_frame
from dashboard.components.viewport import is_narrow
from warehouse.queries.forecast import FlightAhead

OPENING = "forecast_opening"
ROW_PIXELS = 35
ROWS_SHOWN = 12
NARROW_ORDER = ("Flight", "Chance", "alert", "Departs (local)", "Travellers", "Goes with")


def draw_riskiest(flights: Sequence[FlightAhead], at: datetime) -> None:
    """Draw the table; a press on a row's mark opens its alert."""
    if (alert_id := st.session_state.pop(OPENING, None)) is not None:
        navigation.open_page("alert", {"id": str(alert_id)})
    st.subheader("Most to lose")
    ids = tuple(each.alert_id for each in flights)
    # A press tells a row's position, so another list is another button.
    key = f"forecast_open_{sha256(repr(ids).encode()).hexdigest()[:12]}"
    column = st.column_config
    percent = {"format": "%.0f %%", "width": 76}
    st.dataframe(
        flight_frame(flights, at),
        hide_index=True,
        column_order=NARROW_ORDER if is_narrow() else None,
        height=min(len(flights), ROWS_SHOWN) * ROW_PIXELS + ROW_PIXELS + 3,
        column_config={
            "Flight": column.TextColumn(width=170),
            "Chance": column.ProgressColumn(
                min_value=0, max_value=100, format="%.0f %%", width=130
            ),
            "Usual": column.NumberColumn(**percent, help="For this origin and hour"),
            "Day ahead": column.NumberColumn(**percent, help="What was claimed 24 h ahead"),
            "Booked": column.NumberColumn(format="$%,d", width=90),
            "alert": column.ButtonColumn(
                "Alert", key=key, on_click=_open, args=(key, ids), type="tertiary", width=60
            ),
        },
        alt="Flights ahead with most to lose",
    )


def _open(key: str, alert_ids: tuple[int | None, ...]) -> None:
    click = st.session_state.get(key)
    if click and alert_ids[click["row"]] is not None:
        st.session_state[OPENING] = alert_ids[click["row"]]
