"""Who is at this browser: asked of Postgres at every page run, fragment tick and callback.

Nothing here remembers the answer. Identity comes from the websocket's handshake (`st.user`, filled
from the cookie by `asgi.py`), never from `st.session_state`, which a stranger could resume.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import streamlit as st

from dashboard.auth.reading import keep_refusal
from warehouse.errors import PermissionRefused, WarehouseRefused
from warehouse.operations import sessions
from warehouse.queries.clock import read_clock
from warehouse.queries.people import SignedIn, find_signed_in
from warehouse.rules import permissions
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Permission

P = ParamSpec("P")
R = TypeVar("R")


def read_sid() -> str | None:
    """Give the opaque id of this browser's cookie, as the handshake carried it."""
    sid = st.user.get("sid")
    return sid if isinstance(sid, str) and sid else None


def current_visit() -> SignedIn | None:
    """Give the person behind this browser with their name and zone; None when signed out."""
    sid = read_sid()
    if sid is None:
        return None
    with transaction(Access.DASHBOARD) as session:
        server_at = read_clock(session).server_at
        visit = find_signed_in(session, hashlib.sha256(sid.encode()).digest(), server_at=server_at)
        if visit is not None:
            sessions.keep_alive(session, visit, server_at=server_at)
        return visit


def current_actor() -> Actor | None:
    """Give the person behind this browser as an actor; None when signed out."""
    visit = current_visit()
    return visit.actor if visit else None


def require(permission: Permission) -> Actor:
    """Give the actor if a role of theirs allows it; otherwise say why and stop the page."""
    actor = current_actor()
    if actor is None:
        st.info("You are signed out. Reload the page to sign in again.", icon=":material/logout:")
        st.stop()
    if not permissions.may(actor, permission):
        record_refusal_once(actor, permission, act="see what a page shows")
        st.error(refusal_text(actor, permission), icon=":material/block:")
        st.stop()
    return actor


def guarded_fragment(
    permission: Permission, *, run_every: float | timedelta | None = None
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[P, R | None]]:
    """Make a fragment that starts from a resolved actor, passed as its first argument."""

    def decorate(body: Callable[Concatenate[Actor, P], R]) -> Callable[P, R | None]:
        @st.fragment(run_every=run_every)
        @wraps(body)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
            actor = current_actor()
            if actor is None:
                # The whole page runs again and shows the sign-in form.
                st.rerun(scope="app")
            if not permissions.may(actor, permission):
                record_refusal_once(actor, permission, act=_act_of(body))
                st.error(refusal_text(actor, permission), icon=":material/block:")
                return None
            return body(actor, *args, **kwargs)

        return guarded

    return decorate


def guarded_callback(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Actor, P], None]], Callable[P, None]]:
    """Make a callback that starts from a resolved actor, passed as its first argument."""

    def decorate(body: Callable[Concatenate[Actor, P], None]) -> Callable[P, None]:
        @wraps(body)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            # A callback runs before the page's own gate.
            actor = current_actor()
            if actor is None:
                st.toast("You are signed out; nothing was done.", icon=":material/logout:")
                return
            if not permissions.may(actor, permission):
                record_refusal(actor, permission, act=_act_of(body))
                st.toast(refusal_text(actor, permission), icon=":material/block:")
                return
            try:
                body(actor, *args, **kwargs)
            except WarehouseRefused as refusal:
                st.toast(str(refusal), icon=":material/block:")

        return guarded

    return decorate


def refusal_text(actor: Actor, permission: Permission) -> str:
    """Say what is missing and whom to ask."""
    roles = ", ".join(sorted(actor.roles)) or "none"
    act = permission.value.replace("_", " ")
    return f"This needs the right to {act}. Your roles: {roles}. Ask an administrator for more."


def record_refusal(actor: Actor, permission: Permission, *, act: str) -> None:
    """Put a refused attempt into the audit history."""
    keep_refusal(actor, PermissionRefused(actor, permission, act))


def record_refusal_once(actor: Actor, permission: Permission, *, act: str) -> None:
    """Put a refusal into the audit history once per visit, however often the page reruns."""
    told = st.session_state.setdefault("refusals_recorded", set())
    if (actor.user_id, act) not in told:
        record_refusal(actor, permission, act=act)
        told.add((actor.user_id, act))


def _act_of(body: Callable[..., object]) -> str:
    """Say what a guarded function would have done, by its name."""
    return body.__name__.strip("_").replace("_", " ")
