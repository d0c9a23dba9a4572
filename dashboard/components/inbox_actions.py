"""What an agent does with the alerts ticked in the inbox, and what became of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.auth.reading import acting
from dashboard.components import opening
from dashboard.components.amounts import counted
from dashboard.components.inbox_snapshot import (
    InboxSnapshot,
    keep_snapshot,
    snapshot_of,
    ticked_positions,
)
from dashboard.components.inbox_table import flight_name
from warehouse.operations.alert_batches import acknowledge_alerts, resolve_alerts
from warehouse.operations.alerts import Outcome, release_alert
from warehouse.queries.alerts import InboxRow
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, AlertId, Permission

NOTE = "inbox_note"
RESULT = "inbox_result"
NEEDS_TICK = "Tick alerts first"


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of the alerts of one press of a button."""

    summary: str
    lines: tuple[str, ...]
    may_release: tuple[AlertId, ...] = ()


def bulk_result(word: str, rows: Sequence[InboxRow], outcomes: Sequence[Outcome]) -> BulkResult:
    """Word the outcomes: how many changed, and why each of the others did not."""
    names = {row.alert_id: flight_name(row) for row in rows}
    applied = [outcome for outcome in outcomes if outcome.result == "applied"]
    summary = f"{len(applied)} of {counted(len(outcomes), 'alert')} {word}."
    lines = tuple(
        f"{names.get(outcome.alert_id, outcome.alert_id)}: {outcome.message}"
        for outcome in outcomes
        if outcome.result != "applied"
    )
    may_release = tuple(outcome.alert_id for outcome in applied) if word == "acknowledged" else ()
    return BulkResult(summary, lines, may_release)


def draw_actions(actor: Actor, snapshot: InboxSnapshot) -> None:
    """Draw the bar above the table; its buttons wake when rows are ticked."""
    ticked = ticked_positions(st.session_state, snapshot)
    may_respond = may(actor, Permission.RESPOND)
    why_not = "Your role may look, not act" if not may_respond else NEEDS_TICK
    is_off = not ticked or not may_respond
    with st.container(horizontal=True, vertical_alignment="center", key="inbox_actions"):
        button = partial(st.button, help=why_not if is_off else None, disabled=is_off)
        button(
            f"Acknowledge {len(ticked) or ''}".strip(),
            key="inbox_acknowledge",
            type="primary",
            icon=":material/front_hand:",
            shortcut="a",
            on_click=acknowledge_ticked,
        )
        button("Resolve", key="inbox_resolve", shortcut="s", on_click=resolve_ticked)
        st.button("Open", key="inbox_open", shortcut="o", disabled=not ticked, on_click=open_ticked)
        st.button(
            "Clear", key="inbox_clear", shortcut="Escape", disabled=not ticked, on_click=let_go
        )
        if may_respond and ticked:
            st.text_input(
                "Note",
                key=NOTE,
                placeholder="Note for all of them (optional)",
                label_visibility="collapsed",
                width=280,
            )
    if snapshot.newer:
        newer = counted(snapshot.newer, "newer alert")
        st.button(
            f"{newer} waiting. Show, and forget the ticks",
            key="inbox_newer",
            icon=":material/arrow_upward:",
            on_click=let_go,
        )


def draw_result() -> None:
    """Show what became of the last bulk act until it is put away."""
    result: BulkResult | None = st.session_state.get(RESULT)
    if result is None:
        return
    with st.container(border=True, key="inbox_result_panel"):
        st.markdown("  \n".join([f"**{result.summary}**", *result.lines]))
        with st.container(horizontal=True):
            if result.may_release:
                st.button(
                    "Undo: release them",
                    key="inbox_undo",
                    icon=":material/undo:",
                    on_click=release_again,
                )
            st.button("Put away", key="inbox_put_away", type="tertiary", on_click=put_away)


@guarded_callback(Permission.RESPOND)
def acknowledge_ticked(actor: Actor) -> None:
    """Take on the ticked alerts."""
    _act_on_ticked(
        "acknowledged",
        lambda session, ids, at: acknowledge_alerts(session, actor, ids, at=at, note=_note()),
        actor,
    )


@guarded_callback(Permission.RESPOND)
def resolve_ticked(actor: Actor) -> None:
    """Close the ticked alerts."""
    _act_on_ticked(
        "resolved",
        lambda session, ids, at: resolve_alerts(session, actor, ids, at=at, reason=_note()),
        actor,
    )


@guarded_callback(Permission.RESPOND)
def release_again(actor: Actor) -> None:
    """Give back what the last press took."""
    result: BulkResult | None = st.session_state.pop(RESULT, None)
    if result is None:
        return
    with acting(actor) as (session, at):
        outcomes = [
            release_alert(session, actor, alert_id, at=at, reason="undone from the inbox")
            for alert_id in result.may_release
        ]
    st.session_state[RESULT] = bulk_result("released", (), outcomes)


def open_ticked() -> None:
    """Lead to the first ticked alert."""
    snapshot = snapshot_of(st.session_state)
    _open(snapshot.alert_ids_at(ticked_positions(st.session_state, snapshot)))


def open_pressed(key: str, alert_ids: tuple[AlertId, ...]) -> None:
    """Lead to the alert whose button in the table was pressed."""
    click = st.session_state.get(key)
    if click:
        _open([alert_ids[click["row"]]])


def let_go() -> None:
    """Forget the ticks and follow the live list."""
    keep_snapshot(st.session_state, snapshot_of(st.session_state).let_go())


def put_away() -> None:
    """Hide the last result."""
    st.session_state.pop(RESULT, None)


def _open(alert_ids: Sequence[AlertId]) -> None:
    if alert_ids:
        opening.ask_for(alert_ids[0])


def _act_on_ticked(word: str, act: Callable[..., list[Outcome]], actor: Actor) -> None:
    snapshot = snapshot_of(st.session_state)
    rows = snapshot.alerts_at(ticked_positions(st.session_state, snapshot))
    if not rows:
        return
    with acting(actor) as (session, at):
        outcomes = act(session, [row.alert_id for row in rows], at)
    st.session_state[RESULT] = bulk_result(word, rows, outcomes)
    st.session_state.pop(NOTE, None)
    keep_snapshot(st.session_state, snapshot.let_go())


def _note() -> str | None:
    return (st.session_state.get(NOTE) or "").strip() or None
