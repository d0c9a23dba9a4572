"""Take the shown part of the audit history away as a file; who did so is itself recorded."""

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.auth.reading import acting
from warehouse.operations.audit_export import ExportFormat, export_history
from warehouse.queries.audit import AuditFilter
from warehouse.vocabulary import Actor, Permission

MIME = {ExportFormat.CSV: "text/csv", ExportFormat.JSONL: "application/jsonl"}
_READY = "audit_export_ready"


def draw(wanted: AuditFilter) -> None:
    """Draw the way to an export: prepare it, which is recorded, then save the file."""
    for form in ExportFormat:
        st.button(
            f"Export {form.value.upper()}",
            icon=":material/output:",
            key=f"audit_export_{form.value}",
            on_click=_prepare,
            args=(wanted, form),
        )
    ready = st.session_state.get(_READY)
    if ready and ready[0] == wanted:
        _, form, written, entry_count = ready
        st.download_button(
            f"Save {entry_count:,} entries",
            written,
            file_name=f"audit.{form.value}",
            mime=MIME[form],
            type="primary",
            icon=":material/download:",
            key="audit_save",
        )


@guarded_callback(Permission.SEE_AUDIT)
def _prepare(actor: Actor, wanted: AuditFilter, form: ExportFormat) -> None:
    with acting(actor) as (session, at):
        export = export_history(session, actor, wanted, at=at, form=form)
        written = "".join(export.lines)
    st.session_state[_READY] = (wanted, form, written, export.entry_count)
