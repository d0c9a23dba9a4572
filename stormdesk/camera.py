"""Brings a page of the running product to rest and takes its picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stormdesk.chromium import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

Scheme = Literal["light", "dark"]
WIDTHS: dict[str, int] = {"desk": 1440, "phone": 390}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SHORTEST_PIXELS = 700
TALLEST_PIXELS = 8_000
PATIENCE_MS = 120_000
GLANCE_MS = 250
GLANCES_ALIKE = 4
MOST_GLANCES = 120
GRAPH_MS = 1_500

_SCRIPT_ENDED = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]');
}"""
_WHAT_IS_SEEN = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const drawn = main.querySelectorAll('canvas, svg.marks, [data-testid=stElementContainer]');
  return `${main.scrollHeight} ${main.scrollWidth} ${drawn.length}`;
}"""
_HEIGHT = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
_IS_TOO_WIDE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return main.scrollWidth > main.clientWidth;
}"""
_EXPAND = "Expand all groups"
_FOLD_LIST = "xpath=//input[starts-with(@placeholder, 'Jump to')]/following::button[1]"
_GRAPH_SIZE: ViewportSize = {"width": 1440, "height": 860}
_BESIDE_THE_GRAPH = ((0.96, 0.2), (0.3, 0.95), (0.7, 0.2), (0.3, 0.2))
MENU_MS = 500
_PREFERENCES = """
  localStorage.setItem('dagster-nav-collapsed', 'true');
  localStorage.setItem('asset-graph-direction', '"vertical"');
"""
"""Dagster's own words for a folded navigation and a graph that grows downwards."""


@dataclass(frozen=True)
class Picture:
    """A PNG, and whether its page has to be scrolled sideways."""

    file: Path
    is_too_wide: bool = False


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium, and end it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--hide-scrollbars"]
        )
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, device: str) -> Iterator[BrowserContext]:
    """Open a browser window as wide as a device; what it has loaded once, it keeps."""
    context = browser.new_context(
        viewport={"width": WIDTHS[device], "height": SHORTEST_PIXELS},
        timezone_id="America/New_York",
        device_scale_factor=2 if device == "phone" else 1,
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def shoot(context: BrowserContext, address: str, file: Path, scheme: Scheme) -> Picture:
    """Take a picture of the whole page, which Streamlit scrolls inside its own frame."""
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    _wait_until_at_rest(page)
    is_too_wide = bool(page.evaluate(_IS_TOO_WIDE))
    width = page.evaluate("() => innerWidth")
    page.set_viewport_size({"width": width, "height": _height_of(page)})
    _wait_until_at_rest(page)
    page.screenshot(path=file)
    page.close()
    return Picture(file, is_too_wide)


def _wait_until_at_rest(page: Page) -> None:
    """Wait for the script to end, then for charts and tables, which arrive and paint later."""
    page.wait_for_function(_SCRIPT_ENDED)
    page.wait_for_load_state("networkidle")
    seen, alike = "", 0
    for _ in range(MOST_GLANCES):
        now = page.evaluate(_WHAT_IS_SEEN)
        seen, alike = now, alike + 1 if now == seen else 0
        if alike >= GLANCES_ALIKE:
            return
        page.wait_for_timeout(GLANCE_MS)


def _height_of(page: Page) -> int:
    return max(SHORTEST_PIXELS, min(int(page.evaluate(_HEIGHT)) + 8, TALLEST_PIXELS))


def _open_groups(page: Page) -> None:
    """Ask for it beside the graph, wherever that leaves room: on a group the menu is its own."""
    entry = page.get_by_text(_EXPAND).filter(visible=True).first
    for across, down in _BESIDE_THE_GRAPH:
        page.mouse.click(
            _GRAPH_SIZE["width"] * across, _GRAPH_SIZE["height"] * down, button="right"
        )
        page.wait_for_timeout(MENU_MS)
        if entry.is_visible():
            break
        page.keyboard.press("Escape")
    entry.click()


def shoot_graph(browser: Browser, dagster_url: str, file: Path) -> Picture:
    """Take a picture of the lineage, every group of it opened."""
    context = browser.new_context(viewport=_GRAPH_SIZE, device_scale_factor=2)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(_PREFERENCES)
    page = context.new_page()
    page.goto(f"{dagster_url}/asset-groups")
    page.get_by_text("sources", exact=True).last.wait_for()
    _open_groups(page)
    page.wait_for_url("**expanded=**")
    page.reload()  # Dagster fits what it opens with into view, and nothing that is opened later
    page.get_by_text("my_trips", exact=True).last.wait_for()
    page.locator(_FOLD_LIST).click()
    page.wait_for_timeout(GRAPH_MS)
    page.screenshot(path=file)
    context.close()
    return Picture(file)
