"""The gate lets the better through, keeps the rest out, and says why."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.gate import Contest, Footprint, Proofs, Verdict, contest_of, judge_release
from ml.gate_rules import Rule, Sample
from ml.paired import paired_differences

HELD = Proofs(None, None)
SMALL = Footprint(20.0, 500_000)
FLIGHTS_PER_DAY = 120


def make_sample(
    *,
    days: int = 120,
    first_on: str = "2013-02-01",
    storm_every: int = 6,
    calm_base: float = 0.02,
    champion: str | None = "usual",
    candidate: str = "knows",
    shift: float = 1.0,
    unseen_from: str | None = "2013-01-01",
) -> Sample:
    """Days of which every sixth is a storm; a model knows that, half knows it, or does not."""
    rng = np.random.default_rng(3)
    count = days * FLIGHTS_PER_DAY
    day = np.repeat(np.arange(days), FLIGHTS_PER_DAY)
    truth = np.where(day % storm_every == 0, 0.3, calm_base)
    base = float(truth.mean())
    said = {
        "knows": truth * shift,
        "half knows": (truth + base) / 2,
        "usual": np.full(count, base),
        "is wrong": np.where(day % storm_every == 1, 0.3, calm_base),
    }
    dates = pd.Series(pd.Timestamp(first_on) + pd.to_timedelta(day, unit="D"))
    return Sample(
        horizon_hours=24,
        candidate=np.clip(said[candidate], 0, 1),
        champion=None if champion is None else said[champion],
        climatology=np.full(count, base),
        outcomes=rng.random(count) < truth,
        service_dates=dates,
        origins=pd.Series(rng.choice(["JFK", "EWR"], count)),
        carriers=pd.Series(rng.choice(["AA", "B6", "DL"], count)),
        champion_unseen_from=None if unseen_from is None else pd.Timestamp(unseen_from).date(),
    )


def judge(sample: Sample, contest: Contest = Contest.CHALLENGER, **changed: Any) -> Verdict:
    asked = {
        "contest": contest,
        "proofs": HELD,
        "footprints": (SMALL, SMALL),
    }
    return judge_release([sample], **(asked | changed))


def failed(verdict: Verdict) -> set[str]:
    return {rule.name for rule in verdict.rules if not rule.passed}


def rule(verdict: Verdict, name: str) -> Rule:
    return next(rule for rule in verdict.rules if rule.name == name)


def test_a_better_recipe_passes_and_every_rule_says_what_it_found() -> None:
    verdict = judge(make_sample())
    assert failed(verdict) == set()
    assert verdict.passed
    assert verdict.words.startswith("It is another recipe than the champion's and meets all")
    assert {rule.name for rule in verdict.rules} >= {
        *("days", "event_days", "skill_gain", "precision", "calibration", "month_skill"),
        *("month_mean", "airport_skill", "carrier_skill", "latency", "size"),
        *("causality", "shuffle"),
    }
    for each in verdict.rules:
        assert each.words
        assert set(each.as_dict()) == {
            *("name", "horizon_hours", "value", "limit", "passed", "words")
        }


def test_the_same_recipe_again_is_no_better_so_only_a_retraining_passes() -> None:
    sample = make_sample(champion="knows")
    assert failed(judge(sample)) == {"skill_gain"}
    assert judge(sample, Contest.RETRAINING).passed


def test_a_retraining_that_is_worse_is_kept_out() -> None:
    verdict = judge(make_sample(champion="knows", candidate="half knows"), Contest.RETRAINING)
    assert {"skill_kept", "skill_not_shown_worse"} <= failed(verdict)
    assert rule(verdict, "skill_kept").limit == -0.01


def test_a_worse_ranking_fails_precision_by_its_lower_bound() -> None:
    verdict = judge(make_sample(champion="knows", candidate="is wrong"))
    assert {"skill_gain", "precision"} <= failed(verdict)
    assert "precision at 2 % -0." in rule(verdict, "precision").words


@pytest.mark.parametrize("days", [1, 10, 59])
def test_too_few_days_are_said_and_never_passed(days: int) -> None:
    verdict = judge(make_sample(days=days))
    assert not verdict.passed
    told = rule(verdict, "days")
    assert (told.passed, told.value, told.limit) == (False, days, 60.0)
    assert told.words.startswith(f"too few to judge: {days} days")
    assert "too few to judge" in verdict.words


def test_no_day_at_all_is_said_and_never_passed() -> None:
    sample = make_sample()
    nothing = sample.where(np.zeros(len(sample.outcomes), dtype=np.bool_))
    for contest in Contest:
        verdict = judge(nothing, contest)
        assert rule(verdict, "days").words.startswith("too few to judge: 0 days")
        assert not verdict.passed
    assert not judge_release(
        [],
        contest=Contest.FIRST,
        proofs=HELD,
        footprints=None,
    ).passed


def test_days_without_storms_prove_nothing() -> None:
    verdict = judge(make_sample(storm_every=100))
    assert "event_days" in failed(verdict)
    assert rule(verdict, "event_days").value == 2


def test_days_that_the_champion_has_learnt_from_do_not_count_against_a_challenger() -> None:
    verdict = judge(make_sample(unseen_from="2013-05-20"))
    assert rule(verdict, "days").value == 12
    assert "days" in failed(verdict)


def test_for_a_retraining_climatology_stands_in_where_the_champion_has_seen_the_days() -> None:
    verdict = judge(make_sample(champion="knows", unseen_from="2013-05-20"), Contest.RETRAINING)
    assert verdict.passed
    assert rule(verdict, "skill_gain").words.endswith("against climatology: the lower bound counts")
    blind = make_sample(champion="knows", candidate="usual", unseen_from="2013-05-20")
    assert "skill_gain" in failed(judge(blind, Contest.RETRAINING))


def test_days_without_storms_do_not_send_the_champion_away() -> None:
    verdict = judge(make_sample(champion="knows", storm_every=100), Contest.RETRAINING)
    assert failed(verdict) == {"event_days"}
    assert "against the champion" in rule(verdict, "skill_kept").words


def test_one_that_shouts_is_off_on_average_and_month_by_month() -> None:
    verdict = judge(make_sample(shift=2.4))
    assert {"calibration", "month_mean"} <= failed(verdict)
    assert rule(verdict, "calibration").limit == 0.015


def test_one_that_whispers_fails_the_monthly_mean() -> None:
    verdict = judge(make_sample(shift=0.3))
    months = [rule for rule in verdict.rules if rule.name == "month_mean"]
    assert {rule.limit for rule in months} == {0.4}
    assert not any(rule.passed for rule in months)


def test_a_release_that_shouts_in_a_calm_month_fails() -> None:
    calm = {"days": 90, "first_on": "2013-10-01", "storm_every": 15, "calm_base": 0.005}
    quiet = judge(make_sample(**calm))
    assert "calm_month" not in failed(quiet)
    assert "a calm month" in rule(quiet, "calm_month").words
    loud = judge(make_sample(**calm, shift=1.9))
    assert "calm_month" in failed(loud)
    told = next(rule for rule in loud.rules if rule.name == "calm_month" and not rule.passed)
    assert told.limit == 0.035
    assert told.words.startswith("it shouts in a calm month: 2013-1")


def test_a_month_far_below_climatology_fails_alone() -> None:
    sample = make_sample(days=150)
    is_march = sample.service_dates.dt.month.to_numpy() == 3
    lost = replace(sample, candidate=np.where(is_march, 0.3, sample.candidate))
    told = [rule for rule in judge(lost).rules if rule.name == "month_skill" and not rule.passed]
    assert [rule.words[:7] for rule in told] == ["2013-03"]


def test_a_few_days_of_a_month_are_not_a_month() -> None:
    verdict = judge(make_sample(days=70, first_on="2013-02-20"))
    assert {rule.words[:7] for rule in verdict.rules if rule.name == "month_skill"} == {
        *("2013-03", "2013-04")
    }


def test_a_large_airport_that_climatology_would_serve_better_fails() -> None:
    sample = make_sample()
    at_jfk = (sample.origins == "JFK").to_numpy()
    verdict = judge(replace(sample, candidate=np.where(at_jfk, 0.2, sample.candidate)))
    assert "airport_skill" in failed(verdict)
    assert "the worst airport is JFK" in rule(verdict, "airport_skill").words
    assert "carrier" in rule(verdict, "carrier_skill").words


def test_twice_as_dear_is_too_dear() -> None:
    slow = Footprint(41.0, 900_000)
    verdict = judge(make_sample(), footprints=(slow, SMALL))
    assert failed(verdict) == {"latency"}
    assert rule(verdict, "size").value == pytest.approx(1.8)
    assert "latency (41.0 ms per 1,000 flights, the champion 20.0)" in verdict.words


@pytest.mark.parametrize("proof", ["causality", "shuffle"])
def test_a_failed_proof_fails_the_release_in_its_own_words(proof: str) -> None:
    verdict = judge(make_sample(), proofs=replace(HELD, **{proof: "It looked ahead."}))
    assert failed(verdict) == {proof}
    assert not verdict.is_honest
    assert "It looked ahead" in verdict.words


def test_the_first_release_is_judged_beside_climatology() -> None:
    verdict = judge(make_sample(champion=None), Contest.FIRST, footprints=None)
    assert verdict.passed
    assert "against climatology" in rule(verdict, "skill_gain").words
    assert not {"latency", "size"} & {rule.name for rule in verdict.rules}


def test_where_only_climatology_speaks_nothing_is_asked() -> None:
    sample = make_sample(champion=None)
    mute = replace(sample, candidate=sample.climatology)
    verdict = judge(mute, Contest.FIRST, footprints=None)
    assert verdict.passed
    assert rule(verdict, "speaks").words.startswith("only climatology speaks")
    losing = replace(mute, champion=make_sample(candidate="knows").candidate)
    assert not judge(losing, Contest.RETRAINING).passed


def test_the_order_of_flights_moves_no_verdict() -> None:
    sample = make_sample(champion="half knows")
    order = np.random.default_rng(1).permutation(len(sample.outcomes))
    mixed = Sample(
        24,
        sample.candidate[order],
        sample.champion[order] if sample.champion is not None else None,
        sample.climatology[order],
        sample.outcomes[order],
        sample.service_dates.iloc[order],
        sample.origins.iloc[order],
        sample.carriers.iloc[order],
        sample.champion_unseen_from,
    )
    told, again = judge(sample), judge(mixed)
    assert [each.words for each in told.rules] == [each.words for each in again.rules]


def test_differences_are_surer_than_figures_and_hold_their_mean() -> None:
    sample = make_sample(champion="half knows")
    assert sample.champion is not None
    beside = (sample.outcomes, sample.service_dates)
    skill = paired_differences(
        sample.candidate, sample.champion, *beside, climatology=sample.climatology
    ).of("bss")
    assert 0 < skill.low < skill.mean < skill.high
    same = paired_differences(
        sample.candidate, sample.candidate, *beside, climatology=sample.climatology
    ).of("precision_at_2pct")
    assert (same.low, same.mean, same.high) == (0, 0, 0)


def card(trees: int = 250, feature: str = "gust_mps") -> dict[str, Any]:
    return {
        "recipe": {"champion": {"trees": trees}},
        "horizons": {"2": {"features": [{"name": feature}]}},
    }


def test_a_retraining_has_the_recipe_and_features_of_the_champion() -> None:
    assert contest_of(card(), None) is Contest.FIRST
    assert contest_of(card(), card()) is Contest.RETRAINING
    assert contest_of(card(), card(trees=300)) is Contest.CHALLENGER
    assert contest_of(card(), card(feature="snow")) is Contest.CHALLENGER
