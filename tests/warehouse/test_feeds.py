"""Feeds are idempotent, take late and corrected data, and account for every row."""

from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories.airport import make_airport, make_carrier
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_cancelled_flight
from tests.factories.frames import (
    DEPARTS_AT,
    delivery,
    flights_frame_of,
    observations_frame_of,
)
from warehouse.errors import FeedRefused, PermissionRefused
from warehouse.operations.feed_batches import BatchResult
from warehouse.operations.feeds import load_flights, load_forecasts, load_observations
from warehouse.queries.feeds import count_rows, list_batches, list_feed_freshness, list_quarantine
from warehouse.schema.audit import Entry
from warehouse.schema.feeds import Batch, WeatherForecast, WeatherObservation
from warehouse.schema.travel import Flight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Role, UserId


def make_world(session: Session) -> None:
    make_carrier(session, "B6")
    for iata in ("JFK", "BOS", "LAX"):
        make_airport(session, iata)


def load(frame: pd.DataFrame, file: str | None = None, **overrides: object) -> BatchResult:
    with transaction() as session:
        make_world(session)
        return load_flights(session, SYSTEM, frame, delivery(file=file), **overrides)


def counts(batch: BatchResult) -> tuple[int, int, int, int]:
    return (
        batch.accepted_count,
        batch.unchanged_count,
        batch.superseded_count,
        batch.quarantined_count,
    )


def test_the_same_flights_twice_are_the_same_rows(database: str) -> None:
    frame = flights_frame_of({}, {"flight_number": "124"})
    assert counts(load(frame)) == (2, 0, 0, 0)
    with transaction() as session:
        first = session.execute(text("SELECT ctid, * FROM travel.flight ORDER BY 2")).all()
    assert counts(load(frame)) == (0, 2, 0, 0)
    with transaction() as session:
        assert session.execute(text("SELECT ctid, * FROM travel.flight ORDER BY 2")).all() == first


def test_a_changed_schedule_reaches_the_flight_and_keeps_its_reports(database: str) -> None:
    later = DEPARTS_AT + timedelta(hours=3)
    with transaction() as session:
        flight = make_cancelled_flight(
            session, carrier="B6", flight_number="123", origin="JFK", destination="BOS"
        )
    moved = {"scheduled_departure_at": later, "scheduled_arrival_at": later + timedelta(hours=1)}
    assert counts(load(flights_frame_of(moved))) == (1, 0, 0, 0)
    with transaction() as session:
        found = session.scalars(select(Flight)).one()
    assert found.flight_id == flight.flight_id
    assert (found.status, found.scheduled_departure_at) == ("cancelled", later)


def assigned(aircraft: str | None = "N123AA", known_at: object = STORM_AT) -> dict[str, object]:
    return {"aircraft": aircraft, "aircraft_known_at": known_at}


def stored_aircraft() -> list[str | None]:
    with transaction() as session:
        return list(session.scalars(select(Flight.aircraft).order_by(Flight.flight_number)))


def test_the_aircraft_assigned_is_kept_and_a_feed_without_any_leaves_it(database: str) -> None:
    both = flights_frame_of(assigned(), assigned(None, None) | {"flight_number": "124"})
    assert counts(load(both)) == (2, 0, 0, 0)
    assert counts(load(both)) == (0, 2, 0, 0)
    assert stored_aircraft() == ["N123AA", None]
    assert counts(load(flights_frame_of())) == (0, 1, 0, 0)
    assert stored_aircraft() == ["N123AA", None]
    assert counts(load(flights_frame_of(assigned("N9")))) == (1, 0, 0, 0)
    assert stored_aircraft() == ["N9", None]


def test_an_aircraft_without_its_instant_waits_in_quarantine(database: str) -> None:
    frame = flights_frame_of(
        assigned(),
        assigned("N2", None) | {"flight_number": "124"},
        assigned(None) | {"flight_number": "125"},
        assigned("no registration") | {"flight_number": "126"},
    )
    assert counts(load(frame)) == (1, 0, 0, 3)
    with transaction() as session:
        waiting = {row.line: row.column_name for row in list_quarantine(session, feed="flight")}
    assert waiting == {2: "aircraft_known_at", 3: "aircraft_known_at", 4: "aircraft"}


