"""The simulated providers behind one address, and what tells them to misbehave."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.simulator import aviation_weather, open_meteo, weather_service
from pipelines.simulator.bookings_feed import BookingsFeed
from pipelines.simulator.duffel import Duffel
from pipelines.simulator.exchange import Answer, Asked, Endpoint, Refusal, in_zulu
from pipelines.simulator.facts import Facts
from pipelines.simulator.faults import (
    INSTEAD,
    Fault,
    FaultRefused,
    Faults,
    Kind,
    described,
    read_fault,
)
from pipelines.simulator.hotel_orders import HotelOrders
from pipelines.simulator.hotel_stock import HotelStock
from pipelines.simulator.liteapi import LiteApi

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]

MOST_BYTES: Final = 1024 * 1024
_FORM: Final = "application/x-www-form-urlencoded"
_TOO_LONG: Final = Answer({"error": f"Send {MOST_BYTES} bytes at most"}, 413)
_TIMED_OUT: Final = Answer({"error": "Gateway timeout"}, 504)


def create_app(
    facts: Facts, clock: Clock, faults: Faults, *, sleep: Sleep = asyncio.sleep
) -> Starlette:
    """Put the providers behind one address.

    Parameters
    ----------
    facts:
        What they tell.
    clock:
        Gives the instant, in UTC, up to which they know it.
    faults:
        How they are to misbehave.
    sleep:
        Waits for so many seconds before a slow answer.

    Returns
    -------
    :
        The application; its ledger of bookings and its withdrawals begin empty.
    """
    serving = _Serving(clock, faults, sleep)
    stock = HotelStock(facts.hotels)
    endpoints = [
        *open_meteo.endpoints(facts.weather),
        *aviation_weather.endpoints(facts.weather),
        *weather_service.endpoints(),
        *Duffel(stock, HotelOrders(stock, "quo_", "bok_")).endpoints(),
        *LiteApi(stock, HotelOrders(stock, "pre", "sim")).endpoints(),
        *BookingsFeed(facts.bookings).endpoints(),
    ]
    providers = [
        Route(each.path, serving.handler(each), methods=list(each.methods)) for each in endpoints
    ]
    return Starlette(routes=[*providers, *_controls(clock, faults)])


@dataclass(frozen=True)
class _Serving:
    """Carries questions to the providers, misbehaving where it was told to."""

    clock: Clock
    faults: Faults
    sleep: Sleep

    def handler(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """Make a handler of one endpoint."""

        async def handle(request: Request) -> Response:
            content = await _content(request)
            if content is None:
                return _response(_TOO_LONG)
            fault = self.faults.take(endpoint.provider, endpoint.operation)
            if fault is not None and fault.kind in INSTEAD:
                return _response(endpoint.voice.says(fault.kind))
            if fault is not None and fault.kind is Kind.SLOW:
                await self.sleep(fault.seconds)
            answer = await run_in_threadpool(self._answer, endpoint, request, content, fault)
            return _finished(endpoint, answer, fault)

        return handle

    def _answer(
        self, endpoint: Endpoint, request: Request, content: bytes, fault: Fault | None
    ) -> Answer:
        query = {name: request.query_params.getlist(name) for name in request.query_params}
        asked = Asked(
            at=self.clock(),
            query=query,
            path=request.path_params,
            headers=dict(request.headers),
            body=_body(content, request.headers.get("content-type", "")),
            fault=fault,
        )
        try:
            return endpoint.answer(asked)
        except Refusal as refusal:
            return refusal.answer


def _finished(endpoint: Endpoint, answer: Answer, fault: Fault | None) -> Response:
    """Lose or break an answer after all was done."""
    is_good = answer.status < 400
    if fault is not None and fault.kind is Kind.TIMEOUT_AFTER_BOOKING and is_good:
        return _response(_TIMED_OUT)
    whole = _response(answer)
    if fault is not None and fault.kind is Kind.BROKEN_TAIL and is_good:
        half = bytes(whole.body)[: len(whole.body) // 2] + endpoint.voice.tail.encode()
        return Response(half or b"{", answer.status, media_type=whole.media_type)
    return whole


def _response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.payload is None:
        return Response(status_code=answer.status, headers=headers)
    content = json.dumps(answer.payload, ensure_ascii=False, allow_nan=False).encode()
    return Response(content, answer.status, headers, media_type="application/json")


async def _content(request: Request) -> bytes | None:
    """Read a body; None if it is too long."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            return None
    return content


def _body(content: bytes, content_type: str) -> object:
    """Read a form or JSON; what is neither is None, which providers refuse in their words."""
    try:
        if content_type.startswith(_FORM):
            return parse_qs(content.decode(), keep_blank_values=True)
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _controls(clock: Clock, faults: Faults) -> list[Route]:
    """Let faults be told, listed and forgotten, and the simulator be asked for its health."""

    async def tell(request: Request) -> Response:
        content = await _content(request)
        try:
            fault = read_fault(_body(content or b"", "application/json"))
            faults.add(fault)
        except FaultRefused as error:
            return _response(Answer({"error": str(error)}, 422))
        return _response(Answer(described(fault), 201))

    async def show(_request: Request) -> Response:
        return _response(Answer(_pending(faults)))

    async def forget(_request: Request) -> Response:
        return _response(Answer({"forgotten": faults.clear()}))

    def health(_request: Request) -> Response:
        return _response(Answer({"status": "ok", "at": in_zulu(clock()), **_pending(faults)}))

    return [
        Route("/faults", tell, methods=["POST"]),
        Route("/faults", show, methods=["GET"]),
        Route("/faults", forget, methods=["DELETE"]),
        Route("/health", health, methods=["GET"]),
    ]


def _pending(faults: Faults) -> dict[str, Any]:
    return {"faults": [described(fault) for fault in faults.pending()]}
