"""What the catalogue shows of a release, and the backtest that a training writes onto its card."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from ml.release import Release
from pipelines.partitions import HISTORY_STARTS_AT
from pipelines.predicting.backtest import CARD_ENTRY, SHIFT_HOURS, with_backtest
from pipelines.predicting.release_pictures import pictures_of
from tests.factories.booking import make_leg
from tests.factories.flight import make_flight
from tests.pipelines.conftest import TRAINED_UNTIL
from warehouse.queries.predictions import find_champion
from warehouse.session import Access, transaction


def champion_card() -> dict[str, Any]:
    with transaction() as session:
        champion = find_champion(session)
    assert champion is not None
    return champion.card


def judged_release(card: dict[str, Any], flight_id: int) -> Release:
    """A release judged on one flight that was disrupted, as said."""
    judged = pd.DataFrame({
        "flight_id": [flight_id],
        "horizon_hours": 24,
        "predicted_at": pd.Timestamp("2013-04-20T12:00Z"),
        "scheduled_departure_at": pd.Timestamp("2013-04-21T12:30Z"),
        "service_date": pd.Timestamp("2013-04-21"),
        "outcome": True,
        "boosted_trees": 0.4,
        "climatology": 0.05,
    })
    return Release(None, card, judged)  # type: ignore[arg-type] # no model is asked


def test_a_trained_release_carries_the_backtest_and_shows_it(world_database: str) -> None:
    card = champion_card()
    backtest = card[CARD_ENTRY]
    assert backtest["shift_hours"] == SHIFT_HOURS
    assert backtest["currency"] == "USD"
    assert sum(row["is_policy"] for row in backtest["thresholds"]) == 1
    shown = pictures_of(card)
    for hours in ("2", "24"):
        assert "| 2013-04 |" in str(shown[f"by_month_{hours}_h"].value)
        assert "| JFK |" in str(shown[f"by_airport_{hours}_h"].value)
        assert "data:image/svg+xml" in str(shown[f"reliability_{hours}_h"].value)
        assert "data:image/svg+xml" in str(shown[f"savings_{hours}_h"].value)
        assert "data:image/svg+xml" in str(shown[f"importance_{hours}_h"].value)
    assert "← the policy's" in str(shown["thresholds"].value)
    assert all(isinstance(value, dg.MarkdownMetadataValue) for value in shown.values())


def test_the_backtest_counts_those_booked_in_the_policys_money(world_database: str) -> None:
    departs_at = datetime(2013, 4, 21, 12, 30, tzinfo=UTC)
    with transaction(Access.OWNER) as session:
        flight_id = make_flight(
            session, flight_number="9999", scheduled_departure_at=departs_at
        ).flight_id
        make_leg(session, flight_id=flight_id)
    with transaction() as session:
        release = judged_release({}, flight_id)
        backtest = with_backtest(session, release, at=TRAINED_UNTIL).card[CARD_ENTRY]
    [policy] = [row for row in backtest["thresholds"] if row["is_policy"]]
    assert (backtest["flights"], backtest["travellers_disrupted"]) == (1, 1)
    assert (policy["alerts"], policy["travellers_caught"]) == (1, 1)
    assert policy["net_minor_units"] == policy["saved_minor_units"] - 1_500


def test_before_any_policy_the_card_says_why_there_is_no_backtest(world_database: str) -> None:
    release = judged_release(champion_card(), 1)
    with transaction() as session:
        told = with_backtest(session, release, at=HISTORY_STARTS_AT.replace(year=2012))
    assert "Nothing says what an alert is worth" in told.card[CARD_ENTRY]["absent"]
    assert "thresholds" not in pictures_of(told.card)


@pytest.mark.parametrize("card", [{}, {"horizons": {}, CARD_ENTRY: {"absent": "none"}}])
def test_a_card_without_a_judgement_has_no_picture(card: dict[str, Any]) -> None:
    assert pictures_of(card) == {}
