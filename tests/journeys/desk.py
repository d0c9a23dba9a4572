"""A served dashboard for journeys: its process, its people, and how a browser signs in."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from dashboard import launch
from tests.factories.user import actor_of, make_user
from warehouse.rules import passwords
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Role

PASSWORD = "a long grey winter 2013"


@dataclass
class Desk:
    """The dashboard at `url`, over a database of this test module's own."""

    url: str
    log: Path
    actors: dict[str, Actor] = field(default_factory=dict)

    def add_person(self, username: str, *roles: Role, **overrides: object) -> Actor:
        """Add somebody who signs in with `PASSWORD`; repeating it gives the same person."""
        if username not in self.actors:
            with pytest.MonkeyPatch.context() as patch, transaction(Access.OWNER) as session:
                patch.setattr(passwords, "COST", 4)
                values = {"display_name": username.title()} | overrides
                user = make_user(
                    session,
                    roles=roles,
                    username=username,
                    password_hash=passwords.hash_password(PASSWORD),
                    **values,
                )
                self.actors[username] = actor_of(user, *roles)
        return self.actors[username]

    def sign_in(self, page: Page, username: str, path: str = "") -> None:
        """Open an address and sign in there; returns once the page shows who is here."""
        page.goto(f"{self.url}/{path}")
        fill_form(page, username, PASSWORD)
        expect(page.get_by_test_id("stPopover").first).to_be_visible()


def fill_form(page: Page, username: str, password: str) -> None:
    """Fill the sign-in form and send it."""
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


@contextmanager
def serving(folder: Path) -> Iterator[Desk]:
    """Run the dashboard as `stormdesk up` does, until the block ends."""
    port = _free_port()
    log = folder / "dashboard.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            launch.command(port=port),
            cwd=folder,
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            desk = Desk(f"http://127.0.0.1:{port}", log)
            _wait_until_ready(desk, process)
            yield desk
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(desk: Desk, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1800):
        if _answers(f"{desk.url}/readyz"):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
            break
    pytest.fail(f"The dashboard did not start:\n{desk.log.read_text()}")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=60).ok
    except requests.ConnectionError:
        return False
