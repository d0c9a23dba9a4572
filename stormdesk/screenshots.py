"""Takes pictures of every page of the running product: `python -m stormdesk.screenshots FOLDER`.

Signs in as one user of each role, at the width of a desk and of a phone, in light and in dark.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stormdesk.chromium import find_chromium
from stormdesk.database import opened_database
from stormdesk.settings import Settings
from warehouse.operations.sign_ins import begin_sign_in, finish_sign_in
from warehouse.queries.alerts import InboxFilter, list_inbox
from warehouse.queries.clock import read_clock
from warehouse.queries.people import list_users
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, AlertStatus, Role

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

Scheme = Literal["light", "dark"]
WIDTHS: dict[str, int] = {"desk": 1440, "phone": 390}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
TALLEST_PIXELS = 3200
SETTLING_MS = 1_800
PATIENCE_MS = 60_000
PAGES: dict[Role, tuple[str, ...]] = {
    Role.AGENT: ("inbox", "alert", "forecast", "audit"),
    Role.MANAGER: ("inbox", "alert"),
    Role.ANALYST: ("alert", "forecast", "audit"),
    Role.ADMIN: ("inbox",),
    Role.CUSTOMER: ("my_trips", "inbox"),
}
ASSET_GRAPH = "/asset-groups"


@dataclass(frozen=True)
class Look:
    """One width and one appearance of the browser."""

    device: str
    scheme: Scheme

    @property
    def name(self) -> str:
        """Part of the picture's file name."""
        return f"{WIDTHS[self.device]}-{self.scheme}"


LOOKS = tuple(Look(device, scheme) for device in WIDTHS for scheme in SCHEMES)


def take_pictures(folder: Path, settings: Settings) -> list[Path]:
    """Write a PNG of every page, for each role that opens it and each look, and the asset graph."""
    folder.mkdir(parents=True, exist_ok=True)
    with _chromium() as browser:
        pictures = [
            _picture_of(
                browser, look, f"{settings.dashboard_url}/", folder / f"sign_in-{look.name}"
            )
            for look in LOOKS
        ]
        for role, username in _one_user_per_role().items():
            for look in LOOKS:
                pictures += _pictures_as(browser, look, role, username, folder, settings)
        graph = f"{settings.dagster_url}{ASSET_GRAPH}"
        pictures.append(_picture_of(browser, LOOKS[0], graph, folder / "asset_graph-1440-light"))
    return pictures


@contextmanager
def _chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--hide-scrollbars"]
        )
        yield browser
        browser.close()


def _one_user_per_role() -> dict[Role, str]:
    with transaction(Access.OWNER) as session:
        users = [user for user in list_users(session, SYSTEM) if user.is_active]
    return {
        role: next(user.username for user in users if role in user.roles)
        for role in PAGES
        if any(role in user.roles for user in users)
    }


def _pictures_as(
    browser: Browser, look: Look, role: Role, username: str, folder: Path, settings: Settings
) -> list[Path]:
    context = _context(browser, look)
    _sign_in(context, username, settings.dashboard_url)
    pictures = []
    for name in PAGES[role]:
        address = f"{settings.dashboard_url}/{name}{_query_of(name)}"
        pictures.append(_shoot(context, look, address, folder / f"{name}-{role}-{look.name}"))
    context.close()
    return pictures


def _picture_of(browser: Browser, look: Look, address: str, file: Path) -> Path:
    context = _context(browser, look)
    picture = _shoot(context, look, address, file)
    context.close()
    return picture


def _context(browser: Browser, look: Look) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": WIDTHS[look.device], "height": 900},
        color_scheme=look.scheme,
        timezone_id="America/New_York",
        device_scale_factor=2 if look.device == "phone" else 1,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def _sign_in(context: BrowserContext, username: str, url: str) -> None:
    """Vouch for a user as the operator of this database, and let the browser claim the session."""
    with transaction(Access.OWNER) as session:
        attempt = begin_sign_in(session, username)
        ticket = finish_sign_in(session, attempt, is_password=True, clock=read_clock(session))
    answer = context.request.post(
        f"{url}/session/claim", data=ticket, headers={"origin": url, "content-type": "text/plain"}
    )
    if not answer.ok:
        raise SystemExit(f"{username} could not sign in at {url}: {answer.text()}")


def _query_of(name: str) -> str:
    """Give the alert page an alert: the worst open one."""
    if name != "alert":
        return ""
    with transaction(Access.OWNER) as session:
        rows = list_inbox(session, SYSTEM, InboxFilter(statuses=(AlertStatus.OPEN,)), limit=1)
    return f"?id={rows[0].alert_id}" if rows else ""


def _shoot(context: BrowserContext, look: Look, address: str, file: Path) -> Path:
    page = context.new_page()
    page.goto(address)
    _wait_until_drawn(page)
    page.set_viewport_size({"width": WIDTHS[look.device], "height": _height_of(page)})
    _wait_until_drawn(page)
    picture = file.with_name(f"{file.name}.png")
    page.screenshot(path=picture)
    page.close()
    return picture


def _wait_until_drawn(page: Page) -> None:
    """Wait for the script to end, then for charts and tables, which paint on their own."""
    page.wait_for_function(
        "() => { const app = document.querySelector('[data-testid=stApp]');"
        " return !app || app.dataset.testScriptState === 'notRunning'; }"
    )
    page.wait_for_timeout(SETTLING_MS)


def _height_of(page: Page) -> int:
    """Measure the whole page: Streamlit scrolls inside its own frame."""
    tallest = page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main ? main.scrollHeight : document.body.scrollHeight; }"
    )
    return max(700, min(int(tallest) + 8, TALLEST_PIXELS))


def main(arguments: list[str] | None = None) -> None:
    """Take the pictures of what `stormdesk up` serves on this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the PNG files go")
    settings = Settings()
    folder = parser.parse_args(arguments).folder
    if find_chromium() is None:
        sys.exit("No Chromium was found: `python -m stormdesk.chromium --install` installs one.")
    with opened_database(settings):
        pictures = take_pictures(folder, settings)
    print(f"{len(pictures)} pictures in {folder}")


if __name__ == "__main__":
    main()
