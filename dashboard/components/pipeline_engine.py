"""The parts of the engine: when each last ticked, what it is for, and what it last did."""

from collections.abc import Mapping

import streamlit as st

from dashboard.auth.gate import guarded_fragment
from dashboard.auth.reading import reading
from dashboard.components.audit_table import happening
from dashboard.components.instants import DESK_ZONE, ago, day_and_time
from warehouse.queries.clock import Clock, read_clock
from warehouse.queries.pipeline_page import ENGINE, ComponentState, list_components
from warehouse.queries.synthetic import list_trips
from warehouse.rules.synthetic import DELIVERED_WITHIN_SECONDS, TripSummary, summarise
from warehouse.vocabulary import Actor, Permission

REFRESH_SECONDS = 10
COLUMNS = 2
PURPOSES: Mapping[str, str] = {
    "escalation_due": "Sends alerts nobody took up their ladder.",
    "sweeps_due": "Closes alerts of flights that left, reopens forgotten ones, ends holds.",
    "fallback_due": "Proposes and holds hotels, and books what travellers accept.",
    "bookings_due": "Books accepted hotels of connected suppliers.",
    "notifications_due": "Sends messages; asks for a run where that takes long.",
    "history_unsealed": "Seals new audit entries.",
    "coverage_due": "Pages for gaps of the next day in coverage; looks 14 days ahead once a day.",
    "synthetic_due": "Raises an alert that reaches nobody every 10 min, to time its delivery.",
    "deliver_notifications": "Sends what takes longer than a tick; runs when there is any.",
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
        summary = summarise(list_trips(session, actor))
    if all(each.beat_at is None for each in components):
        st.error(
            "The engine has never ticked: nothing escalates and nothing is sent. Start it with "
            "`stormdesk up`, or the Dagster daemon where services run apart.",
            icon=":material/heart_broken:",
        )
        return
    st.caption(trips_in_words(summary))
    if clock.is_replay:
        st.caption("Ticks go by the server's clock; what they did stands at the replayed instant.")
    for start in range(0, len(components), COLUMNS):
        row = components[start : start + COLUMNS]
        for place, component in zip(st.columns(COLUMNS), row, strict=False):
            with place.container(border=True, height="stretch"):
                st.markdown(head_of(component))
                st.caption(story_of(component, clock))


def trips_in_words(summary: TripSummary) -> str:
    """Say how soon the desk's own alerts of the last day were delivered."""
    p50, p95 = summary.delivered_p50_seconds, summary.delivered_p95_seconds
    if p50 is None or p95 is None:
        return "How soon a page is delivered shows once the first synthetic alert has arrived."
    mark = "" if summary.is_in_time else ":orange-badge[● Slow] "
    return (
        f"{mark}Due → delivered in the last 24 h: half within {p50:.0f} s, 95 of 100 within "
        f"{p95:.0f} s; it should be within {DELIVERED_WITHIN_SECONDS:.0f} s. "
        f"{summary.delivered:,} of {summary.raised:,} synthetic alerts arrived."
    )


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
    elif component.beat_at and ENGINE.get(component.component):
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
