"""A mail server for one's own machine: it keeps every message in a Maildir and sends none on."""

from __future__ import annotations

import argparse
import mailbox
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class MaildirHandler:
    """Takes every message for every recipient."""

    def __init__(self, folder: Path) -> None:
        self._maildir = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep one message, with the recipients the sender named; the library sets the name."""
        message = message_from_bytes(envelope.content)
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        kept = self._maildir.add(message)
        return f"250 Kept as {kept}"


@contextmanager
def keeping_mail(folder: Path, host: str = "127.0.0.1") -> Iterator[tuple[str, int]]:
    """Keep mail in this process while the block runs.

    Yields
    ------
    :
        Host and port, one that was free.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with socket.create_server((host, 0)) as probe:
        port = int(probe.getsockname()[1])
    controller = Controller(MaildirHandler(folder), host, port)
    controller.start()
    try:
        yield host, port
    finally:
        controller.stop()


def main(arguments: list[str] | None = None) -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="python -m stormdesk.mailsink", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    os.umask(0o077)
    options.folder.parent.mkdir(parents=True, exist_ok=True)
    controller = Controller(MaildirHandler(options.folder), options.host, options.port)
    controller.start()
    print(f"Keeping mail for {options.host}:{options.port} in {options.folder}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
