"""The address that providers call: /callbacks/NAME, each call signed and taken once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from warehouse.operations.provider_callbacks import Callback, CallbackResult, take_callback
from warehouse.queries.clock import read_clock
from warehouse.rules.signatures import NAME, is_signed
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    from starlette.requests import Request

    from dashboard.settings import Settings

LONGEST_BODY = 16_384
LONGEST_DETAIL = 500
_PROVIDER = re.compile(r"[a-z0-9-]{1,40}")
_ANSWERS = {
    CallbackResult.APPLIED: (HTTPStatus.OK, "Taken in."),
    CallbackResult.LATE: (HTTPStatus.OK, "Something newer was said before; nothing changes."),
    CallbackResult.UNKNOWN: (HTTPStatus.NOT_FOUND, "No message has this name; the call is kept."),
    CallbackResult.REPLAYED: (HTTPStatus.CONFLICT, "The same signature came before."),
}


class _Refused(Exception):
    """A call that is not taken in, with the answer it gets."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call as it came."""

    provider: str
    body: bytes
    signature: str


def callback_route(settings: Settings) -> Route:
    """Give the address; without a secret it answers that it is not set up."""

    async def called(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too long.")
        call = _Call(request.path_params["provider"], body, request.headers.get(NAME, ""))
        try:
            result = await run_in_threadpool(_take, settings.callback_secret, call)
        except _Refused as refusal:
            return _answer(refusal.status, refusal.why)
        return _answer(*_ANSWERS[result])

    return Route("/callbacks/{provider}", called, methods=["POST"])


def _answer(status: HTTPStatus, words: str) -> Response:
    return JSONResponse({"answer": words}, status)


def _take(secret: str | None, call: _Call) -> CallbackResult:
    if not secret or not _PROVIDER.fullmatch(call.provider):
        raise _Refused(HTTPStatus.NOT_FOUND, "Set STORMDESK_CALLBACK_SECRET to take callbacks.")
    with transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
        clock = read_clock(session)
        if not is_signed(secret, call.body, call.signature, at=clock.server_at):
            raise _Refused(HTTPStatus.UNAUTHORIZED, f"{NAME} is missing, wrong or too old.")
        return take_callback(session, _callback(call), clock=clock)


def _callback(call: _Call) -> Callback:
    try:
        said = json.loads(call.body)
        message_id, seq, status = said["message_id"], said["seq"], said["status"]
        detail = said.get("reason")
    except (ValueError, KeyError, TypeError, AttributeError):
        message_id = seq = status = detail = None
    is_number = isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < 2**62
    if not (isinstance(message_id, str) and is_number and status in {"delivered", "failed"}):
        why = 'Send {"message_id": text, "seq": number, "status": "delivered" or "failed"}.'
        raise _Refused(HTTPStatus.BAD_REQUEST, why)
    return Callback(
        provider=call.provider,
        message_id=message_id.replace("\0", ""),
        seq=seq,
        is_delivered=status == "delivered",
        signature=call.signature.strip(),
        detail=_shortened(detail),
    )


def _shortened(detail: object) -> str | None:
    return str(detail).replace("\0", "")[:LONGEST_DETAIL] if detail else None
