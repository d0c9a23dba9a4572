"""A real HTTP server on loopback that gives one scripted answer after another."""

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.pipelines.servers import LoopbackServer, running


class NoJitter(Random):
    """Always draws the lower end."""

    def uniform(self, a: float, b: float) -> float:
        return a


@dataclass(frozen=True)
class Answer:
    """One answer; a body that is no bytes is sent as JSON."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks_off: bool = False
    """Promises one byte more than it sends."""
    is_silent: bool = False

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """What came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())


class ScriptedServer(LoopbackServer):
    """Gives its answers in order, the last one again and again, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.answers: list[Answer] = []
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def will_answer(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def answer_to(self, asked: Asked) -> Answer:
        return next_of(self.answers)


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer

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
        self.server.asked.append(asked)
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


def next_of(answers: list[Answer]) -> Answer:
    """Take the next answer; the last one stays for all that follow."""
    return answers.pop(0) if len(answers) > 1 else answers[0]


def serving() -> AbstractContextManager[ScriptedServer]:
    """Serve until the block ends."""
    return running(ScriptedServer())
