"""The refusals of the command line: one sentence each, and what to do about it."""

from __future__ import annotations

import errno
from pathlib import Path

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EROFS: "it lies on a read-only file system",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.ENOTDIR: "a file stands where the folder should be",
    errno.EEXIST: "a file stands where the folder should be",
}


class StormdeskRefused(Exception):
    """Something expected stands in the way; `main` prints it without a traceback."""

    exit_code = 1

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy


class StateFolderUnusable(StormdeskRefused):
    """The folder that keeps Stormdesk's data cannot be written, read or trusted."""

    def __init__(self, folder: Path, reason: str, remedy: str | None = None) -> None:
        super().__init__(
            f"The state folder {folder} cannot be used: {reason}.",
            remedy or "Free or unlock it, or set STORMDESK_HOME to another folder.",
        )
        self.folder = folder

    @classmethod
    def because(cls, folder: Path, failure: OSError) -> StateFolderUnusable:
        """Say in words why the operating system refused a file under `folder`."""
        detail = (failure.strerror or str(failure)).lower()
        return cls(folder, _REASONS.get(failure.errno or 0, detail))


class AlreadyRunning(StormdeskRefused):
    """Another process holds what this one needs alone."""

    def __init__(self, folder: Path, process_id: str) -> None:
        super().__init__(
            f"Stormdesk is already running from {folder} (process {process_id}).",
            "Use that one, or stop it with Ctrl-C in its terminal and try again.",
        )


class PortTaken(StormdeskRefused):
    """One of our services cannot listen where it should."""

    def __init__(
        self, service: str, host: str, port: int, variable: str, reason: str, remedy: str
    ) -> None:
        super().__init__(
            f"The {service} cannot listen on {host}:{port}: {reason}.",
            f"{remedy}: {variable}={_another(port)} make up",
        )


def _another(port: int) -> int:
    """Propose a port that anybody may listen on."""
    return port + (100 if 1024 <= port <= 65_435 else 8_000 if port < 1024 else -100)


class DatabaseRefused(StormdeskRefused):
    """PostgreSQL cannot be created, started, reached or trusted."""


class ServiceStopped(StormdeskRefused):
    """A service that should run ended by itself, or never became ready."""

    def __init__(self, service: str, what_happened: str, log: Path) -> None:
        super().__init__(f"The {service} {what_happened}.", f"Its last words are in {log}")
        self.log = log
