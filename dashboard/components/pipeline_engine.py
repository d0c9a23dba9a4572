"""The parts of the engine: when each last ticked, what it is for, and what it last did."""

from collections.abc import Mapping

import streamlit as st

from dashboard.auth.gate import guarded_fragment
from dashboard.auth.reading import reading
from dashboard.components.audit_table import happening
from dashboard.components.instants import DESK_ZONE, ago, day_and_time
from warehouse.queries.clock import Clock, read_clock
from warehouse.queries.pipeline_page import ComponentState, list_components
from warehouse.vocabulary import Actor, Permission

REFRESH_SECONDS = 10
COLUMNS = 2
PURPOSES: Mapping[str, str] = {
    "escalation_due": "Sends alerts nobody took up their ladder.",
    "sweeps_due": "Closes alerts of flights that left, reopens forgotten ones, ends holds.",
    "fallback_due": "Proposes and holds hotels, and books what travellers accept.",
    "bookings_due": "Books accepted hotels of connected suppliers.",
    "notifications_due": "Starts a delivery whenever messages are due.",
    "history_unsealed": "Seals new audit entries.",
    "coverage_due": "Looks once a day whether somebody is on shift for every step, 14 days ahead.",
    "deliver_notifications": "Sends messages; runs when there are any.",
    "dashboard": "Serves these pages.",
    "watch": "Mails the catch-all by itself when any of these stops.",
    "replay_hour_reached": "Brings in each replayed hour, predicts, and raises alerts.",
    "replay_day_reached": "Looks at the model once a replayed day, and rolls it back if it failed.",
    "replay_head_due": "Takes the head of the history out of the database once a replayed day.",
    "replay_cleaning_due": "Removes history that is kept no longer, once a replayed day.",
    "replay_week_over": "Trains the model again once a replayed week.",
}


@guarded_fragment(Permission.SEE_PIPELINE, run_every=REFRESH_SECONDS)
def draw(actor: Actor) -> None:
    """Draw every part; one that is overdue is red."""
    st.subheader("Engine")
    with reading(actor) as session:
        clock = read_clock(session)
        components = list_components(session, actor, clock=clock)
    if all(each.beat_at is None for each in components):
        st.error(
            "The engine has never ticked: nothing escalates and nothing is sent. Start it with "
            "`stormdesk up`, or the Dagster daemon where services run apart.",
            icon=":material/heart_broken:",
        )
        return
    if clock.is_replay:
        st.caption("Ticks go by the server's clock; what they did stands at the replayed instant.")
    for start in range(0, len(components), COLUMNS):
        row = components[start : start + COLUMNS]
        for place, component in zip(st.columns(COLUMNS), row, strict=False):
            with place.container(border=True, height="stretch"):
                st.markdown(head_of(component))
                st.caption(story_of(component, clock))


def head_of(component: ComponentState) -> str:
    """Mark a part as ticking or overdue, and name it."""
    if component.is_overdue:
        return f":red-badge[● Overdue] **{component.component}**"
    return f":green-badge[✓ Ticking] **{component.component}**"


def story_of(component: ComponentState, clock: Clock) -> str:
    """Say when a part last ticked, what it is for, what waits for it and what it last did."""
    parts = [_tick_of(component), PURPOSES.get(component.component, "")]
    if component.waiting_count:
        parts.append(_waiting_of(component, clock))
    if component.last_tag and component.last_done_at:
        when = day_and_time(component.last_done_at, DESK_ZONE)
        parts.append(f"Last: {happening(component.last_tag).lower()}, {when}.")
    elif component.beat_at:
        parts.append("It has had nothing to do yet.")
    return " ".join(part for part in parts if part)


def _tick_of(component: ComponentState) -> str:
    if component.beat_at is None or component.age is None:
        return "Has never ticked: see whether its sensor runs in Dagster."
    beat = f"Ticked {ago(component.age)}"
    if component.is_overdue:
        beat += f", at {day_and_time(component.beat_at, DESK_ZONE)}: see its sensor in Dagster"
    return f"{beat}."


def _waiting_of(component: ComponentState, clock: Clock) -> str:
    since = component.oldest_due_at
    oldest = f", the oldest due {ago(clock.at - since)}" if since else ""
    return f"{component.waiting_count:,} waiting{oldest}."
