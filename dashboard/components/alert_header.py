"""The top of the Alert page: how bad, what, when, who has it, and what comes next."""

from datetime import datetime

import streamlit as st

from dashboard.components.amounts import chance, sentence_case, short_money
from dashboard.components.inbox_table import escalation_text
from dashboard.components.instants import countdown, day_and_time
from dashboard.components.severity_marks import MARKS, STATUS_COLOURS, STATUS_WORDS
from warehouse.queries.alert_page import AlertDetail
from warehouse.queries.alerts import InboxRow
from warehouse.vocabulary import AlertBasis, AlertStatus, Severity


def title_of(row: InboxRow) -> str:
    """Name what the alert is about."""
    if row.carrier is None:
        return row.headline
    return f"{row.carrier} {row.flight_number} {row.origin} → {row.destination}"


def departure_sentence(row: InboxRow, at: datetime) -> str:
    """Say when the flight leaves, in the airport's time, and how far off that is."""
    if row.scheduled_departure_at is None or row.origin_time_zone is None:
        return ""
    departs_at = row.scheduled_departure_at
    verb = "Departs" if departs_at > at else "Was to depart"
    return f"{verb} {day_and_time(departs_at, row.origin_time_zone)}, {countdown(departs_at, at)}"


def holder_sentence(detail: AlertDetail, at: datetime) -> str:
    """Say who has the alert and until when, or what closed it."""
    row, zone = detail.row, detail.row.origin_time_zone or "UTC"
    if detail.closed_at is not None:
        why = (detail.close_reason or "").replace("_", " ")
        return f"Closed {day_and_time(detail.closed_at, zone)}: {why}"
    if row.acknowledged_by is None:
        return "Nobody has it"
    since = f"since {day_and_time(row.acknowledged_at, zone)}" if row.acknowledged_at else ""
    deadline = detail.ack_deadline_at
    due = f", to be handled {countdown(deadline, at)}" if deadline else ""
    return f"{row.acknowledged_by} has it {since}{due}"


def draw_header(detail: AlertDetail, at: datetime) -> None:
    """Draw badges, title, sentences and the four figures."""
    row = detail.row
    mark, status = MARKS[Severity(row.severity)], AlertStatus(row.status)
    with st.container(horizontal=True, gap="small", key="alert_badges"):
        st.badge(mark.label, color=mark.colour)
        st.badge(STATUS_WORDS[status], color=STATUS_COLOURS[status])
        if row.suppressed_until_at is not None and row.suppressed_until_at > at:
            st.badge("Snoozed", icon=":material/snooze:", color="gray")
    st.title(title_of(row))
    st.markdown(
        "  \n".join(
            line for line in (departure_sentence(row, at), holder_sentence(detail, at)) if line
        )
    )
    _draw_figures(detail, at)


def _draw_figures(detail: AlertDetail, at: datetime) -> None:
    row = detail.row
    is_reported = AlertBasis(row.basis) is AlertBasis.REPORTED
    word = (row.flight_status or "reported").replace("_", " ").capitalize()
    money = short_money(row.money_at_risk_minor_units, row.currency)
    with st.grid(4, min_column_width=150, key="alert_figures"):
        if row.airport is not None:
            st.metric("Alerts", f"{row.occurrences:,}", border=True)
        elif is_reported:
            st.metric("Reported", word, border=True)
        else:
            st.metric("Chance of disruption", chance(row.probability), border=True)
        st.metric("Travellers", f"{row.travellers_affected:,}", border=True)
        st.metric("Money at risk", money, border=True)
        st.metric(
            "Next escalation",
            _next_escalation(row, at),
            border=True,
            help=f"{sentence_case(escalation_text(row, at))}. "
            f"By the policy “{detail.policy_name}”, version {detail.policy_version}",
        )


def _next_escalation(row: InboxRow, at: datetime) -> str:
    """Say only when: the step stands in the figure's help."""
    return sentence_case(escalation_text(row, at).split(", ")[-1])
