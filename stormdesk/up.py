"""`stormdesk up`: everything ready, everything running, and everything gone at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console

from stormdesk import stages
from stormdesk.database import Database, opened_database
from stormdesk.services import Service, services_of_up
from stormdesk.settings import Settings
from stormdesk.state_folder import held_lock, open_state_folder, refuse_full_disk
from stormdesk.stopping import stoppable
from stormdesk.supervisor import Supervisor, refuse_taken_ports
from stormdesk.welcome import show_welcome

LOCK_NAME = "up.lock"


def run_everything(settings: Settings, console: Console) -> None:
    """Set up what is missing, start every service and stay until the user stops it.

    Parameters
    ----------
    settings:
        Where everything is.
    console:
        Where progress and the welcome are shown. Ctrl-C before the welcome is raised on;
        after it, it is the way to stop, and everything is gone when this returns.
    """
    services, parent_id = services_of_up(settings), os.getppid()
    open_state_folder(settings.home)
    refuse_full_disk(settings.home)
    with stoppable(), held_lock(settings.home / LOCK_NAME):
        refuse_taken_ports(services, settings.host)
        with opened_database(settings) as database:
            sign_ins = stages.get_ready(settings, database, console)
            with _running(settings, database, services, console) as supervisor:
                show_welcome(console, settings, sign_ins)
                with suppress(KeyboardInterrupt):
                    supervisor.watch(parent_id, console.print, database=database.server)
                console.print("Stopping everything.")


@contextmanager
def _running(
    settings: Settings, database: Database, services: list[Service], console: Console
) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings, database.urls)
    try:
        with console.status("Starting the services"):
            _start_in_order(supervisor, services)
        yield supervisor
    finally:
        supervisor.stop()


def _start_in_order(supervisor: Supervisor, services: list[Service]) -> None:
    """Start the code server before those that would otherwise find it missing for a minute."""
    needing_code = {"daemon", "web-admin", "web"}
    first = [service for service in services if service.name not in needing_code]
    then = [service for service in services if service.name in needing_code]
    for group in (first, then):
        for service in group:
            supervisor.start(service)
        for service in group:
            supervisor.wait_until_ready(service)
