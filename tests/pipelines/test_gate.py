"""A release at the gate: judged on days unseen, beside the champion, and its verdict kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from ml.causality import FeatureBuilder
from ml.evidence import (
    SAME_DAYS,
    Frames,
    gather_samples,
    try_proofs,
    unseen_flights,
    unseen_from,
)
from ml.features import build_features
from ml.gate import Contest, Proofs
from ml.model import CHAMPION_RECIPE
from ml.release import Release
from ml.training import train_release
from pipelines.partitions import HISTORY_STARTS_AT
from pipelines.predicting.champion import load_champion
from pipelines.predicting.facts import Facts, facts_for_training
from pipelines.predicting.gate import Incumbent, judge, load_incumbent
from tests.pipelines.conftest import TRAINED_UNTIL
from warehouse.queries import predictions as stored
from warehouse.queries.releases import list_reigns
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


@pytest.fixture
def candidate(facts: Facts) -> Release:
    """A release right after training, when its trial is still known."""
    frames = (facts.flights, facts.observations, facts.forecasts)
    return train_release(*frames, trained_until=TRAINED_UNTIL, horizons=(2,), code_version="new")


def test_the_trial_speaks_of_days_it_had_not_seen(facts: Facts, candidate: Release) -> None:
    days = candidate.card["days"]
    (sample,) = gather_samples(candidate, None, frames_of(facts), at=TRAINED_UNTIL)
    judged = pd.to_datetime(sample.service_dates)
    assert judged.min() == pd.Timestamp(days["judge_from"])
    assert judged.max() == pd.Timestamp(days["last_on"])
    assert candidate.judged is not None
    assert sorted(sample.candidate) == sorted(candidate.judged["boosted_trees"])
    assert sample.champion is None


def test_a_champion_that_learnt_from_the_judged_days_is_not_compared_on_them(
    facts: Facts, candidate: Release, incumbent: Incumbent
) -> None:
    (sample,) = gather_samples(candidate, incumbent.release, frames_of(facts), at=TRAINED_UNTIL)
    assert sample.champion_unseen_from == unseen_from(incumbent.stored.card)
    assert sample.days == 11
    assert sample.beside_champion().days == 0


def test_another_recipe_is_judged_beside_the_champions_learnt_from_the_same_days(
    facts: Facts, candidate: Release, incumbent: Incumbent
) -> None:
    earlier = {**incumbent.stored.card["recipe"], "champion": {**CHAMPION_RECIPE, "max_iter": 3}}
    card = {**incumbent.stored.card, "recipe": earlier}
    rival = replace(incumbent, stored=replace(incumbent.stored, card=card))
    verdict = judge(candidate, 1_000, rival, facts, at=TRAINED_UNTIL)
    assert verdict.contest is Contest.CHALLENGER
    gain = next(rule for rule in verdict.rules if rule.name == "skill_gain")
    assert SAME_DAYS in gain.words
    assert gain.value is not None


def test_a_release_that_learnt_from_every_day_is_judged_by_later_ones(
    facts: Facts, incumbent: Incumbent
) -> None:
    assert incumbent.release is not None
    last_on = pd.Timestamp(incumbent.stored.card["days"]["last_on"])
    assert unseen_from(incumbent.stored.card) == (last_on + pd.Timedelta(days=1)).date()
    assert not len(unseen_flights(incumbent.release, frames_of(facts), at=TRAINED_UNTIL))
    later = TRAINED_UNTIL + timedelta(days=30)
    grown = replace(facts, flights=facts.flights.assign(cancelled=True))
    unseen = unseen_flights(incumbent.release, frames_of(grown), at=later)
    assert (pd.to_datetime(unseen["service_date"]) > last_on).all()
    assert len(unseen)


def test_a_release_of_before_had_not_seen_the_days_it_was_judged_on() -> None:
    days = {"stop_from": "2013-09-20", "judge_from": "2013-11-01", "last_on": "2013-12-12"}
    assert unseen_from({"days": days}).isoformat() == "2013-11-01"


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
    facts: Facts, candidate: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "get_release_content", lambda *_: b"cut short")
    with transaction() as session:
        broken = load_incumbent(session)
    assert broken is not None
    assert broken.release is None
    assert broken.refusal is not None
    assert "cut short or changed" in broken.refusal
    verdict = judge(candidate, 1_000, broken, facts, at=TRAINED_UNTIL)
    assert any(SAME_DAYS in rule.words for rule in verdict.rules)


def test_predicting_with_a_damaged_champion_is_refused_not_zero(
    world_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml.errors import ReleaseTampered
    from pipelines.predicting import champion

    monkeypatch.setattr(champion, "_UNPACKED", {})
    monkeypatch.setattr(champion, "get_release_content", lambda *_: b"flipped")
    with pytest.raises(ReleaseTampered, match="is not loaded"), transaction() as session:
        load_champion(session, list_reigns(session)[-1].release_id)
