"""`stormdesk doctor`: looks for what would stop Stormdesk, and says what to do about it."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from stormdesk.chromium import find_chromium
from stormdesk.database import opened_database
from stormdesk.errors import AlreadyRunning, StormdeskRefused
from stormdesk.services import services_of_up
from stormdesk.settings import Settings
from stormdesk.state_folder import (
    held_lock,
    open_state_folder,
    refusals_explained,
    refuse_full_disk,
)
from stormdesk.supervisor import refuse_taken_ports
from stormdesk.up import LOCK_NAME


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    words: str
    remedy: str = ""
    is_needed: bool = True

    @property
    def is_well(self) -> bool:
        """Tell whether nothing has to be done."""
        return not self.remedy


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; without a state folder there is no more to see than that."""
    python = Finding("Python", f"{platform.python_version()} at {sys.executable}")
    folder = _look("State folder", settings, _state_folder)
    if not folder.is_well:
        return [python, folder]
    looks = {"Disk": _disk, "Ports": _ports, "Database": _database}
    within = [_look(subject, settings, check) for subject, check in looks.items()]
    return [python, folder, *within, _chromium()]


def _look(subject: str, settings: Settings, check: Callable[[Settings], str]) -> Finding:
    try:
        with refusals_explained(settings.home):
            return Finding(subject, check(settings))
    except StormdeskRefused as refusal:
        return Finding(subject, refusal.sentence, refusal.remedy)


def _state_folder(settings: Settings) -> str:
    open_state_folder(settings.home)
    return str(settings.home)


def _disk(settings: Settings) -> str:
    refuse_full_disk(settings.home)
    return f"{shutil.disk_usage(settings.home).free >> 30} GB free"


def _ports(settings: Settings) -> str:
    services = services_of_up(settings)
    try:
        with held_lock(settings.home / LOCK_NAME):
            refuse_taken_ports(services, settings.host)
    except AlreadyRunning:
        return "in use by `stormdesk up`, which is running"
    ports = ", ".join(str(service.port) for service in services if service.port)
    return f"{ports} are free on {settings.host}"


def _database(settings: Settings) -> str:
    with opened_database(settings) as database, database.connect() as connection:
        version = connection.execute("SHOW server_version").fetchone()
    kind = "embedded" if database.server else "named by STORMDESK_DATABASE_URL"
    return f"PostgreSQL {version[0] if version else ''}, {kind}"


def _chromium() -> Finding:
    if found := find_chromium():
        return Finding("Chromium", str(found), is_needed=False)
    return Finding("Chromium", "not found; only the tests need it", "make test", is_needed=False)


def show_findings(console: Console, findings: list[Finding]) -> bool:
    """Print the findings; tell whether Stormdesk can run."""
    table = Table("", "What", "Found", "What to do", box=None)
    for finding in findings:
        mark = "[green]ok[/]" if finding.is_well else "[red]no[/]"
        table.add_row(mark, finding.subject, finding.words, finding.remedy)
    console.print(table)
    return all(finding.is_well or not finding.is_needed for finding in findings)
