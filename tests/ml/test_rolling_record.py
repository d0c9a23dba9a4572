"""A history told month by month has the shape of a card, and knows when it is too short."""

import json
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from ml.choosing import CANDIDATES
from ml.errors import MonthsMissing
from ml.rolling_record import rolling_record
from tests.ml.conftest import World


def tell(world: World, until: datetime, **changed: pd.DataFrame) -> dict[str, Any]:
    frames = {
        "flights": world.flights,
        "observations": world.observations,
        "forecasts": world.forecasts,
    } | changed
    return rolling_record(**frames, trained_until=until, horizons=(2, 24))


@pytest.fixture(scope="module")
def record(world: World, trained_until: datetime) -> dict[str, Any]:
    return tell(world, trained_until)


def test_each_horizon_is_judged_beside_both_controls(record: dict[str, Any]) -> None:
    assert set(record["horizons"]) == {"2", "24"}
    for horizon in record["horizons"].values():
        judged = horizon["trial"]["disrupted"]
        assert set(judged) == {"boosted_trees", "logistic_regression", "climatology"}
        assert judged["climatology"]["figures"]["bss"] == 0
        assert judged["boosted_trees"]["first_on"] == "2013-04-01"
        assert horizon["chosen"].keys() == {"2013-04"}
        assert {name.split(" and ")[0] for name in horizon["chosen"].values()} <= set(CANDIDATES)


def test_the_judgement_is_by_month_and_json_can_hold_it(record: dict[str, Any]) -> None:
    months = record["judgement"]["by_horizon"]["24"]["by_month"]
    assert [each["group"] for each in months] == ["2013-04"]
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_nothing_known_after_the_instant_moves_a_bit(
    world: World, trained_until: datetime, record: dict[str, Any]
) -> None:
    later = world.flights["scheduled_departure_at"] > trained_until
    turned = world.flights.assign(cancelled=world.flights["cancelled"] ^ later)
    assert tell(world, trained_until, flights=turned) == record


def test_without_forecasts_the_far_horizon_is_left_out(
    world: World, trained_until: datetime
) -> None:
    record = tell(world, trained_until, forecasts=world.forecasts.iloc[:0])
    assert set(record["horizons"]) == {"2"}


def test_a_history_without_a_month_to_tell_is_refused_in_words(world: World) -> None:
    first = world.flights["scheduled_departure_at"].min().to_pydatetime()
    with pytest.raises(MonthsMissing, match="load more history"):
        tell(world, first + timedelta(days=20))
