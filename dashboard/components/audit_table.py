"""One page of the audit history, and what the chosen entry changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard.components.amounts import sentence_case
from dashboard.components.instants import DESK_ZONE, day_and_time
from dashboard.components.refused_attempt import tried
from dashboard.components.timeline import tag_words
from warehouse.audit_tags import AuditTag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse.queries.audit import AuditRow

ROW_HEIGHT = 35
UNSET = "—"


def draw(rows: Sequence[AuditRow]) -> None:
    """Draw the page; a chosen row shows what it changed below."""
    newest, oldest = rows[0].entry_id, rows[-1].entry_id
    chosen = st.dataframe(
        pd.DataFrame([_line(row) for row in rows]),
        hide_index=True,
        key=f"audit_table_{newest}_{oldest}",
        on_select="rerun",
        selection_mode="single-row",
        height=min(len(rows), 14) * ROW_HEIGHT + ROW_HEIGHT + 3,
        column_config={
            "At": st.column_config.TextColumn(width=165),
            "What happened": st.column_config.TextColumn(width=170),
            "Reason": st.column_config.TextColumn(width="large"),
        },
        alt="Audit entries, newest first",
    )
    positions = chosen["selection"]["rows"]
    if positions and positions[0] < len(rows):
        _entry(rows[positions[0]])
    else:
        st.caption("Choose a row to see what it changed.")


def changes_of(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[list[str]]:
    """List what an entry changed: column, before, after; unchanged columns are left out."""
    old, new = before or {}, after or {}
    return [
        [name, _word(old.get(name)), _word(new.get(name))]
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def happening(tag: str) -> str:
    """Word a tag where it stands alone."""
    return sentence_case(tag_words(tag))


def _line(row: AuditRow) -> dict[str, str]:
    return {
        "At": day_and_time(row.at, DESK_ZONE),
        "Who": row.actor_username,
        "As": ", ".join(row.actor_roles) or UNSET,
        "What happened": _happened(row),
        "About": _about(row),
        "Reason": _reason(row),
        "Through": row.source.replace("_", " "),
    }


def _entry(row: AuditRow) -> None:
    with st.container(border=True):
        st.markdown(f"**{row.actor_username}** · {_happened(row)} · {_about(row)}")
        st.caption(
            f"Entry {row.entry_id}, at {day_and_time(row.at, DESK_ZONE)}; "
            f"written {row.recorded_at:%Y-%m-%d %H:%M:%S} UTC by the server's clock."
        )
        if row.reason:
            st.text(f"Reason: {_reason(row)}")
        changes = changes_of(row.before, row.after)
        if changes:
            columns = ["Column", "Before", "After"]
            st.dataframe(pd.DataFrame(changes, columns=columns), hide_index=True)
        else:
            st.caption("It changed no columns.")


def _happened(row: AuditRow) -> str:
    attempt = tried(row.tag, row.noun, row.noun_id, row.after)
    return sentence_case(attempt) if attempt else happening(row.tag)


def _reason(row: AuditRow) -> str:
    is_refused = row.tag == AuditTag.PERMISSION_REFUSED
    return f"Refused: {row.reason or 'no role allows it'}" if is_refused else row.reason or ""


def _about(row: AuditRow) -> str:
    noun = row.noun.replace("_", " ")
    return noun if row.noun_id is None else f"{noun} {row.noun_id}"


def _word(value: object) -> str:
    if value is None:
        return UNSET
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
