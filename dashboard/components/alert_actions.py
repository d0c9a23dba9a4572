"""What may be done with one alert, each act fenced by the generation that was on screen."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.auth.reading import acting
from warehouse.errors import AlreadyHandled
from warehouse.operations.alert_suppression import suppress_alert
from warehouse.operations.alerts import (
    Outcome,
    acknowledge_alert,
    release_alert,
    resolve_alert,
)
from warehouse.queries.alert_page import AlertDetail
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, AlertId, AlertStatus, Permission

NOTE = "alert_note"
RESULT = "alert_result"
SNOOZES = {"30 minutes": 30, "1 hour": 60, "2 hours": 120}
ICONS = {
    "applied": ":material/check_circle:",
    "no_op": ":material/info:",
    "refused": ":material/block:",
}


def draw_actions(actor: Actor, detail: AlertDetail) -> None:
    """Draw the note and the buttons that the alert's state allows."""
    status = AlertStatus(detail.row.status)
    if status is AlertStatus.CLOSED:
        st.caption("A closed alert stays closed; the same trouble again is a new alert.")
        return
    may_respond = may(actor, Permission.RESPOND)
    button = partial(
        st.button,
        disabled=not may_respond,
        help=None if may_respond else "Your role may look, not act",
        args=(detail.row.alert_id, detail.row.generation),
    )
    with st.container(horizontal=True, vertical_alignment="center", key="alert_actions"):
        st.text_input(
            "Note",
            key=NOTE,
            placeholder="Note: what you will do, or why",
            label_visibility="collapsed",
            disabled=not may_respond,
            width=360,
        )
        if status is AlertStatus.OPEN:
            _draw_open_actions(button, detail, may_respond=may_respond)
        else:
            button("Resolve", key="alert_resolve", type="primary", shortcut="s", on_click=resolve)
            button("Release", key="alert_release", icon=":material/undo:", on_click=release)


def _draw_open_actions(
    button: Callable[..., bool], detail: AlertDetail, *, may_respond: bool
) -> None:
    button(
        "Acknowledge",
        key="alert_acknowledge",
        type="primary",
        icon=":material/front_hand:",
        shortcut="a",
        on_click=acknowledge,
    )
    button("Resolve", key="alert_resolve", shortcut="s", on_click=resolve)
    st.menu_button(
        "Snooze",
        list(SNOOZES),
        key="alert_snooze",
        icon=":material/snooze:",
        disabled=not may_respond,
        on_click=snooze,
        args=(detail.row.alert_id,),
    )


def draw_result() -> None:
    """Say what became of the last act."""
    result: Outcome | None = st.session_state.get(RESULT)
    if result is not None:
        st.info(result.message, icon=ICONS[result.result])


def has_result() -> bool:
    """Tell whether something was done here just now, which says what became of the alert."""
    return RESULT in st.session_state


def forget_result_of_other(alert_id: AlertId) -> None:
    """Leave a result behind when another alert is opened."""
    result: Outcome | None = st.session_state.get(RESULT)
    if result is not None and result.alert_id != alert_id:
        st.session_state.pop(RESULT)


@guarded_callback(Permission.RESPOND)
def acknowledge(actor: Actor, alert_id: AlertId, generation: int) -> None:
    """Take the alert on, unless somebody was faster than this screen."""
    key = f"{actor.username}:{alert_id}:{generation}:acknowledge"
    _act(
        actor,
        alert_id,
        lambda session, at: acknowledge_alert(
            session,
            actor,
            alert_id,
            at=at,
            note=_note(),
            expected_generation=generation,
            idempotency_key=key,
        ),
    )


@guarded_callback(Permission.RESPOND)
def release(actor: Actor, alert_id: AlertId, _generation: int) -> None:
    """Give the alert back."""
    _act(
        actor,
        alert_id,
        lambda session, at: release_alert(session, actor, alert_id, at=at, reason=_note()),
    )


@guarded_callback(Permission.RESPOND)
def resolve(actor: Actor, alert_id: AlertId, _generation: int) -> None:
    """Close the alert because its travellers are taken care of."""
    _act(
        actor,
        alert_id,
        lambda session, at: resolve_alert(session, actor, alert_id, at=at, reason=_note()),
    )


@guarded_callback(Permission.RESPOND)
def snooze(actor: Actor, alert_id: AlertId) -> None:
    """Keep the alert quiet for as long as was chosen."""
    chosen = st.session_state.get("alert_snooze")
    if chosen not in SNOOZES:
        return
    length = timedelta(minutes=SNOOZES[chosen])
    reason = _note() or f"snoozed for {chosen}"
    _act(
        actor,
        alert_id,
        lambda session, at: suppress_alert(
            session, actor, alert_id, at=at, until_at=at + length, reason=reason
        ),
    )


def _act(actor: Actor, alert_id: AlertId, act: Callable[..., Outcome]) -> None:
    try:
        with acting(actor) as (session, at):
            outcome = act(session, at)
    except AlreadyHandled as refusal:
        outcome = Outcome(alert_id, "refused", str(refusal))
    st.session_state[RESULT] = outcome
    st.session_state[NOTE] = ""


def _note() -> str | None:
    return (st.session_state.get(NOTE) or "").strip() or None