def test_postgres_itself_refuses_an_aircraft_without_its_instant(database: str) -> None:
    with pytest.raises(IntegrityError, match="assigned_has_instant"), transaction() as session:
        make_cancelled_flight(session, aircraft="N123AA")


def test_bad_rows_wait_in_quarantine_and_the_rest_is_kept(database: str) -> None:
    frame = flights_frame_of(
        {},
        {"flight_number": "9", "destination": "ZZZ"},
        {"flight_number": "10", "carrier": "XX"},
        {"flight_number": "11", "scheduled_arrival_at": DEPARTS_AT},
        {"flight_number": "12", "distance_km": -1},
    )
    assert counts(load(frame)) == (1, 0, 0, 4)
    with transaction() as session:
        waiting = {row.line: row for row in list_quarantine(session, feed="flight")}
    assert {line: row.column_name for line, row in waiting.items()} == {
        2: "destination",
        3: "carrier",
        4: "scheduled_arrival_at",
        5: "distance_km",
    }
    assert '"destination":"ZZZ"' in waiting[2].raw_text


def test_the_same_bad_row_waits_once(database: str) -> None:
    frame = flights_frame_of({"destination": "ZZZ"})
    load(frame)
    load(frame)
    with transaction() as session:
        assert len(list_quarantine(session)) == 1
        assert [batch.quarantined_count for batch in list_batches(session)] == [1, 1]


def test_a_corrected_row_clears_what_waited_for_it(database: str) -> None:
    load(flights_frame_of({"destination": "ZZZ"}, {"flight_number": "9", "destination": "ZZZ"}))
    assert counts(load(flights_frame_of({"flight_number": "9"}))) == (1, 0, 0, 0)
    with transaction() as session:
        assert [row.line for row in list_quarantine(session)] == [1]


def test_a_row_refused_again_after_it_was_cleared_waits_again(database: str) -> None:
    bad = flights_frame_of({"destination": "ZZZ"})
    for frame in (bad, flights_frame_of(), bad):
        load(frame)
    with transaction() as session:
        assert len(list_quarantine(session)) == 1


def test_a_file_delivered_again_replaces_what_it_held(database: str) -> None:
    rejected = pd.DataFrame({
        "line": [2, 3],
        "raw": ["2013,nonsense", "2013,worse"],
        "column_name": ["day", "day"],
        "reason": ["is not a whole number", "is not a whole number"],
    })
    for refused, file in ((rejected, "a.csv"), (rejected, "b.csv"), (rejected[1:], "a.csv")):
        load(flights_frame_of(), file, rejected=refused)
    with transaction() as session:
        waiting = {(row.file, row.raw_text) for row in list_quarantine(session)}
    assert waiting == {("a.csv", "2013,worse"), ("b.csv", "2013,nonsense"), ("b.csv", "2013,worse")}


def test_rows_the_source_refused_are_counted_and_kept(database: str) -> None:
    rejected = pd.DataFrame({
        "source": ["file"],
        "line": [17],
        "raw": ["2013,nonsense"],
        "column_name": ["day"],
        "reason": ["is not a whole number"],
    })
    batch = load(flights_frame_of(), rejected=rejected)
    assert (batch.received_count, counts(batch)) == (2, (1, 0, 0, 1))
    with transaction() as session:
        assert list_quarantine(session)[0].raw_text == "2013,nonsense"


def test_one_flight_twice_in_a_delivery_counts_as_superseded(database: str) -> None:
    assert counts(load(flights_frame_of({}, {"distance_km": 302.0}))) == (1, 0, 1, 0)
    with transaction() as session:
        assert session.scalar(select(Flight.distance_km)) == 302.0


def test_an_empty_delivery_is_a_delivery(database: str) -> None:
    assert counts(load(flights_frame_of().iloc[:0])) == (0, 0, 0, 0)
    with transaction() as session:
        assert len(list_batches(session)) == 1


def test_every_load_leaves_one_audit_entry(database: str) -> None:
    load(flights_frame_of())
    with transaction(Access.OWNER) as session:
        entry = session.scalars(select(Entry).where(Entry.tag == "feed.loaded")).one()
    assert entry.after["accepted_count"] == 1
    assert entry.actor_username == "SYSTEM"


