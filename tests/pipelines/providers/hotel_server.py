"""A real HTTP server on loopback that plays a hotel supplier: answers by method and path."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipelines.providers import duffel_stays, liteapi
from pipelines.providers.duffel_errors import judge_duffel
from pipelines.providers.http import ProviderClient
from pipelines.providers.liteapi_errors import judge_liteapi
from tests.pipelines.providers.scripted_server import Answer, Asked


class HotelServer(ThreadingHTTPServer):
    """Gives the answers of each route in order, the last one again and again; no route is a 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.routes: dict[tuple[str, str], list[Answer]] = {}
        self.asked: list[Asked] = []
        self.released = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self.routes[method, path] = list(answers)

    def answer_to(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        answers = self.routes.get((asked.method, asked.path), [Answer({}, status=404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def bodies(self, method: str, path: str) -> list[Any]:
        """Give the JSON of every request to a route."""
        return [
            json.loads(asked.body) if asked.body else None
            for asked in self.asked
            if (asked.method, asked.path) == (method, path)
        ]


class _Handler(BaseHTTPRequestHandler):
    server: HotelServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, address.path, parse_qs(address.query), dict(self.headers), body)
        answer = self.server.answer_to(asked)
        if answer.is_silent:
            self.server.released.wait()
            return
        # Without a date of its own, so that a test may give one.
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        content = b"" if answer.status in {204, 304} else answer.content
        self.send_header("Content-Length", str(len(content) + answer.breaks_off))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the tests quiet."""


@contextmanager
def playing() -> Iterator[HotelServer]:
    """Serve until the block ends."""
    server = HotelServer()
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class NoJitter(Random):
    """Always draws the lower end."""

    def uniform(self, a: float, b: float) -> float:
        return a


def duffel_client(server: HotelServer, slept: list[float], **options: Any) -> ProviderClient:
    headers = duffel_stays.duffel_headers("duffel_test_token")
    standard = {"headers": headers, "judge": judge_duffel, **_at_once(slept)}
    return ProviderClient("duffel", server.url, **(standard | options))


def liteapi_client(url: str, slept: list[float], **options: Any) -> ProviderClient:
    headers = liteapi.liteapi_headers("sand_key")
    standard = {"headers": headers, "judge": judge_liteapi, **_at_once(slept)}
    return ProviderClient("liteapi", url, **(standard | options))


def _at_once(slept: list[float]) -> dict[str, Any]:
    return {"sleep": slept.append, "jitter": NoJitter()}
