"""Who is on shift now and who comes next, role by role."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard.components.amounts import literally
from dashboard.components.instants import DESK_ZONE, clock_time, day_and_time
from warehouse.queries.shifts import Watch
from warehouse.vocabulary import Role

TITLES = {Role.AGENT: "Agents", Role.MANAGER: "Managers", Role.ADMIN: "Administrators"}
ALWAYS_SHOWN = (Role.AGENT, Role.MANAGER)


def draw(watch: Sequence[Watch], at: datetime) -> None:
    """Draw a card for each role; one with nobody on shift says so in red."""
    roles = [role for role in TITLES if role in ALWAYS_SHOWN or any(w.role is role for w in watch)]
    for place, role in zip(st.columns(len(roles)), roles, strict=True):
        of_role = [each for each in watch if each.role is role]
        with place.container(border=True, height="stretch"):
            st.markdown(card_of(role, of_role, at))


def card_of(role: Role, watch: Sequence[Watch], at: datetime) -> str:
    """Write the card: who is on, until when, and who comes next."""
    lines = [_on_now(each, at) for each in watch if each.is_on]
    lines = lines or [":red-badge[● Nobody is on shift]"]
    following = [each for each in watch if not each.is_on]
    if following:
        names = ", ".join(literally(each.name) for each in following)
        lines.append(f":gray[Next: {names}, from {_time(following[0].starts_at, at)}]")
    else:
        lines.append(":gray[Next: nobody is planned]")
    return "  \n".join([f"**{TITLES[role]}**", *lines])


def _on_now(each: Watch, at: datetime) -> str:
    stands_in = " (stands in)" if each.stands_in else ""
    return f"{literally(each.name)}{stands_in} until {_time(each.ends_at, at)}"


def _time(instant: datetime, at: datetime) -> str:
    """Leave the day out where it is within half a day."""
    is_soon = abs((instant - at).total_seconds()) < 12 * 3600
    return clock_time(instant, DESK_ZONE) if is_soon else day_and_time(instant, DESK_ZONE)
