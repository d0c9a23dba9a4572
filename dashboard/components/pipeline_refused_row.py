"""One refused row: its text whole, and what to do about it."""

import shlex

import streamlit as st

from dashboard.components.instants import DESK_ZONE, day_and_time
from warehouse.queries.feeds import QuarantineRow
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, Permission

LONG_TEXT_CHARACTERS = 3_000
LONG_TEXT_PIXELS = 420


def draw(actor: Actor, row: QuarantineRow) -> None:
    """Draw the row; those who may load it again are told how."""
    with st.container(border=True, key="pipeline_refused_row"):
        # What a source wrote stands in plain text: it is nobody's Markdown.
        st.text(heading_of(row))
        st.caption(f"First seen {day_and_time(row.first_seen_at, DESK_ZONE)}. As received:")
        is_long = len(row.raw_text) > LONG_TEXT_CHARACTERS
        st.code(
            row.raw_text,
            language="json" if row.raw_text.lstrip().startswith("{") else None,
            wrap_lines=True,
            height=LONG_TEXT_PIXELS if is_long else "content",
        )
        _advise(actor, row)


def heading_of(row: QuarantineRow) -> str:
    """Say what was refused, and where it stands in what was sent."""
    place = f"line {row.line:,} of {row.file}" if row.file else f"row {row.line:,}"
    return f"{row.feed}: {row.words} ({place}, from {row.source})"


def _advise(actor: Actor, row: QuarantineRow) -> None:
    may_load = may(actor, Permission.ADMINISTER)
    if row.file:
        st.markdown("**Correct the file and ingest it again**: what it then says takes its place.")
        if may_load:
            st.code(f"stormdesk ingest {shlex.quote(row.file)}", language="shell", wrap_lines=True)
    else:
        st.markdown(
            "**Tell the provider**: the row comes in by itself once they send it corrected."
        )
    st.markdown(
        "**Load it again** if the reason no longer holds, as when an airport was missing: "
        "everything of this feed that waits is tried, and what still breaks a rule waits on."
    )
    if may_load:
        st.code(
            f"stormdesk quarantine retry --feed {shlex.quote(row.feed)}",
            language="shell",
            wrap_lines=True,
        )
    else:
        st.caption("An administrator can load it again.")
