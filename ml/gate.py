"""The promotion gate: whether a release may predict in the champion's place.

It asks what was agreed before the release was seen. Another recipe must prove, on sixty days with
five storms at least, that it is better: its trial stands beside one of the champion's recipe, both
learnt from the same days. A retraining of the same recipe is wanted for its newer
days and cannot prove much in a week, so it must only not be shown worse; where the champion has
learnt from nearly all of the judged days, and would shine by memory, climatology stands in for it.
The first release is judged beside climatology, and predicts in any case: nothing else does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ml.gate_rules import (
    Rule,
    Sample,
    comparison_rules,
    cost_rule,
    evidence_rules,
    group_rules,
    mute_rule,
    probability_rules,
    proof_rule,
)

_NAMED: Final = 3


class Contest(StrEnum):
    """What stands at the gate."""

    FIRST = "first"
    RETRAINING = "retraining"
    CHALLENGER = "challenger"


LEAST_DAYS: Final = {Contest.FIRST: 28, Contest.RETRAINING: 28, Contest.CHALLENGER: 60}
LEAST_EVENT_DAYS: Final = {Contest.FIRST: 3, Contest.RETRAINING: 3, Contest.CHALLENGER: 5}
_WORDS: Final = {
    Contest.FIRST: "It is the first release",
    Contest.RETRAINING: "It is a retraining of the champion's recipe",
    Contest.CHALLENGER: "It is another recipe than the champion's",
}


@dataclass(frozen=True)
class Footprint:
    """What a release costs."""

    milliseconds_per_1000_flights: float
    size_bytes: int


@dataclass(frozen=True)
class Proofs:
    """What was tried to catch the candidate out: why each proof failed, None where it held."""

    causality: str | None
    shuffle: str | None


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a release."""

    contest: Contest
    rules: tuple[Rule, ...]

    @property
    def passed(self) -> bool:
        """Whether every rule is met."""
        return all(rule.passed for rule in self.rules)

    @property
    def is_honest(self) -> bool:
        """Whether the proofs held: a release that fails them never predicts by itself."""
        return all(rule.passed for rule in self.rules if rule.name in {"causality", "shuffle"})

    @property
    def words(self) -> str:
        """The verdict in a sentence or two."""
        failed = [rule for rule in self.rules if not rule.passed]
        if not failed:
            return f"{_WORDS[self.contest]} and meets all {len(self.rules)} rules of the gate."
        named = "; ".join(_named(rule) for rule in failed[:_NAMED])
        more = f"; and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
        count = f"{len(failed)} of {len(self.rules)} rules"
        return f"{_WORDS[self.contest]} and fails {count}: {named}{more}."


def judge_release(
    samples: Sequence[Sample],
    *,
    contest: Contest,
    proofs: Proofs,
    footprints: tuple[Footprint, Footprint] | None,
) -> Verdict:
    """Judge a release beside the champion, rule by rule.

    Parameters
    ----------
    samples:
        One per horizon of the candidate.
    contest:
        What stands at the gate.
    proofs:
        Whether it knows nothing of the future, and the order of rows moves nothing.
    footprints:
        What scoring and keeping the candidate and the champion costs, measured side by side; None
        without a champion.

    Returns
    -------
    :
        Every rule that was asked, and the verdict. What has too few days is not passed.
    """
    rules: list[Rule] = []
    for sample in samples:
        rules += [mute_rule(sample)] if sample.is_mute else _judge_horizon(sample, contest)
    if not samples:
        rules.append(proof_rule("horizons", "It speaks at no horizon.", ""))
    if footprints is not None:
        rules += _cost_rules(*footprints)
    rules += [
        proof_rule("causality", proofs.causality, "what becomes known later moves no bit"),
        proof_rule("shuffle", proofs.shuffle, "the order of rows moves no bit"),
    ]
    return Verdict(contest, tuple(rules))


def contest_of(card: Mapping[str, Any], champion_card: Mapping[str, Any] | None) -> Contest:
    """Tell what stands at the gate, by the recipe and the features on the cards.

    Parameters
    ----------
    card:
        Card of the candidate.
    champion_card:
        Card of the champion; None if nothing predicts yet.

    Returns
    -------
    :
        A retraining only where recipe, horizons and features are the same.
    """
    if champion_card is None:
        return Contest.FIRST
    same = _recipe_of(card) == _recipe_of(champion_card)
    return Contest.RETRAINING if same else Contest.CHALLENGER


def _recipe_of(card: Mapping[str, Any]) -> Any:
    features = {hours: each["features"] for hours, each in card["horizons"].items()}
    return card["recipe"], features


def _judge_horizon(sample: Sample, contest: Contest) -> list[Rule]:
    rules = _compare(sample, contest)
    if sample.days:
        rules += [*probability_rules(sample), *group_rules(sample)]
    return rules


def _compare(sample: Sample, contest: Contest) -> list[Rule]:
    least = LEAST_DAYS[contest], LEAST_EVENT_DAYS[contest]
    compared, other, beside = sample.beside_champion(), sample.champion, sample.beside
    is_thin = compared.days < least[0] or compared.event_days < least[1]
    is_remembered = is_thin and compared.days < sample.days
    if sample.champion is None or (contest is Contest.RETRAINING and is_remembered):
        compared, other, beside = sample, sample.climatology, "climatology"
    else:
        other = compared.champion
    rules = list(evidence_rules(compared, *least))
    if compared.days and other is not None:
        must_gain = contest is not Contest.RETRAINING or beside == "climatology"
        rules += comparison_rules(compared, other, beside, must_gain=must_gain)
    return rules


def _cost_rules(candidate: Footprint, champion: Footprint) -> list[Rule]:
    ours, theirs = candidate.milliseconds_per_1000_flights, champion.milliseconds_per_1000_flights
    kilobytes = candidate.size_bytes / 1000, champion.size_bytes / 1000
    return [
        cost_rule("latency", ours, theirs, "ms per 1,000 flights"),
        cost_rule("size", *kilobytes, "kB"),
    ]


def _named(rule: Rule) -> str:
    where = f" at {rule.horizon_hours} h" if rule.horizon_hours is not None else ""
    return f"{rule.name.replace('_', ' ')}{where} ({rule.words.removesuffix('.')})"
