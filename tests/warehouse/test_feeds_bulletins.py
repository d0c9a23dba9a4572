"""Bulletins of weather services: the newest version of each stands, and what is odd waits."""

from datetime import timedelta
from typing import Any

import pandas as pd

from tests.factories.airport import make_airport
from tests.factories.defaults import STORM_AT
from tests.factories.frames import delivery
from warehouse.operations.bulletins_feed import load_bulletins
from warehouse.operations.feed_batches import BatchResult
from warehouse.queries.feeds import list_quarantine
from warehouse.queries.weather import list_bulletins
from warehouse.session import transaction
from warehouse.vocabulary import SYSTEM

WARNING: dict[str, Any] = {
    "source": "nws",
    "kind": "alert",
    "airport": "JFK",
    "bulletin_ref": "urn:oid:1",
    "issued_at": STORM_AT,
    "valid_from": STORM_AT,
    "valid_until": None,
    "severity": None,
    "headline": "Snow until further notice",
    "raw_text": "SNOW",
}


def load(*rows: dict[str, Any]) -> BatchResult:
    with transaction() as session:
        make_airport(session, "JFK")
        frame = pd.DataFrame([WARNING | row for row in rows])
        return load_bulletins(session, SYSTEM, frame, delivery("weather_bulletin"))


def headlines() -> list[str]:
    day = timedelta(days=1)
    with transaction() as session:
        told = list_bulletins(
            session, SYSTEM, "JFK", start=STORM_AT, until=STORM_AT + day, known_by=STORM_AT + day
        )
    return [bulletin.headline for bulletin in told]


def test_a_newer_version_replaces_an_older_one_in_any_order(database: str) -> None:
    newer = {"issued_at": STORM_AT + timedelta(hours=1), "headline": "Less snow"}
    assert load(newer).accepted_count == 1
    assert load({}).superseded_count == 1
    assert load(newer).unchanged_count == 1
    assert headlines() == ["Less snow"]


def test_what_is_odd_waits_and_the_rest_is_kept(database: str) -> None:
    batch = load(
        {},
        {"bulletin_ref": "2", "airport": "XXX"},
        {"bulletin_ref": "3", "kind": "rumour"},
        {"bulletin_ref": "4", "valid_until": STORM_AT - timedelta(hours=1)},
    )
    assert (batch.accepted_count, batch.quarantined_count) == (1, 3)
    with transaction() as session:
        waiting = {row.line: row.column_name for row in list_quarantine(session)}
    assert waiting == {2: "airport", 3: "kind", 4: "valid_until"}
