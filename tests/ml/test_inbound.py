"""The inbound aircraft: what was known of it, by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.errors import ColumnsMissing
from ml.feature import INBOUND, known_at_column
from ml.features import build_features, features_at
from ml.inbound import INBOUND_FEATURES
from tests.ml.test_weather_and_outcomes import NO_FORECASTS, make_observations

DEPARTS = pd.Timestamp("2013-05-06T15:20Z")
PREDICTED = pd.Timestamp("2013-05-06T13:00Z")
"""Two hours before the hour of departure."""

MINUTE = pd.Timedelta(minutes=1)
EARLY = PREDICTED - 10 * 60 * MINUTE
COLUMNS = [feature.name for feature in INBOUND_FEATURES]
NUMBERS = [name for name in COLUMNS if name != "inbound_is_named"]


def leg(flight_id: int, departs: pd.Timestamp, **changes: Any) -> dict[str, Any]:
    """A leg by aircraft N1 from Boston to New York of an hour, assigned ten hours ago."""
    return {
        "flight_id": flight_id,
        "carrier": "B6",
        "flight_number": str(flight_id),
        "origin": "BOS",
        "destination": "JFK",
        "service_date": departs.date(),
        "scheduled_departure_at": departs,
        "scheduled_arrival_at": departs + 60 * MINUTE,
        "distance_km": 300.0,
        "cancelled": False,
        "departure_delay_minutes": np.nan,
        "arrival_delay_minutes": np.nan,
        "aircraft": "N1",
        "aircraft_known_at": EARLY,
    } | changes


def outbound(**changes: Any) -> dict[str, Any]:
    """The flight described: from New York on."""
    return leg(0, DEPARTS, origin="JFK", destination="LAX", **changes)


def describe(*legs: dict[str, Any], horizon_hours: int = 2, is_heard: bool = True) -> pd.Series:
    """Features of flight 0, in an hour in which one flight was reported to have left."""
    heard = leg(99, PREDICTED - 30 * MINUTE, aircraft="N99", departure_delay_minutes=1.0)
    heard = {name: value for name, value in heard.items() if name in legs[0]}
    return build_features(
        pd.DataFrame([*legs, *([heard] if is_heard else [])]),
        make_observations({}),
        NO_FORECASTS,
        horizon_hours=horizon_hours,
        targets=[0],
    ).iloc[0]


def inbound(minutes_before_prediction: float, **changes: Any) -> dict[str, Any]:
    """The leg before, which was to leave so long before the prediction."""
    return leg(1, PREDICTED - minutes_before_prediction * MINUTE, **changes)


def values(row: pd.Series) -> list[float]:
    """Late so far, departed, arrived, cancelled and lateness at departure."""
    return [None if pd.isna(row[name]) else float(row[name]) for name in NUMBERS[1:]]


def test_a_leg_that_is_not_due_yet_is_in_time() -> None:
    row = describe(outbound(), inbound(-10, departure_delay_minutes=200.0))
    assert row["inbound_is_named"] == 1
    assert row["inbound_turnaround_minutes"] == 140 - 10 - 60
    assert values(row) == [0, 0, 0, 0, 40 - 70]
    assert row[known_at_column(INBOUND)] == EARLY


def test_a_leg_that_waits_is_late_so_far() -> None:
    row = describe(outbound(), inbound(45, departure_delay_minutes=50.0))
    assert values(row) == [45, 0, 0, 0, 45 + 40 - 125]
    assert row[known_at_column(INBOUND)] == PREDICTED
    words = INBOUND_FEATURES[2].words
    assert words.format(value=row["inbound_late_so_far_minutes"]) == (
        "its aircraft is 45 min late so far"
    )


def test_a_leg_that_left_late_brings_its_delay() -> None:
    row = describe(outbound(), inbound(45, departure_delay_minutes=30.0))
    assert values(row) == [30, 1, 0, 0, 30 + 40 - 125]
    assert row[known_at_column(INBOUND)] == PREDICTED - 15 * MINUTE


def test_a_leg_that_arrived_says_how_late() -> None:
    told = {"departure_delay_minutes": 30.0, "arrival_delay_minutes": 12.0}
    row = describe(outbound(), inbound(90, **told))
    assert values(row) == [12, 1, 1, 0, 12 + 40 - 170]
    assert row[known_at_column(INBOUND)] == PREDICTED - 18 * MINUTE
    still_flying = describe(outbound(), inbound(70, **told))
    assert values(still_flying)[:3] == [30, 1, 0]


@pytest.mark.parametrize(("minutes", "is_known"), [(0, True), (-1, False)])
def test_a_cancelled_leg_brings_nothing_from_its_departure_on(
    minutes: float, is_known: bool
) -> None:
    row = describe(outbound(), inbound(minutes, cancelled=True))
    assert values(row)[:4] == ([None, 0, 0, 1] if is_known else [0, 0, 0, 0])


@pytest.mark.parametrize("delay", [120.0, 300.0])
def test_of_a_leg_two_hours_late_no_more_is_known(delay: float) -> None:
    row = describe(outbound(), inbound(150, departure_delay_minutes=delay))
    assert values(row)[:2] == [120, 0]


def test_silence_is_not_waiting() -> None:
    row = describe(outbound(), inbound(45), is_heard=False)
    assert values(row) == [None] * 5
    assert row["inbound_turnaround_minutes"] == 125
    assert values(describe(outbound(), inbound(-10), is_heard=False))[0] == 0


def test_a_leg_nobody_told_of_is_unknown_after_two_hours() -> None:
    row = describe(outbound(), inbound(150))
    assert values(row) == [None] * 5
    assert row["inbound_turnaround_minutes"] == 230


def test_a_tight_turnaround_that_was_planned_is_no_delay() -> None:
    row = describe(outbound(), leg(1, DEPARTS - 85 * MINUTE))
    assert row["inbound_turnaround_minutes"] == 25
    assert row["inbound_lateness_minutes"] == 0


@pytest.mark.parametrize("seconds", [1, 3600])
def test_an_assignment_known_later_does_not_count(seconds: int) -> None:
    later = PREDICTED + pd.Timedelta(seconds=seconds)
    row = describe(outbound(aircraft_known_at=later), inbound(45))
    assert row[COLUMNS].isna().all()
    assert pd.isna(row[known_at_column(INBOUND)])
    missing = describe(outbound(), inbound(45, aircraft_known_at=later))
    assert missing["inbound_is_named"] == 1
    assert missing[NUMBERS].isna().all()


def test_legs_assigned_later_are_stepped_over_however_many() -> None:
    unknown = [
        leg(2 + number, PREDICTED - number * MINUTE, aircraft_known_at=PREDICTED + MINUTE)
        for number in range(1, 30)
    ]
    row = describe(outbound(), *unknown, inbound(45, departure_delay_minutes=30.0))
    assert row["inbound_late_so_far_minutes"] == 30


@pytest.mark.parametrize(
    "changes",
    [
        {"destination": "EWR"},
        {"aircraft": "N2"},
        {"aircraft": None, "aircraft_known_at": pd.NaT},
        {"aircraft_known_at": pd.NaT},
        {"scheduled_arrival_at": DEPARTS + MINUTE},
        {
            "scheduled_departure_at": DEPARTS - 30 * 60 * MINUTE,
            "scheduled_arrival_at": DEPARTS - 25 * 60 * MINUTE,
        },
    ],
)
def test_only_the_leg_that_brings_this_aircraft_here_in_time_counts(
    changes: dict[str, Any],
) -> None:
    row = describe(outbound(), inbound(45, **changes))
    assert row["inbound_is_named"] == 1
    assert row[NUMBERS].isna().all()


def test_the_aircraft_that_went_elsewhere_since_is_not_here() -> None:
    away = leg(2, PREDICTED + 20 * MINUTE, origin="JFK", destination="BOS")
    assert describe(outbound(), inbound(60), away)[NUMBERS].isna().all()


def test_where_no_feed_names_aircraft_the_group_is_missing() -> None:
    flights = [outbound(), inbound(45)]
    none = describe(*[each | {"aircraft": None, "aircraft_known_at": pd.NaT} for each in flights])
    bare = describe(*[
        {k: v for k, v in each.items() if "aircraft" not in k and k != "arrival_delay_minutes"}
        for each in flights
    ])
    assert none[COLUMNS].isna().all()
    assert none.drop("flight_id").equals(bare.drop("flight_id"))


def test_arrivals_are_as_optional() -> None:
    flights = [outbound(), inbound(90, departure_delay_minutes=30.0)]
    row = describe(*[
        {k: v for k, v in each.items() if k != "arrival_delay_minutes"} for each in flights
    ])
    assert values(row)[:3] == [30, 1, 0]


def test_aircraft_without_instants_are_refused() -> None:
    flights = [{k: v for k, v in outbound().items() if k != "aircraft_known_at"}]
    with pytest.raises(ColumnsMissing, match="flights frame lacks aircraft_known_at"):
        describe(*flights)


def test_far_ahead_only_the_plan_is_read() -> None:
    read = [feature.name for feature in features_at(24) if feature.source == INBOUND]
    assert read == ["inbound_is_named", "inbound_turnaround_minutes"]
    assert {f.name for f in INBOUND_FEATURES} <= {f.name for f in features_at(2)}
