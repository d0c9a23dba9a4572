"""What happened to an alert, as sentences, the newest first."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.components.instants import day_and_time
from dashboard.components.refused_attempt import tried
from warehouse.audit_tags import AuditTag
from warehouse.queries.alert_page import TimelineEntry
from warehouse.vocabulary import Channel

MOST_SHOWN = 40
DESK = "The desk"
BY: Mapping[str, str] = {Channel.EMAIL: "e-mail", Channel.SMS: "text message"}

SENTENCES: Mapping[AuditTag, str] = {
    AuditTag.ALERT_RAISED: "{actor} raised it",
    AuditTag.ALERT_STRENGTHENED: "Said again, stronger",
    AuditTag.ALERT_ACKNOWLEDGED: "{actor} acknowledged it",
    AuditTag.ALERT_SEEN: "{actor} saw it too",
    AuditTag.ALERT_RELEASED: "{actor} released it",
    AuditTag.ALERT_SUPPRESSED: "{actor} snoozed it",
    AuditTag.ALERT_REOPENED: "Open again",
    AuditTag.ALERT_LEFT_STORM: "Its storm is over: it pages by itself",
    AuditTag.ALERT_EXHAUSTED: "Its ladder is used up",
    AuditTag.ALERT_SEVERITY_CHANGED: "{actor} changed its severity",
    AuditTag.ALERT_CLOSED: "{actor} closed it",
    AuditTag.FALLBACK_PROPOSED: "Hotel proposed",
    AuditTag.FALLBACK_HELD: "Rooms held",
    AuditTag.FALLBACK_OFFERED: "{actor} offered a hotel",
    AuditTag.FALLBACK_ACCEPTED: "Offer accepted",
    AuditTag.FALLBACK_DECLINED: "Offer declined",
    AuditTag.FALLBACK_EXPIRED: "Hold ran out",
    AuditTag.FALLBACK_SUPERSEDED: "Proposal replaced",
    AuditTag.FALLBACK_FAILED: "No hotel found",
    AuditTag.FALLBACK_BOOKING: "Booking sent to the hotel",
    AuditTag.FALLBACK_BOOKED: "Hotel booked",
    AuditTag.FALLBACK_CANCELLED: "Hotel cancelled",
}


def sentence(entry: TimelineEntry) -> str:
    """Say what happened and who did it."""
    known_as = entry.actor_name or entry.actor_username
    actor = DESK if entry.actor_username == "SYSTEM" else known_as
    if entry.tag is AuditTag.ALERT_ESCALATED:
        return _escalated(entry.after or {})
    attempt = tried(entry.tag, "it", None, entry.after)
    if attempt is not None:
        return f"{actor} {attempt}, refused"
    if entry.tag is AuditTag.NOTIFICATION_SENT and entry.after:
        return _sent_with_others(entry.after)
    known = SENTENCES.get(entry.tag)
    if known is None:
        return f"{actor}: {tag_words(entry.tag)}"
    return known.format(actor=actor)


def tag_words(tag: str) -> str:
    """Word a tag as people say it: "alert.also_seen" is "alert also seen"."""
    return tag.replace(".", " ").replace("_", " ")


def grouped(entries: Sequence[TimelineEntry]) -> list[tuple[TimelineEntry, int]]:
    """Fold neighbours that say the same at the same instant into one, with how many."""
    folded: list[tuple[TimelineEntry, int]] = []
    for entry in entries:
        if folded and _says_the_same(folded[-1][0], entry):
            folded[-1] = (folded[-1][0], folded[-1][1] + 1)
        else:
            folded.append((entry, 1))
    return folded


def draw_timeline(entries: Sequence[TimelineEntry], time_zone: str) -> None:
    """Draw the entries, each with its instant in the airport's time."""
    if not entries:
        st.caption("Nothing has happened yet.")
    for entry, times in grouped(entries)[:MOST_SHOWN]:
        many = f", {times} times" if times > 1 else ""
        reason = f"  \n“{entry.reason}”" if entry.reason else ""
        st.markdown(
            f":gray[{day_and_time(entry.at, time_zone)}]  \n**{sentence(entry)}**{many}{reason}"
        )


def _escalated(facts: Mapping[str, Any]) -> str:
    people = ", ".join(facts.get("recipients", [])) or "nobody on shift"
    return f"Escalated to step {facts.get('level', '?')}: {people}"


def _sent_with_others(facts: Mapping[str, Any]) -> str:
    others = facts["others"]
    by = BY.get(facts["channel"], facts["channel"])
    many = "1 other" if others == 1 else f"{others} others"
    return f"Paged {facts['recipient']} by {by}, in one message with {many}"


def _says_the_same(one: TimelineEntry, other: TimelineEntry) -> bool:
    return (one.tag, one.at, one.reason, one.actor_username, one.after is None) == (
        other.tag,
        other.at,
        other.reason,
        other.actor_username,
        other.after is None,
    ) and one.tag not in {AuditTag.ALERT_ESCALATED, AuditTag.NOTIFICATION_SENT}
