"""The address that providers call: /callbacks/NAME, each call signed and taken once."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.callback_formats import MAILGUN, Call, Refused, read_mailgun, read_own
from warehouse.operations.provider_callbacks import CallbackResult, take_callback
from warehouse.queries.clock import read_clock
from warehouse.rules.signatures import NAME
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request

    from dashboard.settings import Settings
    from warehouse.operations.provider_callbacks import Callback

LONGEST_BODY = 65_536
_PROVIDER = re.compile(r"[a-z0-9-]{1,40}")
_ANSWERS = {
    CallbackResult.APPLIED: (HTTPStatus.OK, "Taken in."),
    CallbackResult.LATE: (HTTPStatus.OK, "Something newer was said before; nothing changes."),
    CallbackResult.UNKNOWN: (HTTPStatus.NOT_FOUND, "No message has this name; the call is kept."),
    CallbackResult.REPLAYED: (HTTPStatus.CONFLICT, "The same signature came before."),
    None: (HTTPStatus.OK, "That ends nothing; nothing changes."),
}
_NOT_SET_UP = (
    "Set STORMDESK_CALLBACK_SECRET to take callbacks, STORMDESK_MAILGUN_SIGNING_KEY for Mailgun's."
)
_SAID_AGAIN_FOR_HOURS = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST}
"""Mailgun says such a call again for hours, and stops at once where it is not acceptable."""


def callback_route(settings: Settings) -> Route:
    """Give the address; without a secret it answers that it is not set up."""

    async def called(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too long.")
        call = Call(request.path_params["provider"], body, request.headers.get(NAME, ""))
        try:
            status, words = _ANSWERS[await run_in_threadpool(_take, settings, call)]
        except Refused as refusal:
            status, words = refusal.status, refusal.why
        if _key_of_mailgun(settings, call) and status in _SAID_AGAIN_FOR_HOURS:
            status = HTTPStatus.NOT_ACCEPTABLE
        return _answer(status, words)

    return Route("/callbacks/{provider}", called, methods=["POST"])


def _answer(status: HTTPStatus, words: str) -> Response:
    return JSONResponse({"answer": words}, status)


def _take(settings: Settings, call: Call) -> CallbackResult | None:
    if not _PROVIDER.fullmatch(call.provider):
        raise Refused(HTTPStatus.NOT_FOUND, "A provider's name is small letters, digits, dashes.")
    with transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
        clock = read_clock(session)
        callback = _read(settings, call, at=clock.server_at)
        return take_callback(session, callback, clock=clock) if callback else None


def _read(settings: Settings, call: Call, *, at: datetime) -> Callback | None:
    if key := _key_of_mailgun(settings, call):
        return read_mailgun(call, key, at=at)
    if settings.callback_secret:
        return read_own(call, settings.callback_secret, at=at)
    raise Refused(HTTPStatus.NOT_FOUND, _NOT_SET_UP)


def _key_of_mailgun(settings: Settings, call: Call) -> str | None:
    """Give the key of a call in Mailgun's words; without a key they are not understood."""
    return settings.mailgun_signing_key if call.provider == MAILGUN else None
