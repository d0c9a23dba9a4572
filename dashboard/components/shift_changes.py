"""Changes one shift of the plan: who is in it or stands in, what it is swapped with, when it is."""

from collections.abc import Sequence

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.components.shift_forms import draw_role, draw_window, window_in
from dashboard.components.shift_results import save
from warehouse.operations.shift_assignments import assign_user, unassign_user
from warehouse.operations.shift_holders import (
    cancel_override,
    override_assignment,
    swap_assignments,
)
from warehouse.operations.shifts import cancel_shift, move_shift
from warehouse.queries.people import Colleague
from warehouse.queries.shifts import PlannedAssignment, PlannedShift, StandIn
from warehouse.rules.wall_time import read_wall_time
from warehouse.vocabulary import Actor, Permission, Role

CHANGES = ("Assign", "Stand in", "Swap", "Move", "Take out or cancel")
WHOLE = "The whole assignment, also if the shift is moved"
CERTAIN = "Certain hours only"


def draw(shifts: Sequence[PlannedShift], staff: Sequence[Colleague]) -> None:
    """Draw the choice of a shift, and the form for what is to change of it."""
    if not shifts:
        st.caption("There is no shift to change; draw one first.")
        return
    by_id = {shift.shift_id: shift for shift in shifts}
    chosen = by_id[
        st.selectbox(
            "Which shift",
            list(by_id),
            format_func=lambda number: _label(by_id[number]) if number in by_id else str(number),
            key="change_shift",
        )
    ]
    what = st.segmented_control(
        "What changes", CHANGES, default=CHANGES[0], required=True, key="change_what"
    )
    if what == "Assign":
        _draw_assigning(chosen, staff)
    elif what == "Stand in":
        _draw_standing_in(chosen, staff)
    elif what == "Swap":
        _draw_swapping(chosen, shifts)
    elif what == "Move":
        _draw_moving(chosen)
    else:
        _draw_ending(chosen)


def _draw_assigning(shift: PlannedShift, staff: Sequence[Colleague]) -> None:
    with st.form("shift_assign", border=True):
        who, role = st.columns(2)
        with who:
            draw_person("Who works", staff, "assign_who")
        with role:
            draw_role("assign_role")
        st.form_submit_button("Assign", type="primary", on_click=assign, args=(shift, tuple(staff)))


def _draw_standing_in(shift: PlannedShift, staff: Sequence[Colleague]) -> None:
    if not shift.assignments:
        st.caption("Nobody is in this shift; assign somebody instead.")
        return
    with st.form("shift_stand_in", border=True):
        one, other = st.columns(2)
        with one:
            _draw_assignment("For whom", shift.assignments, f"stand_in_for_{shift.shift_id}")
        with other:
            draw_person("Who stands in", staff, "stand_in_who")
        st.radio("For how long", (WHOLE, CERTAIN), key="stand_in_part")
        starts, ends = read_wall_time(shift.starts_local), read_wall_time(shift.ends_local)
        draw_window(f"stand_in_{shift.shift_id}", starts, ends, shift.time_zone)
        _draw_reason("stand_in_reason")
        st.form_submit_button(
            "Let them stand in", type="primary", on_click=stand_in, args=(shift, tuple(staff))
        )


def _draw_swapping(shift: PlannedShift, shifts: Sequence[PlannedShift]) -> None:
    others = {
        each.assignment_id: f"{each.name} ({each.role.value}), {other.when}"
        for other in shifts
        if other.shift_id != shift.shift_id
        for each in other.assignments
    }
    if not shift.assignments or not others:
        st.caption("A swap needs two shifts with somebody in each.")
        return
    with st.form("shift_swap", border=True):
        _draw_assignment(
            "Whose place in this shift", shift.assignments, f"swap_first_{shift.shift_id}"
        )
        st.selectbox(
            "Changes hands with",
            list(others),
            format_func=others.get,
            key=f"swap_second_{shift.shift_id}",
        )
        _draw_reason("swap_reason")
        st.form_submit_button("Swap", type="primary", on_click=swap, args=(shift,))


def _draw_moving(shift: PlannedShift) -> None:
    starts, ends = read_wall_time(shift.starts_local), read_wall_time(shift.ends_local)
    with st.form("shift_move", border=True):
        draw_window(f"move_{shift.shift_id}", starts, ends, shift.time_zone)
        st.caption("Everybody in it moves along; swaps and stand-ins of the whole shift stay.")
        _draw_reason("move_reason")
        st.form_submit_button("Move the shift", type="primary", on_click=move, args=(shift,))


