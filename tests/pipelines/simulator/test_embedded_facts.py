"""The simulator on the embedded year: the storm of December 2013 over HTTP."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.simulator.app import create_app
from pipelines.simulator.facts import Facts, embedded_facts
from pipelines.simulator.faults import Faults
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.serving import serving
from tests.pipelines.simulator.small_facts import STORM_AT
from tests.pipelines.simulator.test_duffel import AROUND_JFK, post

pytestmark = pytest.mark.slow
TONIGHT = date(2013, 12, 10)


@pytest.fixture(scope="module")
def year() -> Facts:
    return embedded_facts()


@pytest.fixture
def simulator(year: Facts) -> Iterator[Simulator]:
    simulator = Simulator()
    app = create_app(year, lambda: simulator.at, Faults(), sleep=simulator.sleep)
    with serving(app) as simulator.url, simulator.session:
        yield simulator


def rooms_free_tonight(simulator: Simulator) -> tuple[int, float]:
    wish = {
        "location": {**AROUND_JFK, "radius": 15},
        "check_in_date": "2013-12-10",
        "check_out_date": "2013-12-11",
        "rooms": 1,
        "guests": [{"type": "adult"}],
    }
    results = post(simulator, "/stays/search", wish).json()["data"]["results"]
    rates: list[dict[str, Any]] = []
    for result in results:
        path = f"/stays/search_results/{result['id']}/actions/fetch_all_rates"
        fetched = post(simulator, path).json()["data"]["accommodation"]
        rates += [rate for room in fetched["rooms"] for rate in room["rates"]]
    counted = [rate for rate in rates if rate["quantity_available"] is not None]
    prices = [float(rate["total_amount"]) for rate in counted]
    return sum(rate["quantity_available"] for rate in counted), sum(prices) / len(prices)


def test_rooms_become_few_and_dear_as_the_storm_strands_people(simulator: Simulator) -> None:
    calm_rooms, calm_price = rooms_free_tonight(simulator)
    simulator.at = STORM_AT + timedelta(hours=13)
    late_rooms, late_price = rooms_free_tonight(simulator)
    assert 0 < late_rooms < calm_rooms
    assert late_price > calm_price


def test_the_newest_bookings_are_read_in_pages(simulator: Simulator) -> None:
    since = (STORM_AT - timedelta(days=1)).isoformat()
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"updated_since": since, "limit": 50, **({"cursor": cursor} if cursor else {})}
        page = simulator.get("/bookings", **query).json()
        rows += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(rows) > 100
    assert {row["kind"] for row in rows} == {"flight", "stay"}
    stamps = [row["source_updated_at"] for row in rows]
    assert stamps == sorted(stamps)
    assert stamps[-1] <= page["high_watermark"] == "2013-12-10T11:00:00Z"
    flights = [row for row in rows if row["kind"] == "flight"]
    assert all(row["departure_at"] and row["arrival_at"] for row in flights)


def test_all_bookings_made_by_then_have_their_rows(year: Facts) -> None:
    bookings = year.bookings()
    made = [place for place, at in enumerate(bookings.booked_at) if at <= STORM_AT]
    assert (bookings.row_counts > 0).all()
    told = bookings.rows(made[-500:])
    assert [len(rows) for rows in told] == bookings.row_counts[made[-500:]].tolist()
