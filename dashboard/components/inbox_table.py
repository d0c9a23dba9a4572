"""The triage list as one table: what is urgent, where, when, for how many, and who has it."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components.amounts import (
    chance,
    counted,
    sentence_case,
    short_money,
    whole_units,
)
from dashboard.components.instants import countdown, day_and_time
from dashboard.components.severity_marks import MARKS, Mark, most_severe_first, severity_label
from warehouse.queries.alerts import InboxRow
from warehouse.vocabulary import AlertBasis, AlertStatus

OPEN_LABEL = ":material/open_in_new:"
ROW_PIXELS = 35
COMPACT_ROW_PIXELS = 84


def inbox_frame(rows: Sequence[InboxRow], at: datetime) -> pd.DataFrame:
    """Lay the alerts out for a wide screen, one row each, in the order given."""
    return pd.DataFrame([_wide_row(row, at) for row in rows], columns=_WIDE_COLUMNS)


def compact_frame(rows: Sequence[InboxRow], at: datetime) -> pd.DataFrame:
    """Lay the alerts out for a phone: a shape, a cell of four lines, and the way in."""
    return pd.DataFrame(
        [
            {
                "severity": [MARKS[row.severity].shape],
                "alert": _summary(row, at),
                "open": OPEN_LABEL,
            }
            for row in rows
        ],
        columns=["severity", "alert", "open"],
    )


def flight_name(row: InboxRow) -> str:
    """Name what an alert is about: its flight and route, a storm's airport, else its headline."""
    if row.airport is not None:
        return f"Storm at {row.airport}: {counted(row.occurrences, 'alert')}"
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
    if row.storm_id is not None and AlertStatus(row.status) is AlertStatus.OPEN:
        return "with its storm"
    if row.next_escalation_at is None:
        return "stopped" if AlertStatus(row.status) is not AlertStatus.OPEN else "ladder used up"
    due = "due now" if row.next_escalation_at <= at else countdown(row.next_escalation_at, at)
    return f"step {row.next_escalation_level}, {due}"


def show_table(
    rows: Sequence[InboxRow], at: datetime, *, key: str, is_compact: bool, on_open: Any
) -> list[int]:
    """Draw the table and give the positions of the rows that are selected."""
    frame = compact_frame(rows, at) if is_compact else inbox_frame(rows, at)
    ids = tuple(row.alert_id for row in rows)
    # A press tells a row's position: another list is another button, and old presses are lost.
    open_key = f"inbox_open_{sha256(repr(ids).encode()).hexdigest()[:12]}"
    opening = st.column_config.ButtonColumn(
        "",
        key=open_key,
        on_click=on_open,
        args=(open_key, ids),
        type="tertiary",
        width=44,
        help="Open the alert",
    )
    row_pixels = COMPACT_ROW_PIXELS if is_compact else ROW_PIXELS
    shown = st.dataframe(
        frame,
        key=key,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        row_height=row_pixels,
        height=min(len(rows), 7 if is_compact else 16) * row_pixels + ROW_PIXELS + 3,
        column_config=_compact_columns(opening) if is_compact else _columns(opening),
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
        "money": whole_units(row.money_at_risk_minor_units, row.currency),
        "escalation": escalation_text(row, at),
        "holder": holder_text(row),
    }


def _summary(row: InboxRow, at: datetime) -> str:
    money = short_money(row.money_at_risk_minor_units, row.currency)
    return ". ".join([
        f"{MARKS[row.severity].word}: {flight_name(row)}, {basis_text(row)}",
        departure_text(row),
        f"{counted(row.travellers_affected, 'traveller')}, {money}",
        f"{sentence_case(holder_text(row))} has it, {escalation_text(row, at)}",
    ])


_WIDE_COLUMNS = (
    "severity",
    "about",
    "open",
    "departs",
    "leaves",
    "basis",
    "travellers",
    "money",
    "escalation",
    "holder",
)


def _columns(opening: Any) -> dict[str, Any]:
    column = st.column_config
    return {
        "severity": _pills("Severity", [mark.label for mark in _marks()], width=96),
        "about": column.TextColumn("Flight", width=176),
        "open": opening,
        "departs": column.TextColumn("Departs (local)", width=144),
        "leaves": column.TextColumn("Leaves", width=100),
        "basis": column.TextColumn("Known", width=88),
        "travellers": column.NumberColumn("Travellers", width=72),
        "money": column.NumberColumn("At risk", format="$%,d", width=76),
        "escalation": column.TextColumn("Next escalation", width=136),
        "holder": column.TextColumn("With", width=110),
    }


def _compact_columns(opening: Any) -> dict[str, Any]:
    return {
        "severity": _pills("", [mark.shape for mark in _marks()], width=44),
        "alert": st.column_config.TextColumn("Alert", width=218),
        "open": opening,
    }


def _pills(label: str, options: list[str], *, width: int) -> Any:
    return st.column_config.MultiselectColumn(
        label, options=options, color=[mark.colour for mark in _marks()], width=width
    )


def _marks() -> list[Mark]:
    return [MARKS[severity] for severity in most_severe_first()]
