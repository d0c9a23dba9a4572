"""Real servers on loopback that keep what they receive and answer as a test wants."""

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


class Inbox:
    """Keeps what the server receives, or answers as a test wants."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipient_reply: str | None = None
        self.data_reply = "250 OK"

    async def handle_RCPT(  # noqa: N802 (the name that aiosmtpd calls)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_reply is None:
            envelope.rcpt_tos.append(address)
        return self.recipient_reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        self.received.append(mail)
        return self.data_reply


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving_mail(inbox: Inbox) -> Iterator[int]:
    """Serve SMTP into an inbox, and give the port."""
    controller = Controller(inbox, hostname=LOOPBACK, port=free_port())
    controller.start()
    try:
        yield int(controller.port)
    finally:
        controller.stop()


class LoopbackServer(ThreadingHTTPServer):
    """A server at a port nobody chose, whose silent answers wait until they are released."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__((LOOPBACK, 0), handler)
        self.released = Event()


Served = TypeVar("Served", bound=LoopbackServer)


class Receiver(LoopbackServer):
    """Keeps what was posted and answers as a test wants."""

    def __init__(self) -> None:
        super().__init__(Handler)
        self.status = 204
        self.headers: dict[str, str] = {}
        self.is_silent = False
        self.posts: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?desk=1"


class Handler(BaseHTTPRequestHandler):
    """Answers one post."""

    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, dict(self.headers), body))
        if self.server.is_silent:
            self.server.released.wait()
            return
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the tests quiet."""


@contextmanager
def running(server: Served) -> Iterator[Served]:
    """Serve until the block ends; answers that are silent until then go on."""
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def serving_web() -> AbstractContextManager[Receiver]:
    """Serve HTTP until the block ends."""
    return running(Receiver())
