"""The versions of the escalation policy: what each says, what it changed, and who follows it."""

from collections.abc import Sequence

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.components.amounts import counted, literally
from dashboard.components.instants import DESK_ZONE, day_and_time
from dashboard.components.shift_results import save
from warehouse.errors import TransitionRefused
from warehouse.operations.policy_moves import move_live_alerts
from warehouse.queries.policy_versions import PolicyVersion
from warehouse.rules.storm_control import StormControl
from warehouse.vocabulary import Actor, Permission

REASON = "policy_move_reason"


def draw_in_force(newest: PolicyVersion) -> None:
    """Draw the ladder that new alerts climb."""
    with st.container(border=True):
        st.markdown(f"**{literally(newest.name)}, version {newest.version}** {_since(newest)}")
        st.markdown("\n".join(f"- Step {literally(step)}" for step in newest.steps))
        times = newest.ladder.repeat_count
        again = counted(times, "time") if times else "never"
        st.caption(
            f"Starts over {again}. Catch-all: {literally(newest.catch_all)}. Pages one by one to a"
            f" person by a channel: {newest.page_rate.words}, then in digests."
            f" {_of_storms(newest.storm)}"
        )


def draw_moving(newest: PolicyVersion, versions: Sequence[PolicyVersion]) -> None:
    """Offer to let alerts of earlier versions climb the newest, where there are any."""
    behind = sum(each.live_alerts for each in versions if _is_before(each, newest))
    if not behind:
        return
    with st.form("policy_move", border=True):
        st.markdown(f"**{counted(behind, 'live alert')}** began with an earlier version.")
        st.text_input("Why they should change", key=REASON)
        st.form_submit_button(
            f"Move them to version {newest.version}", on_click=move, args=(newest,)
        )


def draw_history(versions: Sequence[PolicyVersion]) -> None:
    """Draw what each version changed, newest first."""
    for each in versions:
        alerts = counted(each.live_alerts, "live alert")
        by = literally(each.published_by or "SYSTEM")
        changes = each.changes or ("the first version" if each.version == 1 else "no change",)
        lines = "\n".join(f"- {literally(change)}" for change in changes)
        st.markdown(f"**Version {each.version}** {_since(each)} by {by} · {alerts}\n{lines}")


@guarded_callback(Permission.ADMINISTER)
def move(actor: Actor, newest: PolicyVersion) -> None:
    """Move the live alerts, for the reason that was typed."""
    reason = str(st.session_state.get(REASON) or "").strip()

    def change(session, at) -> str:
        if not reason:
            why = "say why, for the history of each alert"
            raise TransitionRefused("change", "without a reason", "made", why=why)
        number = newest.policy_version_id
        moved = move_live_alerts(session, actor, number, at=at, reason=reason)
        return f"{counted(moved, 'alert')} moved to version {newest.version}."

    save(actor, change)


def _is_before(each: PolicyVersion, newest: PolicyVersion) -> bool:
    return each.name == newest.name and each.version < newest.version


def _of_storms(storm: StormControl | None) -> str:
    if storm is None:
        return "Storms: none, so every alert pages by itself."
    return f"Storms: {storm.words}, further ones join one that pages for all of them."


def _since(version: PolicyVersion) -> str:
    return f":gray[since {day_and_time(version.effective_from_at, DESK_ZONE)}]"
