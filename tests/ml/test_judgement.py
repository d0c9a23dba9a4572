"""The tables on the card: of days nobody had seen, complete, small, and the same to the bit."""

import json

import numpy as np
import pandas as pd
import pytest

from ml.judgement import JUDGED_COLUMNS, judged_flights, judgement_tables, spoken
from ml.release import Release

MOST_BYTES = 40_000


def test_the_release_knows_the_flights_it_was_judged_on(release: Release) -> None:
    judged = release.judged
    assert judged is not None
    assert set(JUDGED_COLUMNS) <= set(judged.columns)
    assert not judged.duplicated(["flight_id", "horizon_hours"]).any()
    assert judged["scheduled_departure_at"].notna().all()
    calendar = release.card["days"]
    days = pd.to_datetime(judged["service_date"]).dt.strftime("%Y-%m-%d")
    assert (days.min(), days.max()) == (calendar["judge_from"], calendar["last_on"])
    lead = judged["scheduled_departure_at"] - judged["predicted_at"]
    assert (lead >= pd.to_timedelta(judged["horizon_hours"], unit="h")).all()


def test_the_card_holds_every_table_in_few_bytes(release: Release) -> None:
    tables = release.card["judgement"]
    assert len(json.dumps(tables, allow_nan=False)) < MOST_BYTES
    assert set(tables["by_horizon"]) == {"2", "24"}
    for hours, horizon in tables["by_horizon"].items():
        judged = release.card["horizons"][hours]["trial"]["disrupted"]["boosted_trees"]
        for name in ("by_month", "by_airport", "by_carrier"):
            assert sum(group["flights"] for group in horizon[name]) == judged["flights"]
        assert [group["group"] for group in horizon["by_airport"]] == ["EWR", "JFK"]
        assert [group["group"] for group in horizon["by_month"]] == ["2013-04"]
        assert set(horizon["against"]) == {"climatology", "logistic_regression"}
        against = horizon["against"]["climatology"]["differences"]
        assert against["bss"] == pytest.approx(judged["figures"]["bss"], abs=2e-6)
        assert horizon["cost_curve"][0]["loss"] == 3.0
    assert [lead["threshold"] for lead in tables["lead_time"]] == [0.05, 0.1, 0.2, 0.3]
    assert any("fixed before" in words for words in release.card["protocol"])


def test_the_order_of_flights_moves_no_bit_of_the_tables(release: Release) -> None:
    assert release.judged is not None
    mixed = release.judged.sample(frac=1, random_state=9)
    assert judgement_tables(mixed) == judgement_tables(release.judged)


def test_where_climatology_speaks_alone_there_is_nothing_to_break_down() -> None:
    part = pd.DataFrame({
        "flight_id": [1, 2],
        "horizon_hours": 24,
        "predicted_at": pd.Timestamp("2013-12-09T12:00Z"),
        "service_date": pd.Timestamp("2013-12-10"),
        "origin": "JFK",
        "carrier": "B6",
        "outcome": [True, False],
        "climatology": [0.2, 0.1],
    })
    flights = pd.DataFrame({
        "flight_id": [2, 1],
        "scheduled_departure_at": pd.Timestamp("2013-12-10T12:30Z"),
    })
    judged = judged_flights([part], flights)
    tables = judgement_tables(judged)
    assert spoken(judged).tolist() == [0.2, 0.1]
    assert tables["by_horizon"] == {}
    assert tables["lead_time"][1]["first_warned_at"] == {"24": 1}
    assert np.isnan(judged["boosted_trees"]).all()
