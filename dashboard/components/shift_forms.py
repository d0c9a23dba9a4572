"""Forms that draw shifts: one with somebody in it, or a whole week again."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.components.amounts import counted
from dashboard.components.instants import DESK_ZONE, wall_clock
from dashboard.components.shift_results import save
from warehouse.operations.shift_assignments import assign_user
from warehouse.operations.shift_weeks import MOST_WEEKS, WEEK, repeat_week
from warehouse.operations.shifts import draw_shift
from warehouse.queries.people import Colleague
from warehouse.rules.wall_time import Occurrence, Window, window_of
from warehouse.vocabulary import Actor, Permission, Role

ZONES = (
    DESK_ZONE,
    *("America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("Europe/London", "Europe/Paris", "Asia/Kolkata", "Asia/Tokyo", "UTC"),
)
UNSAID = "Ask me"
OCCURRENCES = {UNSAID: None, "The first": Occurrence.FIRST, "The second": Occurrence.SECOND}
NOBODY = "Nobody yet"
QUARTER = timedelta(minutes=15)


def draw_drawing(staff: Sequence[Colleague], at: datetime) -> None:
    """Draw the form for one shift."""
    morning = wall_clock(at, DESK_ZONE).replace(hour=6, minute=0, second=0, microsecond=0)
    starts = morning + timedelta(days=1)
    with st.form("shift_draw", border=True):
        st.text_input("What the desk calls it", key="draw_name", placeholder="Agent from 06:00")
        draw_window("draw", starts, starts + timedelta(hours=8), DESK_ZONE)
        people, role = st.columns(2)
        with people:
            st.multiselect(
                "Who works",
                [each.username for each in staff],
                format_func={each.username: each.display_name for each in staff}.get,
                key="draw_people",
                placeholder=NOBODY,
            )
        with role:
            draw_role("draw_role")
        st.form_submit_button(
            "Draw the shift", type="primary", on_click=draw_one, args=(tuple(staff),)
        )


def draw_repeating(at: datetime) -> None:
    """Draw the form that draws a week again."""
    today = wall_clock(at, DESK_ZONE).date()
    with st.form("shift_week", border=True):
        first, count = st.columns(2)
        with first:
            st.date_input(
                "First day of the week to draw again",
                value=today - timedelta(days=today.weekday()),
                key="week_first_on",
            )
        with count:
            st.number_input(
                "For how many weeks after it", 1, MOST_WEEKS, value=2, step=1, key="week_count"
            )
        st.caption(
            "Everybody keeps their local hours, also when clocks change. What is planned already "
            "stays, and whoever cannot come is left out and named."
        )
        st.form_submit_button("Draw the week again", type="primary", on_click=draw_week)


def draw_window(prefix: str, starts: datetime, ends: datetime, time_zone: str) -> None:
    """Draw the fields for both local ends and their zone, and which hour is meant of two."""
    one, other = st.columns(2)
    with one:
        st.datetime_input("Starts (local)", value=starts, key=f"{prefix}_starts", step=QUARTER)
    with other:
        st.datetime_input("Ends (local)", value=ends, key=f"{prefix}_ends", step=QUARTER)
    zone, twice = st.columns(2)
    with zone:
        zones = list(dict.fromkeys((time_zone, *ZONES)))
        st.selectbox("Time zone", zones, key=f"{prefix}_zone", accept_new_options=True)
    with twice:
        st.selectbox(
            "If clocks go back over an end",
            list(OCCURRENCES),
            key=f"{prefix}_occurrence",
            help="On that night an hour comes twice; say which of the two is meant.",
        )


def draw_role(key: str) -> None:
    """Draw the choice of a role to work in."""
    st.selectbox("As", [Role.AGENT, Role.MANAGER, Role.ADMIN], format_func=str.title, key=key)


def window_in(prefix: str) -> Window:
    """Read the fields of `draw_window`."""
    state = st.session_state
    occurrence = OCCURRENCES.get(state[f"{prefix}_occurrence"])
    return window_of(
        state[f"{prefix}_starts"],
        state[f"{prefix}_ends"],
        state[f"{prefix}_zone"],
        starts_occurrence=occurrence,
        ends_occurrence=occurrence,
    )


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def draw_one(actor: Actor, staff: tuple[Colleague, ...]) -> None:
    """Draw the shift, and put everybody chosen in it."""
    state = st.session_state
    chosen = [each for each in staff if each.username in state["draw_people"]]

    def change(session, at) -> str:
        window = window_in("draw")
        shift_id = draw_shift(session, actor, name=state["draw_name"], window=window, at=at)
        for each in chosen:
            role = Role(state["draw_role"])
            assign_user(session, actor, shift_id, user_id=each.user_id, role=role, at=at)
        names = ", ".join(each.display_name for each in chosen) or "nobody yet"
        return f"{state['draw_name']} is drawn, {window.words}, with {names}."

    save(actor, change)


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def draw_week(actor: Actor) -> None:
    """Draw the week again."""
    first_on: date = st.session_state["week_first_on"]
    weeks = int(st.session_state["week_count"])

    def change(session, at) -> str:
        done = repeat_week(session, actor, first_on=first_on, weeks=weeks, at=at)
        until = first_on + (weeks + 1) * WEEK - timedelta(days=1)
        drawn = f"{counted(done.shifts, 'shift')}, {counted(done.assignments, 'assignment')}"
        return " ".join([f"The week is drawn until {until:%-d %b %Y}: {drawn}.", *done.remarks])

    save(actor, change)
