"""What the inbox shows, kept in the address so that a view can be shared and comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

from dashboard.components.severity_marks import MARKS, most_severe_first
from warehouse.queries.alerts import LIVE, InboxCounts, InboxFilter
from warehouse.vocabulary import AlertStatus, Severity

SHOW = "inbox_show"
SEVERITY = "inbox_severity"
ORIGIN = "inbox_from"
MINE = "inbox_mine"
FIND = "inbox_find"
ORIGINS = ("EWR", "JFK", "LGA")


class Shown(StrEnum):
    """The views one button away."""

    OPEN = "open"
    CRITICAL = "critical"
    TAKEN = "taken"
    CLOSED = "closed"


STATUSES: Mapping[Shown, tuple[AlertStatus, ...]] = {
    Shown.OPEN: (AlertStatus.OPEN,),
    Shown.CRITICAL: LIVE,
    Shown.TAKEN: (AlertStatus.ACKNOWLEDGED,),
    Shown.CLOSED: (AlertStatus.CLOSED,),
}
SENTENCES: Mapping[Shown, str] = {
    Shown.OPEN: "alerts nobody has taken",
    Shown.CRITICAL: "critical alerts, taken or not",
    Shown.TAKEN: "alerts somebody has taken",
    Shown.CLOSED: "closed alerts",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person asked to see."""

    shown: Shown = Shown.OPEN
    severities: frozenset[Severity] = frozenset()
    origin: str | None = None
    search: str = ""
    is_mine: bool = False

    def to_filter(self) -> InboxFilter:
        """Say it in the inbox query's words."""
        is_critical = self.shown is Shown.CRITICAL
        only = (Severity.CRITICAL,) if is_critical else tuple(sorted(self.severities))
        return InboxFilter(
            statuses=STATUSES[self.shown],
            severities=only,
            origin=self.origin,
            search=self.search or None,
            mine=self.is_mine,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether something beyond the view hides alerts."""
        return bool(self.severities or self.origin or self.search or self.is_mine)

    def sentence(self) -> str:
        """Say in words what the list holds."""
        parts = [SENTENCES[self.shown]]
        if self.severities:
            ranked = [each for each in most_severe_first() if each in self.severities]
            parts.append("severity " + " or ".join(ranked))
        if self.origin:
            parts.append(f"from {self.origin}")
        if self.is_mine:
            parts.append("mine only")
        if self.search:
            parts.append(f"matching “{self.search}”")
        return ", ".join(parts)


def shown_in_address() -> Shown:
    """Read the view from the address; anything unknown is the open list."""
    value = st.query_params.get(SHOW)
    return Shown(value) if value in set(Shown) else Shown.OPEN


def draw_filters(*, is_compact: bool) -> Chosen:
    """Draw the filters, each bound to the address; a phone keeps them folded."""
    if is_compact:
        with st.expander("Filter", icon=":material/filter_list:"):
            return _draw_filters()
    return _draw_filters()


def _draw_filters() -> Chosen:
    with st.container(horizontal=True, vertical_alignment="center", key="inbox_filters"):
        labels = st.pills(
            "Severity",
            [MARKS[severity].word for severity in most_severe_first()],
            selection_mode="multi",
            key=SEVERITY,
            bind="query-params",
            label_visibility="collapsed",
        )
        origin = st.segmented_control(
            "From", ORIGINS, key=ORIGIN, bind="query-params", label_visibility="collapsed"
        )
        is_mine = st.toggle("Mine", key=MINE, bind="query-params", help="Only what you have taken")
        search = st.text_input(
            "Find",
            key=FIND,
            bind="query-params",
            type="search",
            placeholder="Flight, place or booking",
            label_visibility="collapsed",
            width=220,
        )
    return Chosen(
        shown=shown_in_address(),
        severities=frozenset(Severity(label.lower()) for label in labels),
        origin=origin,
        search=(search or "").strip(),
        is_mine=bool(is_mine),
    )


def draw_counts(counts: InboxCounts) -> None:
    """Draw the counts as buttons: each leads to the alerts it counts."""
    shown = shown_in_address()
    figures = {
        Shown.OPEN: (counts.open, "open"),
        Shown.CRITICAL: (counts.critical, "critical"),
        Shown.TAKEN: (counts.acknowledged, "taken"),
        Shown.CLOSED: (counts.closed_24h, "closed in 24 h"),
    }
    with st.container(horizontal=True, key="inbox_counts"):
        for view, (number, words) in figures.items():
            st.button(
                f"**{number:,}** {words}",
                key=f"inbox_show_{view}",
                type="primary" if view is shown else "secondary",
                on_click=_show,
                args=(view,),
                help=f"Show {SENTENCES[view]}",
            )


def clear_filters() -> None:
    """Show every alert of the view."""
    st.session_state[SEVERITY] = []
    st.session_state[ORIGIN] = None
    st.session_state[MINE] = False
    st.session_state[FIND] = ""


def _show(view: Shown) -> None:
    if view is Shown.OPEN:
        st.query_params.pop(SHOW, None)
    else:
        st.query_params[SHOW] = view.value