def test_only_the_system_and_administrators_load(database: str) -> None:
    agent = Actor(UserId(1), "mara", frozenset({Role.AGENT}))
    with pytest.raises(PermissionRefused), transaction() as session:
        load_flights(session, agent, flights_frame_of(), delivery())


def test_postgres_refuses_a_batch_that_does_not_balance(database: str) -> None:
    with pytest.raises(IntegrityError, match="ck_batch_balance"), transaction() as session:
        session.add(
            Batch(
                feed="flight",
                source="test",
                payload_sha256="",
                received_at=STORM_AT,
                received_count=2,
                accepted_count=1,
                unchanged_count=0,
                superseded_count=0,
                quarantined_count=0,
            )
        )


def load_and_break_off(session: Session) -> None:
    make_world(session)
    load_flights(session, SYSTEM, flights_frame_of(), delivery())
    load_flights(session, SYSTEM, flights_frame_of().drop(columns="origin"), delivery())


def test_a_failed_load_leaves_nothing(database: str) -> None:
    with pytest.raises(FeedRefused), transaction() as session:
        load_and_break_off(session)
    with transaction() as session:
        assert count_rows(session, "travel.flight") == 0
        assert list_batches(session) == []


def test_a_correction_known_later_replaces_an_observation_and_an_older_one_does_not(
    database: str,
) -> None:
    known_at = STORM_AT
    frames = [
        observations_frame_of({"known_at": known_at + timedelta(hours=hours), "wind_mps": wind})
        for hours, wind in ((1, 10.0), (2, 12.0), (0, 7.0))
    ]
    results = []
    for frame in frames:
        with transaction() as session:
            make_world(session)
            result = load_observations(session, SYSTEM, frame, delivery("weather_observation"))
            results.append(counts(result))
    assert results == [(1, 0, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0)]
    with transaction() as session:
        assert session.scalar(select(WeatherObservation.wind_mps)) == 12.0


def test_blanked_values_are_listed_but_their_rows_are_not_refused(database: str) -> None:
    corrected = pd.DataFrame({
        "line": [3],
        "raw": ["JFK,1048"],
        "column_name": ["wind_mps"],
        "reason": ["is outside 0 to 113 in metric units"],
    })
    with transaction() as session:
        make_world(session)
        result = load_observations(
            session,
            SYSTEM,
            observations_frame_of({"wind_mps": None}),
            delivery("weather_observation"),
            corrected=corrected,
        )
        assert counts(result) == (1, 0, 0, 0)
        assert list_quarantine(session)[0].column_name == "wind_mps"


def test_impossible_weather_is_quarantined(database: str) -> None:
    with transaction() as session:
        make_world(session)
        frame = observations_frame_of({"wind_mps": 468.5}, {"airport": "ZZZ"})
        result = load_observations(session, SYSTEM, frame, delivery("weather_observation"))
    assert counts(result) == (0, 0, 0, 2)


def test_forecasts_of_one_hour_are_kept_beside_each_other(database: str) -> None:
    frame = observations_frame_of({}, {"temperature_c": 3.0}).drop(columns="known_at")
    frame = frame.rename(columns={"observed_at": "valid_at"}).assign(source="simulated-2013")
    frame["issued_at"] = [STORM_AT - timedelta(hours=hours) for hours in (25, 7)]
    with transaction() as session:
        make_world(session)
        loads = [
            counts(load_forecasts(session, SYSTEM, frame, delivery("weather_forecast")))
            for _ in range(2)
        ]
        kept = session.scalars(
            select(WeatherForecast.temperature_c).order_by(WeatherForecast.issued_at)
        )
        assert loads == [(2, 0, 0, 0), (0, 2, 0, 0)]
        assert list(kept) == [1.5, 3.0]


def test_freshness_tells_the_newest_delivery_of_each_feed(database: str) -> None:
    load(flights_frame_of())
    with transaction() as session:
        later = delivery(partition_key="2013-12-10", at=STORM_AT + timedelta(hours=1))
        load_flights(session, SYSTEM, flights_frame_of(), later)
    with transaction() as session:
        (feed,) = list_feed_freshness(session)
    assert (feed.feed, feed.batch_count, feed.accepted_count) == ("flight", 2, 1)
    assert feed.last_partition_key == "2013-12-10"
    assert feed.last_received_at == STORM_AT + timedelta(hours=1)
