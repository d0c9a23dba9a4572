"""Servers that take messages as the worst days do: late, twice asked for, or not at all."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from threading import Lock

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from tests.pipelines.servers import LoopbackServer, running
from tests.running_desk import free_ports

LOOPBACK = "127.0.0.1"
HANGS_S = 12.0
"""Longer than the desk waits for a server."""


@dataclass(frozen=True)
class Arrival:
    """A message that a server holds, whatever it answered."""

    message_id: str
    alert_id: int
    generation: int
    at: datetime
    was_confirmed: bool


@dataclass
class Mischief:
    """What servers do while it is on; off, they behave."""

    chance: random.Random
    is_on: bool = True
    arrivals: list[Arrival] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def next_act(self) -> str:
        """Choose what the next message meets."""
        if not self.is_on:
            return "take"
        weights = {"take": 66, "drop": 10, "refuse for now": 12, "refuse": 8, "hang": 4}
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def hold(self, message_id: str, alert: str, *, was_confirmed: bool) -> None:
        """Keep what arrived."""
        alert_id, _, generation = alert.partition("/")
        arrival = Arrival(
            message_id, int(alert_id), int(generation), datetime.now(UTC), was_confirmed
        )
        with self.lock:
            self.arrivals.append(arrival)

    async def handle_DATA(  # noqa: N802 (the name that aiosmtpd calls)
        self, server: SMTP, session: SmtpSession, envelope: Envelope
    ) -> str:
        """Answer one mail."""
        act = self.next_act()
        if act == "refuse for now":
            return "451 4.3.0 busy"
        if act == "refuse":
            return "554 5.7.1 not wanted"
        if act == "hang":
            await asyncio.sleep(HANGS_S)
            return "451 4.3.0 asleep"
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        # What is dropped after DATA was taken by the server, and will come again.
        message_id = mail["Message-ID"].strip("<>").removesuffix("@stormdesk")
        self.hold(message_id, mail["X-Stormdesk-Alert"], was_confirmed=act == "take")
        if act == "drop" and server.transport is not None:
            server.transport.abort()
        return "250 OK"


class Hook(LoopbackServer):
    """A webhook that answers 204, 500, by a redirect, or too late."""

    def __init__(self, mischief: Mischief) -> None:
        super().__init__(Answer)
        self.mischief = mischief

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/hook"


STATUSES = {"take": 204, "refuse for now": 500, "refuse": 404, "drop": 302}


class Answer(BaseHTTPRequestHandler):
    """Answers one post."""

    server: Hook

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        act = self.server.mischief.next_act()
        if act == "hang":
            self.server.released.wait(HANGS_S)
            return
        self.send_response(STATUSES[act])
        if act == "drop":
            self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the tests quiet."""


@contextmanager
def bad_servers(seed: int) -> Iterator[tuple[Mischief, int, str]]:
    """Serve SMTP and a webhook that misbehave, and give the port and the address."""
    mischief, [port] = Mischief(random.Random(seed)), free_ports(1)
    controller = Controller(mischief, hostname=LOOPBACK, port=port)
    controller.start()
    try:
        with running(Hook(mischief)) as hook:
            yield mischief, port, hook.url
    finally:
        controller.stop()
