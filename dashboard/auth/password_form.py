"""streamlit-authenticator's form over our own record of people.

Of the library, the form remains. Its cookie is off, since a readable token cannot be revoked; its
model is replaced, since it keeps every hash in memory and never locks; and what it writes into
`st.session_state` identifies nobody.
"""

from __future__ import annotations

import secrets
from threading import BoundedSemaphore

import streamlit as st
from streamlit_authenticator import Authenticate
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.models import AuthenticationModel

from warehouse.operations import sign_ins
from warehouse.queries.clock import read_clock
from warehouse.rules import passwords
from warehouse.session import Access, transaction
from warehouse.vocabulary import UserId

_HASHING = BoundedSemaphore(2)
_TICKET = "sign_in_ticket"
_LEFT_BY_LIBRARY = ("name", "email", "username", "roles", "authentication_status", "logout")
_FIELDS = {
    "Form name": "Sign in",
    "Username": "User name",
    "Password": "Password",
    "Login": "Sign in",
}


class NoCookie:
    """Stands where the library keeps its token: there is none."""

    def get_cookie(self) -> None:
        """Find nothing."""

    def set_cookie(self) -> None:
        """Keep nothing."""

    def delete_cookie(self) -> None:
        """Drop nothing."""


class RecordedPeople(AuthenticationModel):
    """Looks one person up in Postgres, with lockout, equal cost for unknown names, and audit."""

    def login(self, username: str, password: str, *_: object, **__: object) -> bool:
        """Try the password; a right one leaves a ticket for `take_ticket`."""
        if not username or not password:
            return False
        ticket = try_password(username, password)
        st.session_state["authentication_status"] = ticket is not None
        st.session_state[_TICKET] = ticket
        return ticket is not None


class PasswordForm(Authenticate):
    """The library's form, over `RecordedPeople`."""

    def __init__(self) -> None:
        self.attrs = {"login_sleep_time": 0}
        self.path = None
        self.cookie_controller = NoCookie()
        key = secrets.token_hex(32)
        self.authentication_controller = AuthenticationController(
            {"usernames": {}}, auto_hash=False, secret_key=key
        )
        self.authentication_controller.authentication_model = RecordedPeople(
            {"usernames": {}}, auto_hash=False, secret_key=key
        )


def show_form() -> str | None:
    """Draw the form; give the ticket of a password that was just right."""
    st.session_state["authentication_status"] = None
    PasswordForm().login(fields=_FIELDS, key="sign_in")
    was_refused = st.session_state["authentication_status"] is False
    ticket = st.session_state.pop(_TICKET, None)
    for name in _LEFT_BY_LIBRARY:
        st.session_state.pop(name, None)
    if was_refused:
        st.error(sign_ins.REFUSED, icon=":material/lock:")
    return ticket


def try_password(username: str, password: str) -> str | None:
    """Compare outside any transaction, a few at a time; give a ticket if it was right."""
    with transaction(Access.DASHBOARD) as session:
        attempt = sign_ins.begin_sign_in(session, username)
    with _HASHING:
        is_password = passwords.is_password(password, attempt.password_hash)
    renewed = _renewed_hash(attempt.password_hash, password) if is_password else None
    with transaction(Access.DASHBOARD) as session:
        clock = read_clock(session)
        ticket = sign_ins.finish_sign_in(session, attempt, is_password=is_password, clock=clock)
        if ticket and renewed and attempt.user_id:
            sign_ins.replace_outdated_hash(session, UserId(attempt.user_id), renewed)
        return ticket


def _renewed_hash(password_hash: str | None, password: str) -> str | None:
    if password_hash is None or not passwords.is_outdated(password_hash):
        return None
    with _HASHING:
        return passwords.hash_password(password)
