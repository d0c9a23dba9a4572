"""Signing in and out in a real browser, and what a stranger cannot do."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.desk import Desk
from warehouse.vocabulary import Role

pytestmark = pytest.mark.browser


def test_a_reload_keeps_somebody_signed_in(desk: Desk, page: Page) -> None:
    desk.add_person("mara", Role.AGENT)
    desk.sign_in(page, "mara", "audit")
    page.reload()
    expect(page.get_by_test_id("stPopover").first).to_contain_text("Mara")
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
