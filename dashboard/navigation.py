"""The pages there are, who may open each, and how one page leads to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import streamlit as st

from warehouse.rules import permissions
from warehouse.vocabulary import Actor, Permission


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One address of the dashboard.

    `view` names the module whose `render()` draws the page; `permission` is what it takes.
    """

    path: str
    title: str
    icon: str
    permission: Permission
    view: str
    is_hidden: bool = False

    def render(self) -> None:
        """Draw the page."""
        import_module(self.view).render()

    def is_open_to(self, actor: Actor) -> bool:
        """Whether a role of the actor opens this page; a person's page is not for the system."""
        return permissions.may(actor, self.permission)


PAGES = (
    PageSpec("inbox", "Inbox", ":material/inbox:", Permission.SEE_ALERTS, "dashboard.views.inbox"),
    PageSpec(
        "alert",
        "Alert",
        ":material/warning:",
        Permission.SEE_ALERTS,
        "dashboard.views.alert",
        is_hidden=True,
    ),
    PageSpec(
        "forecast",
        "Forecast",
        ":material/thunderstorm:",
        Permission.SEE_FORECASTS,
        "dashboard.views.forecast",
    ),
    PageSpec(
        "shifts",
        "Shifts",
        ":material/calendar_month:",
        Permission.SEE_OWN_SHIFTS,
        "dashboard.views.shifts",
    ),
    PageSpec(
        "policies",
        "Policies",
        ":material/stairs:",
        Permission.ADMINISTER,
        "dashboard.views.policies",
    ),
    PageSpec(
        "my_trips",
        "My trips",
        ":material/luggage:",
        Permission.SEE_OWN_TRIPS,
        "dashboard.views.my_trips",
    ),
    PageSpec(
        "pipeline",
        "Pipeline",
        ":material/conveyor_belt:",
        Permission.SEE_PIPELINE,
        "dashboard.views.pipeline",
    ),
    PageSpec(
        "audit", "Audit", ":material/history:", Permission.SEE_OWN_AUDIT, "dashboard.views.audit"
    ),
    PageSpec(
        "account",
        "My account",
        ":material/manage_accounts:",
        Permission.KEEP_OWN_CONTACTS,
        "dashboard.views.account",
    ),
)


def build_pages(
    actor: Actor | None,
    *,
    sign_in: Callable[[], None],
    refused: Callable[[PageSpec], None],
    home: Callable[[], None],
) -> dict[str, st.Page]:
    """Make every page for every visitor, so that no address is ever lost; what it draws differs."""
    pages = {
        "": st.Page(
            home if actor else sign_in,
            title="Stormdesk",
            url_path="home",
            default=True,
            visibility="hidden",
        )
    }
    for spec in PAGES:
        is_open = actor is not None and spec.is_open_to(actor)
        shown = sign_in if actor is None else spec.render if is_open else partial(refused, spec)
        pages[spec.path] = st.Page(
            shown,
            title=spec.title,
            icon=spec.icon,
            url_path=spec.path,
            visibility="hidden" if spec.is_hidden or not is_open else "visible",
        )
    return pages


def open_page(path: str, query: Mapping[str, str] | None = None) -> None:
    """Go to another page of ours, with its query parameters."""
    st.switch_page(_registered(path), query_params=dict(query or {}))


def link_to(path: str, label: str, query: Mapping[str, str] | None = None, **options: Any) -> None:
    """Draw a link to another page of ours; `options` are those of `st.page_link`."""
    st.page_link(_registered(path), label=label, query_params=dict(query or {}), **options)


def home_of(actor: Actor) -> str | None:
    """Name the page somebody starts at, the first one open to them; None without a role."""
    mine = (spec.path for spec in PAGES if spec.is_open_to(actor) and not spec.is_hidden)
    return next(mine, None)


def keep(pages: Mapping[str, st.Page]) -> None:
    """Remember this run's pages, so that views can lead to one another by path."""
    st.session_state["pages"] = dict(pages)


def _registered(path: str) -> st.Page:
    pages: Mapping[str, st.Page] = st.session_state["pages"]
    return pages[path]
