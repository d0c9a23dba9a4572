"""Runs the services together: all ready at the start, and started again when one ends."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NoReturn, Protocol

from stormdesk.errors import PortTaken, ServiceStopped
from stormdesk.leash import Leash
from stormdesk.restarts import Restarts
from stormdesk.services import Service, environment_of
from stormdesk.settings import Settings

READY_PATIENCE_SECONDS = 120.0
GRACE_SECONDS = 8.0
LOOK_EVERY_SECONDS = 0.25
CHOOSE = "Choose another port"


class Restartable(Protocol):
    """What is started again when it has ended by itself."""

    def restart_ended(self) -> list[str]:
        """Start it again, and say in a sentence that it had ended; nothing where it runs."""


class Supervisor:
    """Starts services in sessions of their own, so that stopping them is ours alone."""

    def __init__(self, settings: Settings, urls: dict[str, str]) -> None:
        self._settings = settings
        self._urls = urls
        self._leash = Leash()
        self._running: dict[Service, subprocess.Popen[bytes]] = {}
        self._restarts: defaultdict[Service, Restarts] = defaultdict(Restarts)

    def start(self, service: Service) -> None:
        """Start one service; its output goes to its log."""
        environment = environment_of(service, self._settings, dict(os.environ), self._urls)
        with self.log_of(service).open("ab") as log:
            process = subprocess.Popen(
                service.program,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=service.folder or self._settings.home,
                env=environment,
            )
        self._leash.hold(process.pid, signal.SIGTERM, grace_seconds=GRACE_SECONDS)
        self._running[service] = process

    def log_of(self, service: Service) -> Path:
        """Name the file that holds what the service said."""
        return self._settings.logs / f"{service.name}.log"

    def wait_until_ready(self, service: Service) -> None:
        """Wait until the service answers.

        Raises
        ------
        ServiceStopped
            It, or another one, ended first, or it did not answer in time.
        """
        until = time.monotonic() + READY_PATIENCE_SECONDS
        while not answers(service, self._settings.host):
            self.refuse_if_one_ended()
            if time.monotonic() > until:
                raise ServiceStopped(service.title, "did not become ready", self.log_of(service))
            time.sleep(LOOK_EVERY_SECONDS)

    def refuse_if_one_ended(self) -> None:
        """Look at every service once.

        Raises
        ------
        ServiceStopped
            One has ended by itself.
        """
        for service, process in self._running.items():
            if (code := process.poll()) is not None:
                words = f"stopped by itself (exit code {code})"
                raise ServiceStopped(service.title, words, self.log_of(service))

    def restart_ended(self) -> list[str]:
        """Start again every service that has ended by itself: a killed daemon pages nobody.

        Returns
        -------
        :
            What ended, a sentence each.

        Raises
        ------
        ServiceStopped
            One ends again and again.
        """
        ended = [
            (service, code)
            for service, process in self._running.items()
            if (code := process.poll()) is not None
        ]
        for service, code in ended:
            if not self._restarts[service].allow_another(time.monotonic()):
                words = f"stopped by itself again and again (exit code {code})"
                raise ServiceStopped(service.title, words, self.log_of(service))
            self.start(service)
        return [
            f"The {service.title} stopped by itself (exit code {code}) and was started again; "
            f"its log is {self.log_of(service)}"
            for service, code in ended
        ]

    def watch(
        self, parent_id: int, tell: Callable[[str], None], *, database: Restartable | None = None
    ) -> None:
        """Keep everything running until `make`, which started this process, is gone.

        Parameters
        ----------
        parent_id:
            The process that started this one.
        tell:
            Called with a sentence for each program that was started again.
        database:
            The embedded server, where there is one; services come back by themselves after it.

        Raises
        ------
        StormdeskRefused
            Something ends again and again.
        """
        while os.getppid() == parent_id:
            for sentence in database.restart_ended() if database else []:
                tell(sentence)
            for sentence in self.restart_ended():
                tell(sentence)
            time.sleep(LOOK_EVERY_SECONDS)

    def stop(self) -> None:
        """End every service and whatever it started, the last one first."""
        for process in reversed(self._running.values()):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        self._leash.release()
        for process in self._running.values():
            process.wait()
        self._running.clear()


def answers(service: Service, host: str) -> bool:
    """Tell whether the service is ready; one without a port is ready as it runs."""
    if service.port is None:
        return True
    if service.health_path is None:
        return _is_open(host, service.port)
    with closing(HTTPConnection(host, service.port, timeout=5)) as connection:
        try:
            connection.request("GET", service.health_path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False


def _is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def refuse_taken_ports(services: list[Service], host: str) -> None:
    """Look at every port before anything long begins.

    Raises
    ------
    PortTaken
        Another program listens on one of them, two of ours should, or the system keeps it.
    """
    promised: dict[int, Service] = {}
    for service in services:
        if service.port is None:
            continue
        if (other := promised.setdefault(service.port, service)) is not service:
            _refuse(service, host, service.port, f"the {other.title} is to do that", CHOOSE)
        if refusal := _bind_refusal(host, service.port):
            _refuse(service, host, service.port, *refusal)


def _refuse(service: Service, host: str, port: int, reason: str, remedy: str) -> NoReturn:
    raise PortTaken(service.title, host, port, service.port_variable, reason, remedy)


def _bind_refusal(host: str, port: int) -> tuple[str, str] | None:
    """Say why nobody of ours can listen there, and what to do; None if somebody can."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as failure:
            return _in_words(failure)
    return None


def _in_words(failure: OSError) -> tuple[str, str]:
    if failure.errno == errno.EADDRINUSE:
        return "another program does", f"Stop that program, or {CHOOSE.lower()}"
    if failure.errno == errno.EACCES:
        return "only root may listen on so low a port", CHOOSE
    return (failure.strerror or str(failure)).lower(), CHOOSE