def _draw_ending(shift: PlannedShift) -> None:
    _draw_reason("end_reason")
    with st.container(horizontal=True):
        for each in shift.assignments:
            st.button(
                f"Take {each.name} out",
                key=f"take_out_{each.assignment_id}",
                on_click=take_out,
                args=(each,),
            )
            for standing in each.stand_ins:
                st.button(
                    f"End that {standing.name} stands in for {each.name}",
                    key=f"end_override_{standing.override_id}",
                    on_click=give_back,
                    args=(standing,),
                )
        st.button("Cancel the shift", icon=":material/event_busy:", on_click=cancel, args=(shift,))


def draw_person(label: str, staff: Sequence[Colleague], key: str) -> None:
    """Draw the choice of a colleague, with the roles they can work in."""
    words = {
        each.username: f"{each.display_name} ({', '.join(role.value for role in each.roles)})"
        for each in staff
    }
    st.selectbox(label, list(words), format_func=words.get, key=key)


def _draw_assignment(label: str, assignments: Sequence[PlannedAssignment], key: str) -> None:
    words = {each.assignment_id: f"{each.name} ({each.role.value})" for each in assignments}
    st.selectbox(label, list(words), format_func=words.get, key=key)


def _draw_reason(key: str) -> None:
    st.text_input("Why (optional)", key=key, placeholder="dentist")


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def assign(actor: Actor, shift: PlannedShift, staff: tuple[Colleague, ...]) -> None:
    """Put somebody in the shift."""
    person, role = _person(staff, "assign_who"), Role(st.session_state["assign_role"])

    def change(session, at) -> str:
        user_id = person.user_id
        assign_user(session, actor, shift.shift_id, user_id=user_id, role=role, at=at)
        return f"{person.display_name} is in {shift.name}, {shift.when}."

    save(actor, change)


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def stand_in(actor: Actor, shift: PlannedShift, staff: tuple[Colleague, ...]) -> None:
    """Let somebody stand in."""
    person, is_whole = _person(staff, "stand_in_who"), st.session_state["stand_in_part"] == WHOLE

    def change(session, at) -> str:
        window = None if is_whole else window_in(f"stand_in_{shift.shift_id}")
        override_assignment(
            session,
            actor,
            st.session_state[f"stand_in_for_{shift.shift_id}"],
            user_id=person.user_id,
            during=None if window is None else (window.starts_at, window.ends_at),
            at=at,
            reason=_reason("stand_in_reason"),
        )
        return f"{person.display_name} stands in, {window.words if window else shift.when}."

    save(actor, change)


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def swap(actor: Actor, shift: PlannedShift) -> None:
    """Let two assignments change hands."""
    first = st.session_state[f"swap_first_{shift.shift_id}"]
    second = st.session_state[f"swap_second_{shift.shift_id}"]

    def change(session, at) -> str:
        swap_assignments(session, actor, first, second, at=at, reason=_reason("swap_reason"))
        return "The two shifts changed hands; they stay swapped if one is moved."

    save(actor, change)


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def move(actor: Actor, shift: PlannedShift) -> None:
    """Move the shift with everybody in it."""

    def change(session, at) -> str:
        window, reason = window_in(f"move_{shift.shift_id}"), _reason("move_reason")
        move_shift(session, actor, shift.shift_id, window=window, at=at, reason=reason)
        return f"{shift.name} is moved to {window.words}."

    save(actor, change)


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def take_out(actor: Actor, assignment: PlannedAssignment) -> None:
    """Take somebody out of the shift."""

    def change(session, at) -> str:
        number, reason = assignment.assignment_id, _reason("end_reason")
        unassign_user(session, actor, number, at=at, reason=reason)
        return f"{assignment.name} is taken out."

    save(actor, change)


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def give_back(actor: Actor, standing: StandIn) -> None:
    """End an override."""

    def change(session, at) -> str:
        cancel_override(session, actor, standing.override_id, at=at)
        return f"{standing.name} stands in no longer."

    save(actor, change)


@guarded_callback(Permission.ADMINISTER_SHIFTS)
def cancel(actor: Actor, shift: PlannedShift) -> None:
    """Cancel the shift."""

    def change(session, at) -> str:
        cancel_shift(session, actor, shift.shift_id, at=at, reason=_reason("end_reason"))
        return f"{shift.name}, {shift.when}, is cancelled."

    save(actor, change)


def _label(shift: PlannedShift) -> str:
    return f"{shift.when} · {shift.name} · {shift.who}"


def _person(staff: Sequence[Colleague], key: str) -> Colleague:
    return next(each for each in staff if each.username == st.session_state[key])


def _reason(key: str) -> str | None:
    return str(st.session_state.get(key) or "").strip() or None
