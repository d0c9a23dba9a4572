"""The line above every page: the replay banner, who is signed in, and the way out."""

import streamlit as st

from dashboard.auth import gate
from dashboard.auth.reading import desk_clock
from dashboard.components import engine_banner, viewport
from dashboard.components.instants import DESK_ZONE, wall_clock
from warehouse.queries.clock import Clock
from warehouse.queries.people import SignedIn

ROLES_LABEL = {
    "customer": "traveller",
    "agent": "agent",
    "manager": "manager",
    "analyst": "analyst",
    "admin": "administrator",
}


def show(visit: SignedIn) -> None:
    """Draw the line; `Sign out` ends the session in every tab of this browser."""
    with st.container(horizontal=True, vertical_alignment="center", key="header", wrap=False):
        with st.container(width="stretch"):
            viewport.watch()
            _replay_banner()
        with st.popover(visit.display_name, icon=":material/account_circle:", width="content"):
            _account(visit)


def _account(visit: SignedIn) -> None:
    roles = ", ".join(ROLES_LABEL[role] for role in sorted(visit.actor.roles)) or "no role"
    st.markdown(f"**{visit.display_name}**  \n{visit.actor.username} · {roles}")
    st.caption(f"Times at airports are local; your own zone is {visit.time_zone}.")
    if st.button("Sign out", icon=":material/logout:", width="stretch", key="sign_out"):
        # Streamlit sends the browser to /auth/logout, which ends the session.
        st.logout()
        st.stop()


@st.fragment(run_every=5)
def _replay_banner() -> None:
    """Say that time is replayed, and what has stopped; the tick also notices a session's end."""
    actor = gate.current_actor()
    if actor is None:
        st.rerun(scope="app")
    clock = desk_clock()
    if clock.is_replay:
        words = replay_text(clock, is_brief=viewport.is_narrow())
        st.markdown(f":small[:orange[:material/history:] {words}]")
    engine_banner.draw(actor)


def replay_text(clock: Clock, *, is_brief: bool = False) -> str:
    """Write the banner: which instant, how fast, and what is not real."""
    local = wall_clock(clock.at, DESK_ZONE)
    if is_brief:
        when = f"**{local.day} {local:%b %Y %H:%M}** New York, replayed."
        return f"{when} Trips and hotels are generated."
    return (
        f"Replaying **{local.day} {local:%B %Y %H:%M} New York** at speed {clock.speed:g} — "
        "travellers, bookings and hotels are generated; flights and weather are real."
    )
