"""Middleware that turns our cookie into the one header Streamlit trusts."""

from __future__ import annotations

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.settings import SID_HEADER, Settings

_HEADER = SID_HEADER.encode()
_installed = False


class Identity:
    """Drops every copy of the header a client sent, then adds the cookie's value, if there is one.

    The value is the raw session id and is hashed only when it is looked up: whoever could set the
    header would still have to know a live session's id.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._cookie = settings.cookie
        globals()["_installed"] = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the header we vouch for."""
        if scope["type"] in {"http", "websocket"}:
            scope = {**scope, "headers": self._vouched(scope["headers"])}
        await self._app(scope, receive, send)

    def _vouched(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = [(name, value) for name, value in headers if name.lower() != _HEADER]
        sid = sid_of(headers, self._cookie)
        return [*kept, (_HEADER, sid.encode())] if sid else kept


def sid_of(headers: list[tuple[bytes, bytes]], cookie: str) -> str | None:
    """Read the session id from a request's cookies."""
    sent = "; ".join(
        value.decode("latin-1") for name, value in headers if name.lower() == b"cookie"
    )
    sid = cookie_parser(sent).get(cookie, "")
    return sid if sid.isascii() and 20 <= len(sid) <= 100 else None


def is_installed() -> bool:
    """Whether this process serves through the middleware; without it nobody can be identified."""
    return _installed
