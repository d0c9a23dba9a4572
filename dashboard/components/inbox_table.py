"""The triage list as one table: what is urgent, where, when, for how many, and who has it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components.amounts import chance, counted, short_money
from dashboard.components.instants import countdown, day_and_time
from dashboard.components.severity_marks import MARKS, most_severe_first, severity_label
from warehouse.queries.alerts import InboxRow
from warehouse.vocabulary import AlertBasis, AlertStatus

OPEN_BUTTON = "inbox_opened_row"
OPEN_LABEL = ":material/open_in_new:"
ROW_PIXELS = 35
COMPACT_ROW_PIXELS = 84


def inbox_frame(rows: Sequence[InboxRow], at: datetime) -> pd.DataFrame:
    """Lay the alerts out for a wide screen, one row each, in the order given."""
    return pd.DataFrame([_wide_row(row, at) for row in rows], columns=list(_WIDE_COLUMNS))


def compact_frame(rows: Sequence[InboxRow], at: datetime) -> pd.DataFrame:
    """Lay the alerts out for a phone: everything that matters in one cell of four lines."""
    return pd.DataFrame(
        [{"open": OPEN_LABEL, "alert": _summary(row, at)} for row in rows],
        columns=["open", "alert"],
    )


def flight_name(row: InboxRow) -> str:
    """Name what an alert is about: its flight and route, else its headline."""
    if row.carrier is None:
        return row.headline
    return f"{row.carrier} {row.flight_number}  {row.origin} → {row.destination}"


def departure_text(row: InboxRow) -> str:
    """Write the scheduled departure in the origin's time, with its zone."""
    if row.scheduled_departure_at is None:
        return ""
    return day_and_time(row.scheduled_departure_at, row.origin_time_zone or "UTC")


def basis_text(row: InboxRow) -> str:
    """Say whether it was reported, or else how probable it is."""
    if AlertBasis(row.basis) is AlertBasis.REPORTED:
        return "reported"
    return f"{chance(row.probability)} likely"


def holder_text(row: InboxRow) -> str:
    """Say who has the alert."""
    return row.acknowledged_by or "nobody"


def escalation_text(row: InboxRow, at: datetime) -> str:
    """Say when the alert goes up its ladder next, or why it does not."""
    if row.suppressed_until_at is not None and row.suppressed_until_at > at:
        return f"snoozed, {countdown(row.suppressed_until_at, at)}"
    if row.next_escalation_at is None:
        return "stopped" if AlertStatus(row.status) is not AlertStatus.OPEN else "ladder used up"
    due = "due now" if row.next_escalation_at <= at else countdown(row.next_escalation_at, at)
    return f"step {row.escalation_level + 1}, {due}"


def show_table(
    rows: Sequence[InboxRow], at: datetime, *, key: str, is_compact: bool, on_open: Any
) -> list[int]:
    """Draw the table and give the positions of the rows that are selected."""
    frame = compact_frame(rows, at) if is_compact else inbox_frame(rows, at)
    row_pixels = COMPACT_ROW_PIXELS if is_compact else ROW_PIXELS
    shown = st.dataframe(
        frame,
        key=key,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        row_height=row_pixels,
        height=min(len(rows), 7 if is_compact else 16) * row_pixels + ROW_PIXELS + 3,
        column_config=_compact_columns(on_open) if is_compact else _columns(on_open),
        lazy=False,
        alt="Alerts, most urgent first",
    )
    return list(shown.selection.rows)


def _wide_row(row: InboxRow, at: datetime) -> dict[str, object]:
    departs_at = row.scheduled_departure_at
    return {
        "severity": [severity_label(row.severity)],
        "about": flight_name(row),
        "open": OPEN_LABEL,
        "departs": departure_text(row),
        "leaves": countdown(departs_at, at) if departs_at else "",
        "basis": basis_text(row),
        "travellers": row.travellers_affected,
        "money": row.money_at_risk_minor_units / 100,
        "escalation": escalation_text(row, at),
        "holder": holder_text(row),
    }


def _summary(row: InboxRow, at: datetime) -> str:
    money = short_money(row.money_at_risk_minor_units, row.currency)
    return "\n".join([
        f"{severity_label(row.severity)} · {basis_text(row)}",
        flight_name(row),
        f"{departure_text(row)} · {counted(row.travellers_affected, 'traveller')} · {money}",
        f"{holder_text(row)} has it · {escalation_text(row, at)}",
    ])


_WIDE_COLUMNS: Mapping[str, str] = {
    "severity": "Severity",
    "about": "Flight",
    "open": "",
    "departs": "Departs (local)",
    "leaves": "Leaves",
    "basis": "Known",
    "travellers": "Travellers",
    "money": "At risk",
    "escalation": "Next escalation",
    "holder": "With",
}


def _columns(on_open: Any) -> dict[str, Any]:
    column = st.column_config
    marks = [MARKS[severity] for severity in most_severe_first()]
    return {
        **dict(_WIDE_COLUMNS),
        "severity": column.MultiselectColumn(
            "Severity",
            options=[mark.label for mark in marks],
            color=[mark.colour for mark in marks],
            width=96,
            pinned=True,
        ),
        "about": column.TextColumn("Flight", width=176, pinned=True),
        "open": _open_button(on_open),
        "departs": column.TextColumn("Departs (local)", width=144),
        "leaves": column.TextColumn("Leaves", width=100),
        "basis": column.TextColumn("Known", width=88),
        "travellers": column.NumberColumn("Travellers", width=72),
        "money": column.NumberColumn("At risk", format="$%,d", width=76),
        "escalation": column.TextColumn("Next escalation", width=136),
        "holder": column.TextColumn("With", width=110),
    }


def _compact_columns(on_open: Any) -> dict[str, Any]:
    return {
        "open": _open_button(on_open),
        "alert": st.column_config.TextColumn("Alert", width="large"),
    }


def _open_button(on_open: Any) -> Any:
    return st.column_config.ButtonColumn(
        "", key=OPEN_BUTTON, on_click=on_open, type="tertiary", width=44, help="Open the alert"
    )
