"""The dashboard's process, started by the command that `launch` writes.

Beside Streamlit's own server stand the middleware that identifies browsers and guards pages, and
the routes that hold a session's two ends. Without them the process does not start. It needs
STORMDESK_DASHBOARD_DATABASE_URL, and behind an HTTPS proxy STORMDESK_PUBLIC_URL; `/readyz` answers
200 once it can serve.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard import failures
from dashboard.auth.identity import Identity
from dashboard.auth.routes import build_routes
from dashboard.auth.security_headers import SecurityHeaders
from dashboard.callbacks import callback_route
from dashboard.heartbeat import beating
from dashboard.navigation import PAGES
from dashboard.settings import SID_HEADER, SID_KEY, read_settings
from warehouse.errors import ConfigurationRefused
from warehouse.session import Access, engine

HEAVY = ("pandas", "numpy", "pyarrow", "altair", "pydeck", "streamlit_authenticator")


def check_configuration() -> None:
    """Stop with one sentence if identity could not work, or the database is not named."""
    if st.get_option("server.trustedUserHeaders") != {SID_HEADER: SID_KEY}:
        sys.exit(
            "The dashboard cannot tell who its users are: server.trustedUserHeaders must be "
            f'{{"{SID_HEADER}": "{SID_KEY}"}}, as dashboard/.streamlit/config.toml has it.'
        )
    try:
        engine(Access.DASHBOARD)
    except ConfigurationRefused as refusal:
        sys.exit(str(refusal))


@asynccontextmanager
async def _warm(_app: st.App) -> AsyncIterator[None]:
    """Import every page, then freeze what was made: Streamlit collects garbage at every rerun."""
    for name in (*HEAVY, *(page.view for page in PAGES), "dashboard.views.sign_in"):
        import_module(name)
    gc.collect()
    gc.freeze()
    async with beating():
        yield


check_configuration()
settings = read_settings()
app = st.App(
    Path(__file__).parent / "app.py",
    routes=[*build_routes(settings), callback_route(settings)],
    middleware=[
        Middleware(SecurityHeaders, settings=settings),
        Middleware(Identity, settings=settings),
    ],
    lifespan=_warm,
    on_script_error=failures.show,
)
