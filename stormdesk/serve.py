"""Runs one service in the place of this process: what each container does."""

from __future__ import annotations

import os
from typing import NoReturn

from stormdesk.errors import StormdeskRefused
from stormdesk.services import DATABASE_URLS, all_services, environment_of
from stormdesk.settings import Settings
from stormdesk.stages import lay_out_dagster_home
from stormdesk.state_folder import open_state_folder, refusals_explained


def run_one(settings: Settings, name: str) -> NoReturn:
    """Become the service; its database URLs come from the environment.

    Raises
    ------
    StormdeskRefused
        No service has this name, or a database URL it needs is not set.
    """
    services = all_services(settings)
    if name not in services:
        known = ", ".join(services)
        raise StormdeskRefused(f"There is no service {name}.", f"Name one of: {known}")
    service = services[name]
    urls = {key: os.environ[key] for key in DATABASE_URLS if key in os.environ}
    if missing := sorted(service.database_urls - urls.keys()):
        raise StormdeskRefused(
            f"The {service.title} needs {' and '.join(missing)}.",
            "Set it, or run `stormdesk up`, which starts everything together.",
        )
    open_state_folder(settings.home)
    with refusals_explained(settings.home):
        lay_out_dagster_home(settings)
    os.chdir(service.folder or settings.home)
    environment = environment_of(service, settings, dict(os.environ), urls)
    os.execve(service.program[0], service.program, environment)  # noqa: S606  (no shell wanted)
