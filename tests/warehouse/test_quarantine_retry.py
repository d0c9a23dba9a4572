"""What waits in quarantine is loaded again, and waits on where its reason still holds."""

import pandas as pd
import pytest
from sqlalchemy import func, select, text

from tests.factories.airport import make_airport, make_carrier
from tests.factories.frames import delivery, flights_frame_of
from tests.factories.segments import FLIGHT, part_of
from warehouse.operations.feeds import load_flights
from warehouse.operations.quarantine_retry import RetryResult, retry_quarantine
from warehouse.operations.segments_feed import load_segments
from warehouse.queries.feeds import list_quarantine
from warehouse.schema.feeds import Quarantine
from warehouse.session import transaction
from warehouse.vocabulary import SYSTEM


@pytest.fixture
def waiting(database: str) -> None:
    """Let a flight, a segment and a line of a foreign file wait for an airport."""
    foreign = pd.DataFrame({
        "line": [9],
        "raw": ["2013;nonsense"],
        "column_name": ["day"],
        "reason": ["is not a day"],
    })
    with transaction() as session:
        make_airport(session, "JFK")
        make_carrier(session, "B6")
        frame = flights_frame_of({"distance_km": -1}, {"flight_number": "9"})
        load_flights(session, SYSTEM, frame, delivery(), rejected=foreign)
        load_segments(session, SYSTEM, [part_of(FLIGHT)], delivery("booking_segment", file="a.csv"))


def retry() -> RetryResult:
    with transaction() as session:
        return retry_quarantine(session, SYSTEM, at=delivery().at)


def test_nothing_changes_while_the_reasons_hold(waiting: None) -> None:
    with transaction() as session:
        before = session.execute(text("SELECT * FROM feeds.quarantine ORDER BY 1")).all()
    assert retry() == RetryResult(cleared=0, refused_again=3, left=1)
    with transaction() as session:
        assert session.execute(text("SELECT * FROM feeds.quarantine ORDER BY 1")).all() == before


def test_what_became_true_comes_in(waiting: None) -> None:
    with transaction() as session:
        make_airport(session, "BOS")
    assert retry() == RetryResult(cleared=2, refused_again=1, left=1)
    with transaction() as session:
        assert sorted(row.line for row in list_quarantine(session)) == [1, 9]
        assert session.scalar(text("SELECT count(*) FROM travel.leg")) == 1
        assert session.scalar(select(func.count()).select_from(Quarantine)) == 5


def test_rows_of_an_older_contract_are_left_and_stop_no_other(waiting: None) -> None:
    with transaction() as session:
        make_airport(session, "BOS")
        session.execute(
            text(
                "INSERT INTO feeds.quarantine (feed, source, line, raw_text, reason, first_seen_at)"
                " VALUES ('flight', 'older', 1, '{\"scheduled_departure_at\": null}', 'x', now())"
            )
        )
    assert retry() == RetryResult(cleared=2, refused_again=1, left=2)
