"""My trips: for a traveller, one sentence, one next action, and the offers to answer."""

import streamlit as st

from dashboard.auth.gate import guarded_callback, guarded_fragment, require
from dashboard.auth.reading import acting, reading
from dashboard.components import style
from dashboard.components.amounts import markdown_money
from dashboard.components.instants import clock_time, countdown
from dashboard.views.trip_words import (
    current_leg,
    message_about,
    nights_of,
    status_of,
    times_of,
)
from warehouse.operations.fallback_offers import accept_fallback, decline_fallback
from warehouse.queries.clock import current_instant
from warehouse.queries.fallbacks import OfferRow, list_offers_of_traveller
from warehouse.queries.trips import Trip, TripLeg, TripStay, list_own_trips
from warehouse.vocabulary import Actor, FallbackActionId, FallbackStatus, Permission

WIDTH = 760
ANSWERED = {
    FallbackStatus.ACCEPTED: ("accepted, being booked", "blue"),
    FallbackStatus.BOOKING: ("accepted, being booked", "blue"),
    FallbackStatus.BOOKED: ("booked", "green"),
    FallbackStatus.DECLINED: ("you declined it", "gray"),
    FallbackStatus.EXPIRED: ("not answered in time", "gray"),
    FallbackStatus.SUPERSEDED: ("replaced by another", "gray"),
    FallbackStatus.FAILED: ("the hotel could not confirm", "orange"),
}


def render() -> None:
    """Draw the page, and again every few seconds."""
    require(Permission.SEE_OWN_TRIPS)
    style.apply()
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        _live()


@guarded_fragment(Permission.SEE_OWN_TRIPS, run_every=5)
def _live(actor: Actor) -> None:
    with reading(actor) as session:
        at = current_instant(session)
        trips = list_own_trips(session, actor, at=at)
        offers = list_offers_of_traveller(session, actor)
    message = message_about(current_leg(trips, at), offers, at)
    st.title("My trips")
    with st.container(border=True, key="next_action"):
        icon = ":material/warning:" if message.is_disturbed else ":material/check_circle:"
        st.subheader(f"{icon} {message.sentence}", anchor=False)
        st.markdown(message.action)
    for offer in offers:
        _offer(offer, can_answer=offer.can_be_answered(at), ends_in=_ends_in(offer, at))
    for trip in trips:
        _trip(trip)
    if not trips:
        st.caption("Trips appear here from your booking until two days after you land.")


def _ends_in(offer: OfferRow, at: object) -> str:
    if offer.hold_expires_at is None:
        return ""
    ends_at = offer.hold_expires_at
    return f"{clock_time(ends_at, offer.time_zone)}, {countdown(ends_at, at)}"


def _offer(offer: OfferRow, *, can_answer: bool, ends_in: str) -> None:
    """Draw one offer; its two answers while it can still be answered."""
    with st.container(border=True):
        stars = f" · {offer.stars:g}★" if offer.stars else ""
        st.markdown(f"#### :material/hotel: {offer.hotel_name}{stars}")
        st.markdown(
            f"{nights_of(offer)} · {offer.rooms} {offer.room_type} "
            f"room{'s' if offer.rooms > 1 else ''} · {offer.distance_km:.1f} km from "
            f"{offer.origin} · **{markdown_money(offer.price_minor_units, offer.currency)}** "
            f"in all, because of {offer.flight_name} to {offer.destination}"
        )
        if can_answer:
            _answers(offer, ends_in)
        else:
            words, colour = ANSWERED.get(offer.status, ("no longer open", "gray"))
            reference = f" Reference **{offer.supplier_ref}**." if offer.supplier_ref else ""
            st.markdown(f":{colour}-badge[{words}]{reference}")
        if offer.is_generated:
            st.caption("This hotel is generated for the demonstration.")


def _answers(offer: OfferRow, ends_in: str) -> None:
    number = offer.fallback_action_id
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Accept",
            type="primary",
            icon=":material/check:",
            key=f"accept_{number}",
            on_click=_accept,
            args=(number,),
        )
        st.button("Decline", key=f"decline_{number}", on_click=_decline, args=(number,))
        st.caption(f"Held for you until {ends_in}.")


@guarded_callback(Permission.SEE_OWN_TRIPS)
def _accept(actor: Actor, fallback_action_id: FallbackActionId) -> None:
    with acting(actor) as (session, at):
        answered = accept_fallback(session, actor, fallback_action_id, at=at)
    st.toast(answered.message)


@guarded_callback(Permission.SEE_OWN_TRIPS)
def _decline(actor: Actor, fallback_action_id: FallbackActionId) -> None:
    with acting(actor) as (session, at):
        answered = decline_fallback(session, actor, fallback_action_id, at=at)
    st.toast(answered.message)


def _trip(trip: Trip) -> None:
    with st.container(border=True):
        first, last = trip.legs[0], trip.legs[-1]
        ends = first.origin_city, first.destination_city
        is_return = len(trip.legs) > 1 and last.destination == first.origin
        arrow = " ⇄ " if is_return else " → "
        st.markdown(f"##### {arrow.join(ends)}")
        for leg in trip.legs:
            _leg(leg)
        for stay in trip.stays:
            _stay(stay)
        people = f"{first.party_size} travellers · " if first.party_size > 1 else ""
        generated = " · generated for the demonstration" if first.is_generated else ""
        st.caption(f"{people}Booking {trip.booking_ref}{generated}")


def _leg(leg: TripLeg) -> None:
    words, colour = status_of(leg)
    st.markdown(
        f":material/flight: **{leg.flight_name}** {leg.origin} → {leg.destination} "
        f":{colour}-badge[{words}]  \n{times_of(leg)}"
    )


def _stay(stay: TripStay) -> None:
    lapsed = "" if stay.is_confirmed else " :gray-badge[cancelled]"
    place = f", {stay.city}" if stay.city else ""
    st.markdown(
        f":material/hotel: **{stay.hotel_name}**{place}{lapsed}  \n"
        f"{nights_of(stay)} · {stay.rooms} {stay.room_type} room{'s' if stay.rooms > 1 else ''}"
    )
