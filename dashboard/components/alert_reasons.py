"""Why an alert stands: what its probability goes with, in an agent's words."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.components.amounts import chance, sentence_case
from warehouse.queries.alert_page import AlertDetail
from warehouse.vocabulary import AlertBasis, FlightStatus

MOST_SHOWN = 5
LEAST_EFFECT = 0.005


def reason_lines(drivers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Word the drivers that matter, the strongest first, with the points each goes with."""
    told = [driver for driver in drivers if abs(float(driver["effect"])) >= LEAST_EFFECT]
    strongest = sorted(told, key=lambda driver: -abs(float(driver["effect"])))
    return [_line(driver) for driver in strongest[:MOST_SHOWN]]


def strongest_reason(drivers: Sequence[Mapping[str, Any]]) -> str:
    """Give the words of the driver that raises the probability most; none for none."""
    raising = [driver for driver in drivers if float(driver["effect"]) >= LEAST_EFFECT]
    return str(max(raising, key=lambda driver: driver["effect"])["words"]) if raising else ""


def opening_sentence(detail: AlertDetail) -> str:
    """Say in one sentence how the disruption is known."""
    row = detail.row
    if AlertBasis(row.basis) is AlertBasis.PREDICTED:
        return (
            f"The model gives this flight a **{chance(row.probability)}** chance of being "
            "cancelled or leaving at least two hours late."
        )
    if row.flight_status is FlightStatus.CANCELLED:
        what = "The carrier has **cancelled** this flight."
    else:
        what = "The carrier reports that this flight is **at least two hours late**."
    if row.probability is None:
        return what
    return f"{what} Before that, the model gave it a {chance(row.probability)} chance."


def draw_reasons(detail: AlertDetail) -> None:
    """Draw the sentence and the list beneath it."""
    if detail.row.carrier is None:
        st.markdown(detail.row.headline)
        return
    st.markdown(opening_sentence(detail))
    lines = reason_lines(detail.drivers)
    if lines:
        st.markdown("It goes with:\n" + "\n".join(f"- {line}" for line in lines))
        st.caption("What usually goes together, not what causes what.")


def _line(driver: Mapping[str, Any]) -> str:
    points = round(float(driver["effect"]) * 100)
    direction = "more" if points >= 0 else "less"
    amount = f"{abs(points)} point{'' if abs(points) == 1 else 's'}" if points else "under 1 point"
    return f"**{sentence_case(driver['words'])}**: {amount} {direction} than usual"
