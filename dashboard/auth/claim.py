"""The one piece of our own JavaScript: hands the ticket over and reloads with the cookie."""

import streamlit as st

_HAND_OVER = """
export default function ({ data, setTriggerValue }) {
  if (window.__stormdeskTicket === data.ticket) return;
  window.__stormdeskTicket = data.ticket;
  fetch("/session/claim", {
    method: "POST",
    body: data.ticket,
    headers: { "content-type": "text/plain" },
    credentials: "same-origin",
  }).then((answer) => {
    if (answer.ok) window.location.reload();
    else setTriggerValue("refused", true);
  }).catch(() => setTriggerValue("refused", true));
}
"""


def hand_over(ticket: str) -> None:
    """Let the browser swap the ticket for its cookie; the page then reloads, signed in."""
    component = st.components.v2.component("stormdesk_claim", js=_HAND_OVER)
    component(
        data={"ticket": ticket}, key="claim", on_refused_change=lambda: None, height="content"
    )
