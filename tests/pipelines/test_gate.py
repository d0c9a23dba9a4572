"""A release at the gate: judged on days unseen, beside the champion, and its verdict kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from ml.causality import FeatureBuilder
from ml.evidence import Frames, gather_samples, judged_flights, try_proofs, unseen_from
from ml.features import build_features
from ml.gate import Contest, Proofs
from pipelines.partitions import HISTORY_STARTS_AT
from pipelines.predicting.champion import load_champion
from pipelines.predicting.facts import Facts, facts_for_training
from pipelines.predicting.gate import Incumbent, judge, load_incumbent
from tests.pipelines.conftest import TRAINED_UNTIL
from warehouse.queries import predictions as stored
from warehouse.session import transaction


@pytest.fixture
def facts(world_database: str) -> Facts:
    with transaction() as session:
        return facts_for_training(session, since=HISTORY_STARTS_AT, trained_until=TRAINED_UNTIL)


@pytest.fixture
def incumbent(world_database: str) -> Incumbent:
    with transaction() as session:
        found = load_incumbent(session)
    assert found is not None
    return found


def frames_of(facts: Facts) -> Frames:
    return Frames(facts.flights, facts.observations, facts.forecasts)


def test_the_days_judged_are_those_nobody_learnt_from(facts: Facts, incumbent: Incumbent) -> None:
    assert incumbent.release is not None
    candidate = incumbent.release
    first = unseen_from(candidate.card)
    assert first.isoformat() == candidate.card["days"]["judge_from"]
    flights = judged_flights(candidate, frames_of(facts), at=TRAINED_UNTIL)
    assert pd.to_datetime(flights["service_date"]).min() == pd.Timestamp(first)
    settled = TRAINED_UNTIL - timedelta(hours=3)
    assert (flights["scheduled_departure_at"] <= settled).all()
    for sample in gather_samples(candidate, candidate, frames_of(facts), at=TRAINED_UNTIL):
        assert (sample.candidate == sample.champion).all()
        assert sample.champion_unseen_from == first
        assert len(sample.candidate) == len(flights)


def test_a_release_that_learnt_from_every_day_has_nothing_to_be_judged_by() -> None:
    days = {"first_on": "2013-01-01", "judge_from": "2013-11-01", "last_on": "2013-12-12"}
    assert unseen_from({"days": days}).isoformat() == "2013-12-13"


def planted(value_of: Callable[[pd.DataFrame, pd.DataFrame], ArrayLike]) -> FeatureBuilder:
    """Build honest features, but put a value of our own into one of them."""

    def build(
        flights: pd.DataFrame,
        observations: pd.DataFrame,
        forecasts: pd.DataFrame,
        *,
        horizon_hours: int,
        targets: ArrayLike,
    ) -> pd.DataFrame:
        told = build_features(
            flights, observations, forecasts, horizon_hours=horizon_hours, targets=targets
        )
        return told.assign(distance_km=np.asarray(value_of(flights, told), dtype=np.float32))

    return build


def test_the_proofs_hold_and_say_so_only_where_there_is_a_flight(
    facts: Facts, incumbent: Incumbent
) -> None:
    assert incumbent.release is not None
    frames = frames_of(facts)
    assert try_proofs(incumbent.release, frames, at=TRAINED_UNTIL) == Proofs(None, None)
    nothing = replace(frames, flights=facts.flights.iloc[:0])
    told = try_proofs(incumbent.release, nothing, at=TRAINED_UNTIL)
    assert told.causality == told.shuffle == "no flight to try it on"


def test_looking_ahead_is_caught(facts: Facts, incumbent: Incumbent) -> None:
    def delay(flights: pd.DataFrame, rows: pd.DataFrame) -> ArrayLike:
        delays = flights.set_index("flight_id")["departure_delay_minutes"]
        return delays.astype(float).reindex(rows["flight_id"]).fillna(-1).to_numpy()

    assert incumbent.release is not None
    told = try_proofs(incumbent.release, frames_of(facts), at=TRAINED_UNTIL, build=planted(delay))
    assert told.causality is not None
    assert "Known only after predicted_at: distance_km" in told.causality


def test_reading_the_order_of_rows_is_caught(facts: Facts, incumbent: Incumbent) -> None:
    def place(flights: pd.DataFrame, rows: pd.DataFrame) -> ArrayLike:
        ids = flights["flight_id"].reset_index(drop=True)
        return pd.Series(ids.index, index=ids).reindex(rows["flight_id"]).to_numpy()

    assert incumbent.release is not None
    told = try_proofs(incumbent.release, frames_of(facts), at=TRAINED_UNTIL, build=planted(place))
    assert told.causality is None
    assert told.shuffle is not None
    assert told.shuffle.startswith("another order of the same rows moves what is read")


def test_ten_days_of_a_small_world_are_too_few_to_pass(facts: Facts, incumbent: Incumbent) -> None:
    assert incumbent.release is not None
    verdict = judge(incumbent.release, 1_000, incumbent, facts, at=TRAINED_UNTIL)
    assert verdict.contest is Contest.RETRAINING
    assert not verdict.passed
    assert verdict.is_honest
    assert "too few to judge" in verdict.words


def test_a_champion_that_cannot_be_loaded_is_told_and_judged_around(
    world_database: str, facts: Facts, incumbent: Incumbent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "get_release_content", lambda *_: b"cut short")
    with transaction() as session:
        broken = load_incumbent(session)
    assert broken is not None
    assert broken.release is None
    assert broken.refusal is not None
    assert "cut short or changed" in broken.refusal
    assert incumbent.release is not None
    verdict = judge(incumbent.release, 1_000, broken, facts, at=TRAINED_UNTIL)
    assert any("against climatology" in rule.words for rule in verdict.rules)


def test_predicting_with_a_damaged_champion_is_refused_not_zero(
    world_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml.errors import ReleaseTampered
    from pipelines.predicting import champion

    monkeypatch.setattr(champion, "_UNPACKED", {})
    monkeypatch.setattr(champion, "get_release_content", lambda *_: b"flipped")
    with pytest.raises(ReleaseTampered, match="is not loaded"), transaction() as session:
        load_champion(session)
