"""What to look for in the audit history, kept in the address so that it can be passed on."""

from datetime import datetime, timedelta

import streamlit as st

from dashboard.components.audit_table import happening
from dashboard.components.history_pages import HistoryPages
from warehouse.audit_tags import AuditTag
from warehouse.queries.audit import AuditFilter

PERIODS = {
    "Last hour": timedelta(hours=1),
    "Last 24 hours": timedelta(days=1),
    "Last 7 days": timedelta(days=7),
    "Any time": None,
}
_WHAT = "audit_what"
KEYS = ("audit_who", _WHAT, "audit_about", "audit_period")
PAGES = HistoryPages("audit_older_than")


def draw(at: datetime) -> AuditFilter:
    """Draw the filters; a change goes back to the newest page."""
    _accept_tags()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = st.text_input(
            "Who",
            key="audit_who",
            bind="query-params",
            placeholder="user name",
            on_change=PAGES.go_to_newest,
            icon=":material/person:",
            width=180,
        )
        about = st.text_input(
            "About",
            key="audit_about",
            bind="query-params",
            placeholder="alert, or alert 42",
            on_change=PAGES.go_to_newest,
            icon=":material/search:",
            width=200,
        )
        tags = st.multiselect(
            "What happened",
            [tag.value for tag in AuditTag],
            format_func=happening,
            key=_WHAT,
            bind="query-params",
            placeholder="anything",
            on_change=PAGES.go_to_newest,
            width=320,
        )
        period = st.selectbox(
            "When",
            list(PERIODS),
            index=len(PERIODS) - 1,
            key="audit_period",
            bind="query-params",
            on_change=PAGES.go_to_newest,
            width=170,
        )
    return read(who or "", about or "", tags, period or "Any time", at)


def read(who: str, about: str, tags: list[str], period: str, at: datetime) -> AuditFilter:
    """Make the filter of what was typed; what makes no sense filters nothing."""
    noun, _, number = about.strip().lower().partition(" ")
    length = PERIODS.get(period)
    return AuditFilter(
        actor_username=_actor_name(who),
        tags=tuple(AuditTag(tag) for tag in tags if tag in set(AuditTag)),
        noun=noun.replace("-", "_") or None,
        noun_id=int(number) if number.strip().isdecimal() else None,
        from_at=at - length if length else None,
    )


def draw_nothing_found() -> None:
    """Say that nothing matches, and offer to look without filters."""
    st.info("No entry matches these filters.", icon=":material/search_off:")
    st.button("Clear filters", on_click=_clear)


def _accept_tags() -> None:
    """Let an address name what happened by its recorded tag too; the field reads its words."""
    tags = [name for name in st.query_params.get_all(_WHAT) if name in set(AuditTag)]
    if tags:
        st.session_state[_WHAT] = tags


def _clear() -> None:
    PAGES.go_to_newest()
    st.session_state.update({
        "audit_who": "",
        "audit_about": "",
        _WHAT: [],
        "audit_period": "Any time",
    })


def _actor_name(typed: str) -> str | None:
    """Write a name as it is recorded: people in lower case, the system in capitals."""
    name = typed.strip()
    return (name.upper() if name.upper() in {"SYSTEM", "VISITOR"} else name.lower()) or None
