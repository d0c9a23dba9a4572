"""Where an agent says whether a hotel is booked, once its supplier has not said so in time."""

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.auth.reading import acting
from warehouse.operations.unsettled_bookings import settle_booking
from warehouse.queries.fallbacks import FallbackRow
from warehouse.vocabulary import Actor, FallbackActionId, Permission

RESULT = "fallback_result"
REFERENCE = "settle_reference"
REASON = "settle_reason"


def draw(row: FallbackRow) -> None:
    """Ask whether the hotel has the booking, and how that is known."""
    with st.form(f"settle_{row.fallback_action_id}", clear_on_submit=True):
        st.markdown(f"**Is {row.hotel_name} booked for {row.booking_ref}?** Call the hotel first.")
        st.text_input("Booking reference, if it is booked", key=REFERENCE)
        st.text_input("How you know", key=REASON, placeholder="spoke to the night desk")
        for words, is_booked in (("It is booked", True), ("It is not booked", False)):
            st.form_submit_button(
                words,
                on_click=settle,
                args=(row.fallback_action_id,),
                kwargs={"is_booked": is_booked},
            )


@guarded_callback(Permission.RESPOND)
def settle(actor: Actor, fallback_action_id: FallbackActionId, *, is_booked: bool) -> None:
    """Write down what the hotel said."""
    reference = str(st.session_state.get(REFERENCE) or "").strip()
    if is_booked and not reference:
        st.session_state[RESULT] = "Give the reference the hotel has it under."
        return
    with acting(actor) as (session, at):
        outcome = settle_booking(
            session,
            actor,
            fallback_action_id,
            supplier_ref=reference if is_booked else None,
            reason=str(st.session_state.get(REASON) or ""),
            at=at,
        )
    st.session_state[RESULT] = outcome.message
