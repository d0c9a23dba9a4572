"""A storm morning in real browsers: an agent takes an alert, and her manager sees it happen."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.factories.booking import make_booking, make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_cancelled_flight, make_flight
from tests.factories.policy import make_alert_policy, make_policy_version
from tests.factories.prediction import make_champion, make_prediction
from tests.factories.weather import make_weather_forecast, make_weather_observation
from tests.journeys.conftest import NewPage
from tests.journeys.desk import Desk
from warehouse.operations.alert_cases import AlertCandidate
from warehouse.operations.clock import found_database, set_replay_clock
from warehouse.operations.raising import raise_flight_alerts
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, AlertBasis, FlightId, Role

pytestmark = pytest.mark.browser

WITHIN_MS = 3_000
NOTE = "calling all four travellers now"


@pytest.fixture(scope="module", autouse=True)
def _storm(desk: Desk) -> None:
    desk.add_person("mara", Role.AGENT, display_name="Mara Diaz")
    desk.add_person("tomas", Role.MANAGER, display_name="Tomas Berg")
    desk.add_person("cleo", Role.CUSTOMER)
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=True, at=datetime.now(UTC))
        set_replay_clock(session, SYSTEM, replayed_at=STORM_AT, speed=1)
        make_alert_policy(session)
        make_policy_version(session)
        _raise_alerts(session)
        _blow(session)


def _raise_alerts(session) -> None:
    make_champion(session)
    predicted = make_flight(session, carrier="B6", flight_number="615")
    cancelled = make_cancelled_flight(
        session,
        carrier="UA",
        flight_number="1545",
        scheduled_departure_at=STORM_AT - timedelta(minutes=10),
    )
    for flight in (predicted, cancelled):
        booking = make_booking(session, is_generated=True)
        make_leg(session, flight_id=flight.flight_id, booking_id=booking.booking_id)
    drivers = [{"group": "wind", "words": "gusts 24 m/s at departure", "effect": 0.21}]
    claim = make_prediction(
        session, flight_id=predicted.flight_id, probability=0.62, drivers=drivers
    )
    candidates = [
        AlertCandidate(
            FlightId(predicted.flight_id),
            AlertBasis.PREDICTED,
            claim.probability,
            claim.prediction_id,
            drivers,
        ),
        AlertCandidate(FlightId(cancelled.flight_id), AlertBasis.REPORTED, None, None, []),
    ]
    summary = raise_flight_alerts(session, SYSTEM, candidates, at=STORM_AT)
    assert summary.raised == 2


def _blow(session) -> None:
    for hour in range(1, 6):
        make_weather_observation(session, observed_at=STORM_AT - timedelta(hours=hour))
    for hour in range(16):
        make_weather_forecast(
            session,
            valid_at=STORM_AT + timedelta(hours=hour),
            issued_at=STORM_AT - timedelta(hours=1),
        )


def cells(page: Page, text: str):
    """Find a table's cells by text: they stand inside the canvas for assistive technology."""
    return page.locator("canvas td", has_text=text)


def test_what_an_agent_takes_leaves_her_managers_list_and_stays_in_the_history(
    desk: Desk, new_page: NewPage
) -> None:
    mara, tomas = new_page(), new_page()
    desk.sign_in(tomas, "tomas", "inbox")
    expect(cells(tomas, "B6 615")).to_have_count(1)
    expect(tomas.get_by_role("button", name="2 open")).to_be_visible()

    desk.sign_in(mara, "mara", "inbox")
    expect(cells(mara, "B6 615")).to_have_count(1)
    expect(cells(mara, "62 % likely")).to_have_count(1)
    _open_only(mara, "B6 615")
    expect(mara.get_by_role("heading", name="B6 615 JFK → BOS")).to_be_visible()
    expect(mara.get_by_text("gusts 24 m/s at departure")).to_be_visible()
    expect(mara.get_by_text("simulated from what came")).to_be_visible()
    mara.get_by_placeholder("Note").fill(NOTE)
    mara.get_by_role("button", name="Acknowledge").click()
    expect(mara.get_by_text("Acknowledged: it is yours.")).to_be_visible()

    expect(cells(tomas, "B6 615")).to_have_count(0, timeout=WITHIN_MS)
    expect(tomas.get_by_role("button", name="1 taken")).to_be_visible(timeout=WITHIN_MS)
    expect(cells(tomas, "UA 1545")).to_have_count(1)
    expect(mara.get_by_text(f"“{NOTE}”")).to_be_visible()

    tomas.get_by_role("link", name="Audit").click()
    expect(tomas.get_by_role("heading", name="Audit")).to_be_visible()
    expect(cells(tomas, "Alert acknowledged")).to_have_count(1)
    expect(cells(tomas, NOTE)).to_have_count(1)


def _where_it_rests(page: Page) -> FloatRect:
    """Find the list once it has stopped moving: what is drawn above it late pushes it down."""
    table = page.get_by_test_id("stDataFrame").first
    before, now = None, table.bounding_box()
    while now is None or now != before:
        page.wait_for_timeout(500)
        before, now = now, table.bounding_box()
    return now


def _open_only(page: Page, find: str) -> None:
    """Narrow the list to one alert, tick it by keyboard and open it by keyboard."""
    page.get_by_placeholder("Flight, place or booking").fill(find)
    page.keyboard.press("Enter")
    expect(page.get_by_text("matching “B6 615”")).to_be_visible()
    expect(cells(page, "UA 1545")).to_have_count(0)
    box = _where_it_rests(page)
    page.mouse.click(box["x"] + 18, box["y"] + 35 + 17)
    expect(page.get_by_role("button", name="Acknowledge 1")).to_be_enabled()
    page.keyboard.press("o")


def test_a_customer_cannot_open_the_inbox_by_its_address(desk: Desk, page: Page) -> None:
    for address in ("inbox", "alert?id=1", "forecast"):
        if address == "inbox":
            desk.sign_in(page, "cleo", address)
        else:
            page.goto(f"{desk.url}/{address}")
        expect(page.get_by_text("is not open to you")).to_be_visible()
        expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
        expect(page.get_by_text("UA 1545")).to_have_count(0)


def test_the_forecast_asks_nobody_but_us_and_a_phone_can_read_the_inbox(
    desk: Desk, new_page: NewPage
) -> None:
    page = new_page(width=390, height=844)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    desk.sign_in(page, "mara", "forecast")
    expect(page.get_by_text("How far to trust it")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    page.goto(f"{desk.url}/inbox?inbox_show=critical")
    expect(page.get_by_text("There are no critical alerts")).to_be_visible()
    page.goto(f"{desk.url}/inbox")
    expect(cells(page, "UA 1545")).to_contain_text("Nobody has it")
    ours = (desk.url, desk.url.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(ours)] == []
