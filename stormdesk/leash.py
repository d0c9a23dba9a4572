"""Ends what a process started when that process is gone, even if it was killed.

It runs as a small program of its own and imports nothing but the standard library.
Its parent writes a line for each child: `<pid> <signal> <grace seconds>`. When the pipe
closes, all are asked to end, the last one first, and then made to.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO


class Leash:
    """The parent's end: hold a child, and it cannot outlive this process."""

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
        )

    def hold(self, process_id: int, ask: signal.Signals, *, grace_seconds: float) -> None:
        """End the process group led by `process_id` when this process ends."""
        self._pipe.write(f"{process_id} {int(ask)} {grace_seconds}\n".encode())
        self._pipe.flush()

    def release(self) -> None:
        """End everything still held, and wait until it is gone."""
        self._pipe.close()
        self._keeper.wait()

    @property
    def _pipe(self) -> IO[bytes]:
        if self._keeper.stdin is None:
            raise ValueError("The leash was made without a pipe.")
        return self._keeper.stdin


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return not _is_only_a_zombie(group)


def _is_only_a_zombie(process_id: int) -> bool:
    """Tell whether a dead leader merely waits for its own parent to notice."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] == "Z" and _members(process_id) <= 1


def _members(group: int) -> int:
    return sum(_group_of(entry.name) == group for entry in Path("/proc").iterdir())


def _group_of(name: str) -> int | None:
    try:
        return os.getpgid(int(name))
    except (ValueError, ProcessLookupError):
        return None


def _send(group: int, sign: int) -> None:
    try:
        os.killpg(group, sign)
    except (ProcessLookupError, PermissionError):
        return


def _end_all(held: list[tuple[int, int, float]]) -> None:
    """Ask everybody at once, so that the whole takes no longer than the slowest."""
    asked_at = time.monotonic()
    for group, ask, _grace_seconds in held:
        _send(group, ask)
    for group, _ask, grace_seconds in held:
        while _is_alive(group) and time.monotonic() < asked_at + grace_seconds:
            time.sleep(0.05)
        if _is_alive(group):
            _send(group, signal.SIGKILL)


def _held(lines: Iterable[str]) -> list[tuple[int, int, float]]:
    """Read what is held, the last one first."""
    words = [line.split() for line in lines]
    return [(int(group), int(ask), float(grace)) for group, ask, grace in reversed(words)]


def main() -> None:
    """Wait for the parent's end of the pipe to close, then end what it held."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    _end_all(_held(sys.stdin))


if __name__ == "__main__":
    main()
