"""The flights with most to lose, with the way to their alerts."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import streamlit as st

from dashboard.components import opening
from dashboard.components.forecast_frames import flight_frame
from dashboard.components.viewport import is_narrow
from warehouse.queries.forecast import FlightAhead
from warehouse.vocabulary import AlertId

ROW_PIXELS = 35
ROWS_SHOWN = 12
NARROW_ORDER = ("Flight", "Chance", "alert", "Departs (local)", "Travellers", "Goes with")


def draw_riskiest(flights: Sequence[FlightAhead], at: datetime) -> None:
    """Draw the table; a press on a row's mark opens its alert."""
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
        placeholder="not claimed",
        alt="Flights ahead with most to lose",
    )


def _open(key: str, alert_ids: tuple[AlertId | None, ...]) -> None:
    click = st.session_state.get(key)
    alert_id = alert_ids[click["row"]] if click else None
    if alert_id is not None:
        opening.ask_for(alert_id)
