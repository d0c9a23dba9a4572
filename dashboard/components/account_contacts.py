"""One's own contacts: changed, verified by a code, tried with a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.components.account_results import save
from dashboard.components.amounts import literally
from dashboard.components.instants import countdown, long_date
from warehouse.operations.contacts import ask_for_code, remove_contact, send_test, type_code
from warehouse.queries.clock import Clock
from warehouse.queries.own_contacts import OwnAccount, OwnContact
from warehouse.vocabulary import Actor, Channel, Permission

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NAMES = {
    Channel.EMAIL: "E-mail",
    Channel.SMS: "Phone",
    Channel.CHAT: "Chat",
    Channel.WEBHOOK: "Webhook",
}
PLACEHOLDERS = {
    Channel.EMAIL: "mara@desk.example",
    Channel.SMS: "+1 212 555 0100",
    Channel.CHAT: "#storm-desk or @mara",
    Channel.WEBHOOK: "https://desk.example/pages",
}
GOES_TO = {
    Channel.EMAIL: "Every page is told in full, with the button that takes it.",
    Channel.SMS: "Pages as texts of one part.",
    Channel.CHAT: "Pages in the desk's chat service: a room, or yourself.",
    Channel.WEBHOOK: "Pages as signed JSON, posted to a system of yours.",
}
A_ROW = 2
KEEP = Permission.KEEP_OWN_CONTACTS


def draw(account: OwnAccount, clock: Clock) -> None:
    """Draw each contact with what can be done about it, two in a row."""
    st.subheader("How the desk reaches me")
    st.caption(
        "Pages go to verified contacts only, by the channels that a step of the policy names. What"
        " is verified stays in use until a new one is."
    )
    for start in range(0, len(account.contacts), A_ROW):
        row = account.contacts[start : start + A_ROW]
        for contact, column in zip(row, st.columns(A_ROW), strict=True):
            with column, st.container(border=True, key=f"account_{contact.channel}"):
                _draw_contact(contact, account.time_zone, clock)


def contact_words(contact: OwnContact, time_zone: str) -> str:
    """Say what a contact is, and whether pages go there."""
    name = NAMES[contact.channel]
    if contact.address is None:
        return f"**{name}**: none."
    address = literally(contact.address)
    if contact.verified_at is None:
        return f"**{name}**: {address}, not verified. No page goes there."
    return f"**{name}**: {address}, verified {long_date(contact.verified_at, time_zone)}."


def _draw_contact(contact: OwnContact, time_zone: str, clock: Clock) -> None:
    channel = contact.channel
    st.markdown(contact_words(contact, time_zone))
    st.caption(GOES_TO[channel])
    with st.form(f"account_ask_{channel}", border=False):
        st.text_input(
            f"New {NAMES[channel].lower()}",
            key=f"account_new_{channel}",
            placeholder=PLACEHOLDERS[channel],
        )
        st.form_submit_button("Send a code", on_click=ask, args=(channel,))
    if contact.asked_address is not None and contact.code_expires_at is not None:
        left = countdown(contact.code_expires_at, clock.server_at)
        _draw_code(channel, contact.asked_address, left)
    with st.container(horizontal=True):
        if contact.verified_at is not None:
            st.button(
                "Send me a test", key=f"account_test_{channel}", on_click=try_out, args=(channel,)
            )
        if channel is not Channel.EMAIL and contact.address is not None:
            st.button(
                f"Forget this {NAMES[channel].lower()}",
                key=f"account_forget_{channel}",
                type="tertiary",
                on_click=forget,
                args=(channel,),
            )


def _draw_code(channel: Channel, address: str, left: str) -> None:
    with st.form(f"account_type_{channel}", border=False):
        st.text_input(
            f"Code that went to {literally(address)}",
            key=f"account_code_{channel}",
            placeholder="000000",
            max_chars=7,
            autocomplete="one-time-code",
            help=f"Six digits; it runs out {left}.",
        )
        st.form_submit_button("Verify", type="primary", on_click=verify, args=(channel,))


@guarded_callback(KEEP)
def ask(actor: Actor, channel: Channel) -> None:
    """Send a code to the contact that was typed."""
    typed = st.session_state[f"account_new_{channel}"]

    def change(session: Session, clock: Clock) -> tuple[str, bool]:
        ask_for_code(session, actor, channel, typed, clock=clock)
        return "A code is on its way. Type it in within ten minutes.", True

    save(actor, change)


@guarded_callback(KEEP)
def verify(actor: Actor, channel: Channel) -> None:
    """Take the code that was typed in."""
    code = st.session_state[f"account_code_{channel}"]

    def change(session: Session, clock: Clock) -> tuple[str, bool]:
        outcome = type_code(session, actor, channel, code, clock=clock)
        return outcome.message, outcome.result == "verified"

    save(actor, change)


@guarded_callback(KEEP)
def try_out(actor: Actor, channel: Channel) -> None:
    """Send a test to the contact in force."""

    def change(session: Session, clock: Clock) -> tuple[str, bool]:
        send_test(session, actor, channel, clock=clock)
        return "A test is on its way.", True

    save(actor, change)


@guarded_callback(KEEP)
def forget(actor: Actor, channel: Channel) -> None:
    """Forget the contact of a channel."""

    def change(session: Session, clock: Clock) -> tuple[str, bool]:
        remove_contact(session, actor, channel, clock=clock)
        return f"Your {NAMES[channel].lower()} is forgotten. No page goes there any more.", True

    save(actor, change)
