"""What is said once everything runs: where to look, as whom, and what to click first."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stormdesk.credentials import write_private
from stormdesk.settings import Settings

WIDEST_COLUMNS = 80
_FIRST_CLICKS = (
    "Sign in as an agent: the Inbox holds the storm's alerts, the worst first.",
    "Open one, read why, and acknowledge it: its escalation stops.",
    "Let time fly: `.venv/bin/stormdesk replay --speed 60` lives an hour a minute.",
    "Leave another alone: it escalates while you watch.",
    "In the Dagster UI open Lineage: every fact from its source to its alert.",
)


@dataclass(frozen=True)
class SignIn:
    """A new user's name and generated password, shown once and never stored readable."""

    username: str
    roles: str
    password: str


def keep_sign_ins(home: Path, sign_ins: list[SignIn]) -> None:
    """Keep new passwords until they have been shown, for the owner's eyes only."""
    write_private(_file(home), json.dumps([asdict(sign_in) for sign_in in sign_ins]))


def kept_sign_ins(home: Path) -> list[SignIn]:
    """Read the passwords that were never shown."""
    if not _file(home).exists():
        return []
    return [SignIn(**fields) for fields in json.loads(_file(home).read_text(encoding="utf-8"))]


def _file(home: Path) -> Path:
    return home / "secrets" / "sign-ins-not-yet-shown"


def show_sign_ins(console: Console, settings: Settings, sign_ins: list[SignIn]) -> None:
    """Print users whose passwords were never shown, then forget the passwords."""
    if sign_ins:
        console.print(_users(sign_ins), "These passwords are not shown again.", sep="\n")
    _file(settings.home).unlink(missing_ok=True)


def show_welcome(console: Console, settings: Settings, sign_ins: list[SignIn]) -> None:
    """Print the addresses, the new users and the first steps; then forget the passwords."""
    parts: list[RenderableType] = [_addresses(settings), Text()]
    if sign_ins:
        parts += [_users(sign_ins), Text("These passwords are not shown again.\n", style="bold")]
    parts += [Text("What to do first"), *(Text(f"  {click}") for click in _FIRST_CLICKS)]
    parts += [Text("\nCtrl-C stops everything.", style="bold")]
    width = min(console.width, WIDEST_COLUMNS)
    console.print(Panel(Group(*parts), title="Stormdesk is ready", width=width))
    _file(settings.home).unlink(missing_ok=True)


def _addresses(settings: Settings) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("Dashboard", Text(settings.dashboard_url, style="bold cyan"))
    table.add_row("Dagster UI", Text(settings.dagster_url, style="bold cyan"))
    table.add_row("Mail kept in", str(settings.mail))
    table.add_row("Logs", str(settings.logs))
    return table


def _users(sign_ins: list[SignIn]) -> Table:
    table = Table("User", "Roles", "Password", box=None, padding=(0, 2, 0, 0))
    for sign_in in sign_ins:
        table.add_row(sign_in.username, sign_in.roles, Text(sign_in.password, style="bold"))
    return table
