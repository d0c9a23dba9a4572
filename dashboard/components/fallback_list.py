"""The hotels proposed for an alert's travellers: ranked, with reasons, and one press to offer."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from dashboard.auth.gate import guarded_callback, guarded_fragment
from dashboard.auth.reading import acting, reading
from dashboard.components import unsettled_booking
from dashboard.components.amounts import counted, money
from dashboard.components.instants import clock_time, span
from warehouse.operations.fallback_offers import offer_fallback
from warehouse.operations.fallback_proposals import FallbackSweep
from warehouse.operations.fallbacks import propose_fallbacks
from warehouse.queries.booking_attempts import left_to_people
from warehouse.queries.clock import current_instant
from warehouse.queries.fallbacks import FallbackRow, list_fallbacks
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, AlertId, FallbackActionId, FallbackStatus, Permission

REFRESH_SECONDS = 3
ROW_PIXELS = 35
ROWS_SHOWN = 8
OFFER = "Offer"
RESULT = "fallback_result"
TO_OFFER = (FallbackStatus.PROPOSED, FallbackStatus.HELD)
TO_SHOW = (
    *TO_OFFER,
    FallbackStatus.OFFERED,
    FallbackStatus.ACCEPTED,
    FallbackStatus.BOOKING,
    FallbackStatus.BOOKED,
)


def fallback_frame(rows: Sequence[FallbackRow], at: datetime, *, may_offer: bool) -> pd.DataFrame:
    """Lay the hotels out, one row each, in the order given."""
    return pd.DataFrame([
        {
            "Booking": row.booking_ref,
            "Traveller": row.traveller_name or counted(row.party_size, "person", "people"),
            "Rank": row.rank,
            "Hotel": row.hotel_name,
            "Score": row.score,
            "Price": money(row.price_minor_units, row.currency),
            "Away": f"{row.distance_km:.1f} km",
            "Status": status_text(row, at),
            "act": OFFER if may_offer and row.status in TO_OFFER else "",
        }
        for row in rows
    ])


def status_text(row: FallbackRow, at: datetime) -> str:
    """Say where a hotel stands and until when."""
    word = row.status.replace("_", " ")
    if row.hold_expires_at is None:
        return word
    left = row.hold_expires_at - at
    return f"{word}, {span(left)} left" if left > timedelta() else f"{word}, time is up"


def reason_lines(row: FallbackRow) -> list[str]:
    """Word why a hotel stands where it does, the weightiest part first."""
    parts = sorted(row.parts, key=lambda part: -part.weight * part.value)
    lines = [
        f"{part.words}: {part.value * part.weight * 100:.0f} of {part.weight * 100:.0f} points"
        for part in parts
    ]
    if row.requires_approval:
        lines.append("above the policy's price cap: a manager has to offer it")
    return lines


def origin_words(rows: Sequence[FallbackRow]) -> str:
    """Say which hotels are made up; suppliers' own need no word."""
    made_up = [row.is_generated for row in rows]
    if all(made_up):
        return "Hotels and rooms are generated."
    return "Some hotels and rooms are generated." if any(made_up) else ""


@guarded_fragment(Permission.SEE_ALERTS, run_every=REFRESH_SECONDS)
def live_list(actor: Actor, alert_id: AlertId, *, is_live: bool) -> None:
    """Draw the list as it is now; reasons of the row that is picked stand beneath."""
    with reading(actor) as session:
        at = current_instant(session)
        rows = [row for row in list_fallbacks(session, actor, alert_id) if row.status in TO_SHOW]
        begun = [row.fallback_action_id for row in rows if row.status is FallbackStatus.BOOKING]
        silent = left_to_people(session, begun, at=at) if begun else frozenset()
    st.subheader("Somewhere to stay")
    may_act = may(actor, Permission.RESPOND) and is_live
    if message := st.session_state.get(RESULT):
        st.info(message)
    if not rows:
        _draw_none(alert_id, may_act=may_act)
        return
    st.caption(f"Rooms near the airport for one night, best first. {origin_words(rows)}".strip())
    picked = _draw_table(rows, at, may_act=may_act)
    shown = rows[picked] if picked is not None else rows[0]
    zone = shown.time_zone
    until = shown.hold_expires_at
    hold = f" Held until {clock_time(until, zone)}." if until else ""
    st.markdown(
        f"**Why {shown.hotel_name}** for {shown.booking_ref}: {shown.why_stranded}.{hold}\n"
        + "\n".join(f"- {line}" for line in reason_lines(shown))
    )
    unsettled = [row for row in rows if row.fallback_action_id in silent]
    if unsettled and may(actor, Permission.RESPOND):
        unsettled_booking.draw(shown if shown in unsettled else unsettled[0])


def _draw_table(rows: Sequence[FallbackRow], at: datetime, *, may_act: bool) -> int | None:
    # A press tells a row's position, so another list is another widget and old presses are lost.
    ids = tuple(row.fallback_action_id for row in rows)
    version = hashlib.sha256(repr(ids).encode()).hexdigest()[:12]
    offer_key = f"fallback_offer_{version}"
    column = st.column_config
    shown = st.dataframe(
        fallback_frame(rows, at, may_offer=may_act),
        key=f"fallbacks_{version}",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(len(rows), ROWS_SHOWN) * ROW_PIXELS + ROW_PIXELS + 3,
        column_config={
            "Rank": column.NumberColumn(width=50),
            "Status": column.TextColumn(width=150),
            "Score": column.ProgressColumn(min_value=0, max_value=1, format="%.2f", width=90),
            "act": column.ButtonColumn(
                "", key=offer_key, on_click=offer, args=(offer_key, ids), width=80
            ),
        },
        alt="Alternative hotels, ranked",
    )
    return next(iter(shown.selection.rows), None)


def _draw_none(alert_id: AlertId, *, may_act: bool) -> None:
    st.caption(
        "Nothing is proposed yet. Hotels are looked for when the alert's escalation asks, "
        "or now if you do."
    )
    if may_act:
        st.button("Look for hotels", icon=":material/hotel:", on_click=propose, args=(alert_id,))


@guarded_callback(Permission.RESPOND)
def offer(actor: Actor, key: str, ids: tuple[FallbackActionId, ...]) -> None:
    """Offer the hotel whose button was pressed to its traveller."""
    click = st.session_state.get(key)
    if not click:
        return
    with acting(actor) as (session, at):
        outcome = offer_fallback(session, actor, ids[click["row"]], at=at)
    st.session_state[RESULT] = outcome.message


@guarded_callback(Permission.RESPOND)
def propose(actor: Actor, alert_id: AlertId) -> None:
    """Look for hotels now."""
    with acting(actor) as (session, at):
        sweep = propose_fallbacks(session, actor, alert_id, at=at)
    st.session_state[RESULT] = sweep_sentence(sweep)


def sweep_sentence(sweep: FallbackSweep) -> str:
    """Say what a search for hotels came to."""
    if not sweep.stranded:
        return "Nobody on this flight needs a room: another flight follows, or home is near."
    parties = counted(sweep.stranded, "party", "parties")
    none = f" {sweep.without_room} found no room." if sweep.without_room else ""
    return f"{parties} stranded, {counted(sweep.held, 'hold')} placed.{none}"
