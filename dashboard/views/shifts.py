"""Shifts: who is on now and next, what the days ahead leave uncovered, and the plan itself."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard.auth.gate import require
from dashboard.auth.reading import reading
from dashboard.components import (
    handover_notes,
    shift_changes,
    shift_coverage,
    shift_forms,
    shift_plan,
    shift_results,
    shift_watch,
    style,
)
from dashboard.components.instants import DESK_ZONE, day_and_time, zone_name
from warehouse.queries.clock import current_instant
from warehouse.queries.coverage import check_coverage
from warehouse.queries.people import list_staff
from warehouse.queries.shifts import PlannedShift, list_shifts, list_watch
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, Permission


def render() -> None:
    """Draw the page."""
    actor = require(Permission.SEE_OWN_SHIFTS)
    may_plan = may(actor, Permission.ADMINISTER_SHIFTS)
    style.apply()
    st.title("Shifts")
    shift_results.draw_result()
    with reading(actor) as session:
        at = current_instant(session)
        watch = list_watch(session, actor, at=at)
        coverage = check_coverage(session, at=at)
        shifts = list_shifts(session, actor, starts_at=at, ends_at=coverage.ends_at)
    shift_watch.draw(watch, at)
    shift_coverage.draw(coverage)
    st.subheader("The next 14 days" if may_plan else "Your next 14 days")
    shift_plan.draw(shifts, coverage, at)
    if may_plan:
        _draw_planning(actor, shifts, at)
    st.subheader("Hand-over")
    handover_notes.draw_newest(actor)
    st.caption(
        f"As of {day_and_time(at, DESK_ZONE)}. Bars are drawn in {zone_name(at, DESK_ZONE)} time; "
        "each shift keeps the zone it was drawn in."
    )


def _draw_planning(actor: Actor, shifts: Sequence[PlannedShift], at: datetime) -> None:
    """Draw the forms, each in its tab."""
    with reading(actor) as session:
        staff = list_staff(session, actor)
    st.subheader("Plan")
    changing, drawing, repeating = st.tabs(["Change a shift", "Draw a shift", "Draw a week again"])
    with changing:
        shift_changes.draw(shifts, staff)
    with drawing:
        shift_forms.draw_drawing(staff, at)
    with repeating:
        shift_forms.draw_repeating(at)
