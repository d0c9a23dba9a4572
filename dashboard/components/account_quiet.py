"""One's own quiet hours: set, changed, turned off."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.components.account_results import save
from dashboard.components.shift_forms import ZONES
from warehouse.operations.quiet_hours import set_quiet_hours
from warehouse.queries.clock import Clock
from warehouse.queries.own_contacts import OwnAccount
from warehouse.rules.quiet_hours import QuietHours
from warehouse.vocabulary import Actor, Permission

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

USUAL = (time(22), time(7))
QUARTER = timedelta(minutes=15)
KEEP = Permission.KEEP_OWN_CONTACTS


def draw(account: OwnAccount) -> None:
    """Draw the hours as they are, and the form that changes them."""
    hours = account.quiet_hours
    st.subheader("When the desk leaves me alone")
    st.markdown(f"**Quiet hours**: {hours.words}." if hours else "**Quiet hours**: none.")
    st.caption(
        "Off shift, what is not critical waits until they end, and others are asked meanwhile. "
        "What is critical always reaches you, and on shift you are paged at any hour."
    )
    starts, ends = (hours.starts_local, hours.ends_local) if hours else USUAL
    with st.form("account_quiet", border=True):
        one, other, zone = st.columns(3)
        one.time_input("From (local)", value=starts, key="quiet_starts", step=QUARTER)
        other.time_input("Until (local)", value=ends, key="quiet_ends", step=QUARTER)
        zones = list(dict.fromkeys((account.time_zone, *ZONES)))
        zone.selectbox("Time zone", zones, key="quiet_zone", accept_new_options=True)
        st.form_submit_button("Keep these quiet hours", type="primary", on_click=keep)
    if hours:
        st.button("Turn quiet hours off", key="quiet_off", type="tertiary", on_click=turn_off)


@guarded_callback(KEEP)
def keep(actor: Actor) -> None:
    """Set the hours of the form."""
    state = st.session_state
    hours = QuietHours(state["quiet_starts"], state["quiet_ends"], state["quiet_zone"])

    def change(session: Session, clock: Clock) -> tuple[str, bool]:
        set_quiet_hours(session, actor, hours, at=clock.at)
        return f"Quiet hours are {hours.words}.", True

    save(actor, change)


@guarded_callback(KEEP)
def turn_off(actor: Actor) -> None:
    """Have none."""

    def change(session: Session, clock: Clock) -> tuple[str, bool]:
        set_quiet_hours(session, actor, None, at=clock.at)
        return "You have no quiet hours.", True

    save(actor, change)
