"""The audit history: who did what to what, searched, shown before and after, exported, verified."""

import streamlit as st

from dashboard.auth.gate import require
from dashboard.auth.reading import reading
from dashboard.components import audit_export, audit_filters, audit_table, style
from dashboard.components.instants import DESK_ZONE, day_and_time
from warehouse.queries.audit import PAGE, AuditFilter, list_audit
from warehouse.queries.audit_verification import verify_history
from warehouse.queries.clock import current_instant
from warehouse.rules import permissions
from warehouse.vocabulary import Actor, Permission


def render() -> None:
    """Draw the page."""
    actor = require(Permission.SEE_OWN_AUDIT)
    style.apply()
    st.title("Audit")
    st.caption(_scope_of(actor))
    with reading(actor) as session:
        at = current_instant(session)
    wanted = audit_filters.draw(at)
    if permissions.may(actor, Permission.SEE_AUDIT):
        with st.container(horizontal=True, vertical_alignment="center"):
            is_asked = st.button("Verify", icon=":material/verified_user:", key="audit_verify")
            audit_export.draw(wanted)
        if is_asked:
            _verify(actor)
    _history(actor, wanted)
    st.caption(
        f"As of {day_and_time(at, DESK_ZONE)}. An entry can be added and never changed; "
        "seals over the history show if somebody with the database's own rights did."
    )


def _history(actor: Actor, wanted: AuditFilter) -> None:
    older_than = audit_filters.PAGES.start()
    with reading(actor) as session:
        rows = list_audit(session, actor, wanted, limit=PAGE + 1, older_than=older_than)
    if rows:
        audit_table.draw(rows[:PAGE])
    else:
        audit_filters.draw_nothing_found()
    audit_filters.PAGES.draw(last_shown=rows[PAGE - 1].entry_id if len(rows) > PAGE else None)


def _verify(actor: Actor) -> None:
    """Recompute every seal, and say what was found."""
    with reading(actor) as session, st.spinner("Recomputing every seal…"):
        found = verify_history(session)
    if found.is_intact:
        head = f" Newest seal {found.head.seal_number}: `{found.head.hash}`" if found.head else ""
        st.success(found.sentence + head, icon=":material/verified_user:")
    else:
        st.error(found.sentence, icon=":material/gpp_bad:")


def _scope_of(actor: Actor) -> str:
    if permissions.may(actor, Permission.SEE_AUDIT):
        return "Everything that was done, by whom, and what it changed; newest first."
    if permissions.may(actor, Permission.SEE_ALERT_AUDIT):
        return "What was done about alerts, and what you did yourself; newest first."
    return "What you did yourself; newest first."
