"""Pulls of bookings into the record: what came in stays, and the next pull goes on behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.providers.bookings_rest import BookingsPull
from pipelines.providers.errors import ProviderBusy
from pipelines.providers.http import ProviderClient
from pipelines.pulling import pull_segments
from pipelines.reading.segments import Understood
from pipelines.resources import Warehouse
from tests.factories.airport import make_airport
from tests.factories.clock import set_clock
from tests.pipelines.simulator.conftest import STORM_AT, Simulator
from warehouse.operations.deliveries import Delivery
from warehouse.operations.feed_batches import BatchResult
from warehouse.queries.feeds import find_watermark
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM


class Watched(Warehouse):
    """Knows whether a transaction is open."""

    _open: int = 0

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            self._open += 1
            yield session
            self._open -= 1

    def is_open(self) -> bool:
        return self._open > 0


@pytest.fixture(autouse=True)
def small_pages(database: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.providers.bookings_rest.ROWS_A_PAGE", 3)
    set_clock(STORM_AT)
    with transaction(Access.OWNER) as session:
        for iata in ("JFK", "LGA", "EWR", "BOS", "LAX", "ORD", "SFO"):
            make_airport(session, iata)


@pytest.fixture
def client(simulator: Simulator) -> ProviderClient:
    return ProviderClient(
        "bookings", simulator.url, sleep=lambda _: None, jitter=Random(1), session=simulator.session
    )


def delivery(at: datetime) -> Delivery:
    return Delivery("booking_segment", "bookings", None, at)


def pulled(
    client: ProviderClient, asked: list[datetime | None], warehouse: Warehouse | None = None
) -> list[BatchResult]:
    def ask(since: datetime | None) -> BookingsPull:
        asked.append(since)
        return BookingsPull(client, since)

    return pull_segments(warehouse or Warehouse(), SYSTEM, ask, delivery)


def standing() -> tuple[int, datetime | None]:
    """Give how many segments there are, and the watermark."""
    with transaction(Access.PIPELINE) as session:
        count = session.scalar(text("SELECT count(*) FROM feeds.booking_segment"))
        return int(count or 0), find_watermark(session, "booking_segment", "bookings")


def test_pages_are_batches_and_the_last_moves_the_watermark(client: ProviderClient) -> None:
    asked: list[datetime | None] = []
    first = pulled(client, asked)
    assert [batch.accepted_count for batch in first] == [3, 3, 1]
    assert standing() == (7, STORM_AT)
    again = pulled(client, asked)
    assert asked == [None, STORM_AT]
    assert sum(batch.accepted_count for batch in again) == 0
    assert standing() == (7, STORM_AT)


def test_nobody_is_asked_while_a_transaction_is_open(
    client: ProviderClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, get = Watched(), ProviderClient.get
    open_when_asked: list[bool] = []

    def watched(self: ProviderClient, *args: object) -> object:
        open_when_asked.append(warehouse.is_open())
        return get(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(ProviderClient, "get", watched)
    pulled(client, [], warehouse)
    assert open_when_asked == [False] * 3


def failing_behind(
    pages: int, simulator: Simulator, client: ProviderClient, fault: str
) -> list[datetime | None]:
    """Pull until a page fails for good; give what was asked for."""
    asked: list[datetime | None] = []

    class Failing(BookingsPull):
        def pages(self) -> Iterator[Understood]:
            for number, page in enumerate(super().pages(), start=1):
                yield page
                if number == pages:
                    simulator.misbehave("bookings", fault, times=4)

    def ask(since: datetime | None) -> BookingsPull:
        asked.append(since)
        return Failing(client, since)

    with pytest.raises(ProviderBusy):
        pull_segments(Warehouse(), SYSTEM, ask, delivery)
    return asked


@pytest.mark.parametrize("fault", ["unavailable", "broken_tail", "minutely"])
def test_a_page_that_fails_leaves_the_others_and_is_where_the_next_pull_goes_on(
    simulator: Simulator, client: ProviderClient, fault: str
) -> None:
    asked = failing_behind(1, simulator, client, fault)
    count, reached = standing()
    assert count == 3
    assert reached is not None
    assert reached < STORM_AT
    simulator.ask("DELETE", "/faults")
    pulled(client, asked)
    assert asked == [None, reached]
    assert standing() == (7, STORM_AT)


def test_a_source_that_keeps_no_order_is_asked_for_all_of_it_again(
    simulator: Simulator, client: ProviderClient
) -> None:
    simulator.misbehave("bookings", "out_of_order", times=2)
    failing_behind(2, simulator, client, "unavailable")
    count, reached = standing()
    assert count == 6
    # What the first page said in order holds; the second moves nothing.
    assert reached == datetime.fromisoformat("2013-11-01T10:00+00:00")


@pytest.mark.parametrize("fault", ["duplicate_page", "out_of_order", "tombstone"])
def test_what_sources_do_comes_in_once(
    simulator: Simulator, client: ProviderClient, fault: str
) -> None:
    simulator.misbehave("bookings", fault)
    pulled(client, [])
    count, reached = standing()
    assert (count, reached) == (7, STORM_AT)


def test_a_pull_stops_where_somebody_else_has_read_on(client: ProviderClient) -> None:
    def ask(since: datetime | None) -> BookingsPull:
        pulled(client, [])
        return BookingsPull(client, since)

    assert pull_segments(Warehouse(), SYSTEM, ask, delivery) == []
    assert standing() == (7, STORM_AT)
