"""What joined a storm, and from an alert that joined one the way to it."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard import navigation
from dashboard.components.amounts import counted
from dashboard.components.inbox_table import flight_name, holder_text
from dashboard.components.instants import countdown
from dashboard.components.severity_marks import severity_label
from warehouse.queries.alerts import InboxRow
from warehouse.vocabulary import AlertId

COLUMNS = ("Severity", "Flight", "Leaves", "Travellers", "With")
ROWS_SHOWN = 12
ROW_PIXELS = 35


def joined_frame(rows: Sequence[InboxRow], at: datetime) -> pd.DataFrame:
    """Lay out what joined a storm, the worst first."""
    return pd.DataFrame(
        [
            (
                severity_label(row.severity),
                flight_name(row),
                countdown(row.scheduled_departure_at, at) if row.scheduled_departure_at else "",
                row.travellers_affected,
                holder_text(row),
            )
            for row in rows
        ],
        columns=COLUMNS,
    )


def draw_joined(rows: Sequence[InboxRow], airport: str, at: datetime) -> None:
    """Draw what joined a storm, with the way to all of them in the inbox."""
    st.subheader("What joined it")
    if not rows:
        st.caption("Nothing live belongs to it any more: it closes by itself.")
        return
    held = sum(row.acknowledged_by is not None for row in rows)
    whose = f"somebody has {held} of them" if held else "nobody has any of them"
    st.markdown(
        f"{counted(len(rows), 'alert')}; {whose}. None pages by itself: the storm pages for all, "
        "until it is over or somebody had them."
    )
    st.dataframe(
        joined_frame(rows, at),
        hide_index=True,
        row_height=ROW_PIXELS,
        height=min(len(rows), ROWS_SHOWN) * ROW_PIXELS + ROW_PIXELS + 3,
        alt="Alerts that joined the storm",
    )
    navigation.link_to(
        "inbox", f"All alerts from {airport}", {"from": airport}, icon=":material/inbox:"
    )


def draw_way_to_storm(storm_id: AlertId, airport: str | None) -> None:
    """Say that an alert pages nobody by itself, and lead to what pages for it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("It is paged for by the")
        name = f"storm at {airport}" if airport else "storm that it joined"
        navigation.link_to("alert", name, {"id": str(storm_id)}, icon=":material/cyclone:")
