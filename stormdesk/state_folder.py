"""The folder that keeps Stormdesk's data: private, ours alone, and locked while in use."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stormdesk.errors import AlreadyRunning, StateFolderUnusable

NEEDED_AT_FIRST_BYTES = 2 << 30
"""What the database and its log of a first run take, with room to spare."""
NEEDED_LATER_BYTES = 1 << 30
LOCK_PATIENCE_SECONDS = 60.0


def open_state_folder(home: Path) -> None:
    """Create the folder if it is missing, and refuse one that cannot serve.

    Raises
    ------
    StateFolderUnusable
        It is another user's, read-only, full, or not a folder.
    """
    with refusals_explained(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_another_users(home)
        for name in ("logs", "secrets"):
            (home / name).mkdir(mode=0o700, exist_ok=True)
        _refuse_unwritable(home)


@contextmanager
def refusals_explained(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses under `folder` into a sentence."""
    try:
        yield
    except OSError as failure:
        raise StateFolderUnusable.because(folder, failure) from failure


def _refuse_another_users(home: Path) -> None:
    if home.stat().st_uid != os.geteuid():
        raise StateFolderUnusable(
            home,
            "it belongs to another user",
            "Run as the user who made it, or set STORMDESK_HOME to a folder of your own.",
        )


def _refuse_unwritable(home: Path) -> None:
    trial = home / f".trial-{os.getpid()}"
    try:
        trial.write_bytes(b"x" * 4096)
    finally:
        trial.unlink(missing_ok=True)


def refuse_full_disk(home: Path) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises
    ------
    StateFolderUnusable
        Less is free than a first run, or a later one, needs.
    """
    is_first = not any((home / name).exists() for name in ("postgres/data", "stages.json"))
    needed_bytes = NEEDED_AT_FIRST_BYTES if is_first else NEEDED_LATER_BYTES
    place = os.statvfs(home)
    free_bytes = place.f_bavail * place.f_frsize
    if free_bytes < needed_bytes:
        free_mb, needed_mb = free_bytes >> 20, needed_bytes >> 20
        reason = f"the disk is full: {free_mb} MB are free and {needed_mb} MB are needed"
        raise StateFolderUnusable(home, reason)


@contextmanager
def held_lock(path: Path, *, patience_seconds: float = 0.0) -> Iterator[None]:
    """Hold a lock that the kernel releases when this process ends, however it ends.

    Raises
    ------
    AlreadyRunning
        Another process still holds it after `patience_seconds`.
    """
    with path.open("a+", encoding="utf-8") as file:
        _take(file, path, time.monotonic() + patience_seconds)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def _take(file: IO[str], path: Path, until: float) -> None:
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            if failure.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
            if time.monotonic() >= until:
                holder = path.read_text(encoding="utf-8").strip() or "unknown"
                raise AlreadyRunning(path.parent, holder) from failure
        time.sleep(0.05)
