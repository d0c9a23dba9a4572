"""Our pull of bookings against the simulator: every change once, nothing by half."""

from datetime import datetime
from random import Random

import pandas as pd
import pytest

from pipelines.providers.bookings_rest import BookingsPull
from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.http import ProviderClient
from pipelines.reading.segments import SEGMENT_COLUMNS
from pipelines.simulator.booking_facts import ROW_COLUMNS
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import STORM_AT


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.providers.bookings_rest.ROWS_A_PAGE", 3)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(simulator: Simulator, slept: list[float]) -> ProviderClient:
    return ProviderClient(
        "bookings",
        simulator.url,
        sleep=slept.append,
        jitter=Random(1),
        session=simulator.session,
    )


def pulled(pull: BookingsPull) -> pd.DataFrame:
    pages = list(pull.pages())
    assert all(page.rejected.empty for page in pages)
    return pd.concat([page.segments for page in pages], ignore_index=True)


def taken(rows: pd.DataFrame) -> set[tuple[str, str, str]]:
    """What a keeper would have: one segment per booking, kind and traveller."""
    keys = rows[["booking_ref", "kind", "traveller_ref"]].fillna("")
    return set(keys.itertuples(index=False, name=None))


def test_the_rows_have_the_columns_that_are_read() -> None:
    assert set(ROW_COLUMNS) == set(SEGMENT_COLUMNS) - {"line"}


def test_every_row_is_understood_as_it_was_meant(client: ProviderClient) -> None:
    pull = BookingsPull(client)
    rows = pulled(pull)
    assert pull.high_watermark == STORM_AT
    assert list(rows["booking_ref"]) == ["AAAAAA"] * 4 + ["BBBBBB", "CCCCCC", "DDDDDD"]
    assert len(taken(rows)) == len(rows) == 7
    flight, stay = rows.iloc[0], rows.iloc[2]
    assert (flight["carrier"], flight["flight_number"], flight["origin"]) == ("B6", "15", "JFK")
    assert flight["departure_at"] == pd.Timestamp("2013-12-10T20:00Z")
    assert flight["departure_on"] == pd.Timestamp("2013-12-10")
    assert (stay["hotel_ref"], stay["hotel_latitude"], stay["rooms"]) == ("H0001", 40.65, 1)
    assert rows["price_minor_units"].sum() == 4 * 30_000 + 12_000
    assert (rows["status"] == "confirmed").all()


def test_the_next_pull_goes_on_where_the_last_one_ended(
    simulator: Simulator, client: ProviderClient
) -> None:
    pull = BookingsPull(client)
    pulled(pull)
    simulator.at = datetime.fromisoformat("2013-12-10T11:02:00+00:00")
    following = BookingsPull(client, pull.high_watermark)
    # Five minutes are asked for again.
    assert list(pulled(following)["booking_ref"]) == ["CCCCCC", "DDDDDD", "EEEEEE"]
    assert following.high_watermark == simulator.at


@pytest.mark.parametrize("kind", ["minutely", "concurrent", "unavailable", "broken_tail", "slow"])
def test_a_page_that_failed_is_asked_for_again(
    simulator: Simulator, client: ProviderClient, slept: list[float], kind: str
) -> None:
    calm = pulled(BookingsPull(client))
    pages = BookingsPull(client).pages()
    first = next(pages)
    simulator.misbehave("bookings", kind)
    rest = pd.concat([page.segments for page in pages], ignore_index=True)
    told = pd.concat([first.segments, rest], ignore_index=True)
    assert told.equals(calm)
    assert len(slept) == (0 if kind == "slow" else 1)


@pytest.mark.parametrize(
    ("kind", "times", "error"),
    [
        ("hourly", 1, ProviderBusy),
        ("daily", 1, ProviderBusy),
        ("refused", 1, ProviderRefused),
        ("unavailable", 4, ProviderBusy),
        ("broken_tail", 4, ProviderBusy),
    ],
)
def test_a_pull_that_fails_half_way_never_moves_the_watermark(
    simulator: Simulator, client: ProviderClient, kind: str, times: int, error: type[Exception]
) -> None:
    pull = BookingsPull(client)
    pages = pull.pages()
    next(pages)
    simulator.misbehave("bookings", kind, times=times)
    with pytest.raises(error):
        list(pages)
    assert pull.high_watermark is None
    assert len(pulled(BookingsPull(client))) == 7


def test_a_page_that_comes_twice_is_the_same_rows_again(
    simulator: Simulator, client: ProviderClient
) -> None:
    calm = pulled(BookingsPull(client))
    simulator.misbehave("bookings", "duplicate_page", times=2)
    pull = BookingsPull(client)
    rows = pulled(pull)
    assert len(rows) == 7 + 2 * 3
    assert taken(rows) == taken(calm)
    assert pull.high_watermark == STORM_AT


def test_rows_out_of_order_are_the_same_rows(simulator: Simulator, client: ProviderClient) -> None:
    calm = pulled(BookingsPull(client))
    simulator.misbehave("bookings", "out_of_order", times=3)
    rows = pulled(BookingsPull(client))
    assert list(rows["booking_ref"]) != list(calm["booking_ref"])
    assert len(rows) == 7
    assert taken(rows) == taken(calm)


def test_a_withdrawal_cancels_the_whole_booking(
    simulator: Simulator, client: ProviderClient
) -> None:
    pull = BookingsPull(client)
    pulled(pull)
    simulator.misbehave("bookings", "tombstone")
    rows = pulled(BookingsPull(client, pull.high_watermark))
    assert list(rows["booking_ref"]) == ["CCCCCC", "DDDDDD"]
    gone = rows.iloc[-1]
    assert (gone["kind"], gone["status"]) == ("booking", "cancelled")
    assert pd.isna(gone["traveller_ref"])
    assert gone["source_updated_at"] == STORM_AT
