"""A real dashboard process and a real Chromium, one of each per test module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from stormdesk.chromium import find_chromium
from stormdesk.embedded import EmbeddedServer
from tests.databases import database_for
from tests.journeys.desk import Desk, serving

PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def journey_database(server: EmbeddedServer, template: str) -> Iterator[str]:
    """Give one migrated database to a whole module, all three accesses pointed at it."""
    with database_for(server, template) as name:
        yield name


@pytest.fixture(scope="module")
def desk(journey_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Serve the dashboard over that database."""
    with serving(tmp_path_factory.mktemp("dashboard")) as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium; its event loop ends with the module, so that other tests have theirs."""
    path = find_chromium()
    if path is None:
        pytest.fail("No Chromium was found: set CHROMIUM, or run `make test`, which installs one.")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader"],
        )
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator["NewPage"]:
    """Give a function that opens a page in a browser profile of its own."""
    opened = NewPage(chromium)
    yield opened
    opened.close()


@pytest.fixture
def page(new_page: "NewPage") -> Page:
    """Give a page in a fresh browser profile."""
    return new_page()


class NewPage:
    """Opens pages, each in its own profile, and closes them all at the end."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts = []

    def __call__(self, width: int = 1440, height: int = 900, **options: object) -> Page:
        """Open one; `options` are those of Playwright's new_context."""
        viewport = {"width": width, "height": height}
        context = self._browser.new_context(viewport=viewport, **options)
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        return context.new_page()

    def close(self) -> None:
        """Close every profile."""
        for context in self._contexts:
            context.close()
