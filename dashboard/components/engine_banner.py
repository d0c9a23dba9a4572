"""Above every page of the desk: what of the engine has stopped, since when, and what to do."""

import streamlit as st

from dashboard.components.instants import DESK_ZONE, day_and_time
from warehouse.queries.engine_watch import list_engine_lateness
from warehouse.rules import permissions
from warehouse.rules.engine_watch import Lateness, remedies_of, sentence_of
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Permission

KEPT_SECONDS = 3
"""One look serves everybody who is signed in."""


@st.cache_data(ttl=KEPT_SECONDS, show_spinner=False)
def list_what_is_late() -> list[Lateness]:
    """Read the engine's pulse; on nobody's behalf, so that one answer is everybody's."""
    with transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
        return list_engine_lateness(session)


def draw(actor: Actor) -> None:
    """Draw nothing while everything runs, and nothing for travellers."""
    if not permissions.may(actor, Permission.SEE_ALERTS):
        return
    late = list_what_is_late()
    urgent = [each for each in late if each.stops_alerts]
    if urgent:
        st.error(words_of(urgent), icon=":material/heart_broken:")
    elif late:
        st.warning(words_of(late), icon=":material/monitor_heart:")


def words_of(late: list[Lateness]) -> str:
    """Say what is late, since when by the server's clock, and what to do."""
    since = min((each.since for each in late if each.since), default=None)
    when = f" Since {day_and_time(since, DESK_ZONE)}." if since else ""
    return f"**{sentence_of(late)}**{when}  \n{' '.join(remedies_of(late))}"
