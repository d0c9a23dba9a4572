"""The addresses beside Streamlit's own: claim a session, sign out, say whether we are ready."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.auth.identity import sid_of
from dashboard.settings import Settings
from warehouse.errors import SignInRefused
from warehouse.operations import sessions
from warehouse.queries.clock import read_clock
from warehouse.queries.people import find_signed_in
from warehouse.queries.readiness import what_is_not_ready
from warehouse.session import Access, transaction

LONGEST_TICKET = 200


def build_routes(settings: Settings) -> list[Route]:
    """List our addresses; none of them needs Streamlit."""

    async def claim(request: Request) -> Response:
        return await _claim(request, settings)

    async def sign_out(request: Request) -> Response:
        return await _sign_out(request, settings)

    return [
        Route("/session/claim", claim, methods=["POST"]),
        Route("/auth/logout", sign_out, methods=["GET"]),
        Route("/readyz", _readyz, methods=["GET"]),
    ]


async def _claim(request: Request, settings: Settings) -> Response:
    """Swap a single-use ticket for the cookie; only a page of our own host may ask."""
    if not _comes_from_our_page(request):
        return PlainTextResponse("Sign in on Stormdesk's own page.", status_code=403)
    ticket = (await request.body())[: LONGEST_TICKET + 1].decode("ascii", errors="replace")
    agent = request.headers.get("user-agent")
    try:
        started = await run_in_threadpool(_start, ticket, agent)
    except SignInRefused as refusal:
        return PlainTextResponse(str(refusal), status_code=403)
    response = PlainTextResponse("signed in")
    set_cookie(response, settings, started.sid, int(sessions.SESSION_LIFE.total_seconds()))
    return response


async def _sign_out(request: Request, settings: Settings) -> Response:
    """End the session and drop the cookie; another site's link cannot sign anybody out."""
    response = RedirectResponse("/", status_code=302)
    if request.headers.get("sec-fetch-site", "none") in {"cross-site", "same-site"}:
        return response
    sid = sid_of(request.headers.raw, settings.cookie)
    if sid is not None:
        await run_in_threadpool(_end, sid)
    set_cookie(response, settings, "", 0)
    return response


async def _readyz(_request: Request) -> Response:
    """Answer 200 when the database answers and its schema is the one this code was written for."""
    complaint = await run_in_threadpool(_complaint)
    return JSONResponse({"ready": complaint is None, "why": complaint}, 503 if complaint else 200)


def _comes_from_our_page(request: Request) -> bool:
    origin = urlsplit(request.headers.get("origin", ""))
    return origin.scheme in {"http", "https"} and origin.netloc == request.headers.get("host")


def set_cookie(response: Response, settings: Settings, sid: str, max_age: int) -> None:
    """Put the session id where neither scripts nor other sites reach it; an empty one drops it."""
    response.set_cookie(
        settings.cookie,
        sid,
        max_age=max_age,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="strict",
    )


def _start(ticket: str, user_agent: str | None) -> sessions.StartedSession:
    with transaction(Access.DASHBOARD) as session:
        clock = read_clock(session)
        return sessions.claim_session(session, ticket, clock=clock, user_agent=user_agent)


def _end(sid: str) -> None:
    with transaction(Access.DASHBOARD) as session:
        clock = read_clock(session)
        digest = hashlib.sha256(sid.encode()).digest()
        visit = find_signed_in(session, digest, server_at=clock.server_at)
        if visit is not None:
            sessions.revoke_session(session, visit.actor, sid, at=clock.at)


def _complaint() -> str | None:
    return what_is_not_ready(Access.DASHBOARD)
