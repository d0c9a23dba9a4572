"""The rules of the promotion gate, each with what it asks, what was found, and words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.evaluation import evaluate
from ml.event_days import count_event_days
from ml.paired import Difference, paired_differences
from ml.ranking import Floats

MOST_PRECISION_LOST: Final = 0.02
MOST_ECE: Final = 0.015
LEAST_MEAN_OVER_BASE: Final = 0.4
MOST_MEAN_OVER_BASE: Final = 2.0
LEAST_MONTH_SKILL: Final = -0.15
LEAST_GROUP_SKILL: Final = -0.02
LEAST_GROUP_FLIGHTS: Final = 5_000
MOST_TIMES_AS_COSTLY: Final = 2.0
MOST_SKILL_LOST: Final = 0.01
"""A retraining may lose this much: about what 300 days can tell two boosted models apart by."""

CALM_BASE_RATE: Final = 0.027
"""A month is calm below half of the year's 5.4 %: November 2013, with 2.0 %, was the calmest."""

MOST_MEAN_WHEN_CALM: Final = 0.035
"""What may be said on average of a calm month; the first model said .03 of November 2013."""

LEAST_MONTH_DAYS: Final = 14
"""Fewer days of a month say nothing of it."""


@dataclass(frozen=True)
class Rule:
    """One question of the gate, and its answer."""

    name: str
    #: None for what concerns the whole release.
    horizon_hours: int | None
    #: None where it could not be measured.
    value: float | None
    limit: float
    passed: bool
    words: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        known = self.value is not None and np.isfinite(self.value)
        return {**self.__dict__, "value": round(float(self.value or 0), 6) if known else None}


@dataclass(frozen=True)
class Sample:
    """What was said of the same flights at one horizon, on days the candidate had not seen."""

    horizon_hours: int
    candidate: Floats
    #: None where there is no champion, or it has no say at this horizon.
    champion: Floats | None
    climatology: Floats
    outcomes: NDArray[np.bool_]
    service_dates: pd.Series
    origins: pd.Series
    carriers: pd.Series
    #: First local day that the champion had not seen either.
    champion_unseen_from: date | None = None
    #: Who stands beside the candidate, in words.
    beside: str = "the champion"

    def where(self, chosen: NDArray[np.bool_]) -> "Sample":
        """Keep some of the flights."""
        return Sample(
            self.horizon_hours,
            self.candidate[chosen],
            None if self.champion is None else self.champion[chosen],
            self.climatology[chosen],
            self.outcomes[chosen],
            self.service_dates[chosen],
            self.origins[chosen],
            self.carriers[chosen],
            self.champion_unseen_from,
            self.beside,
        )

    def beside_champion(self) -> "Sample":
        """Keep the days that neither the candidate nor the champion had seen."""
        if self.champion is None or self.champion_unseen_from is None:
            return self
        days = pd.to_datetime(self.service_dates)
        return self.where((days >= pd.Timestamp(self.champion_unseen_from)).to_numpy(np.bool_))

    @property
    def is_mute(self) -> bool:
        """Whether climatology alone speaks here, and has no champion to be measured by."""
        says_nothing = np.array_equal(self.candidate, self.climatology) and self.days > 0
        return self.champion is None and says_nothing

    @property
    def days(self) -> int:
        """Count the local days."""
        return int(pd.to_datetime(self.service_dates).nunique())

    @property
    def event_days(self) -> int:
        """Count the days on which some airport had an event."""
        return count_event_days(self.service_dates, self.origins, self.outcomes)


def evidence_rules(sample: Sample, least_days: int, least_event_days: int) -> Iterator[Rule]:
    """Ask whether there are days enough, and storms enough, to judge by."""
    for name, found, least, noun in (
        ("days", sample.days, least_days, "days that no model compared had seen"),
        ("event_days", sample.event_days, least_event_days, "of them with a storm at an airport"),
    ):
        words = f"{found} {noun}, of {least} needed"
        is_enough = found >= least
        told = words if is_enough else f"too few to judge: {words}"
        yield Rule(name, sample.horizon_hours, float(found), float(least), is_enough, told)


def comparison_rules(sample: Sample, other: Floats, beside: str, *, must_gain: bool) -> list[Rule]:
    """Ask whether the candidate is better than what predicts now, or at least not worse.

    Parameters
    ----------
    sample:
        Flights of days that neither had seen.
    other:
        What the other said of them.
    beside:
        Who the other is, in words.
    must_gain:
        Whether it must prove to be better; a retraining must only not be shown worse.

    Returns
    -------
    :
        The rules of skill and of precision.
    """
    hours = sample.horizon_hours
    found = paired_differences(
        *(sample.candidate, other, sample.outcomes, sample.service_dates),
        climatology=sample.climatology,
    )
    skill, precision = found.of("bss"), found.of("precision_at_2pct")
    told = f"skill {_shown(skill)} against {beside}"
    ranked = f"precision at 2 % {_shown(precision)} against {beside}"
    if must_gain:
        return [
            _above("skill_gain", hours, skill.low, 0.0, f"{told}: the lower bound counts"),
            _above(
                "precision",
                hours,
                precision.low,
                -MOST_PRECISION_LOST,
                f"{ranked}: the lower bound counts",
            ),
        ]
    return [
        _above("skill_kept", hours, skill.mean, -MOST_SKILL_LOST, told),
        _least("skill_not_shown_worse", hours, skill.high, 0.0, f"{told}: the upper bound counts"),
        _above("precision", hours, precision.mean, -MOST_PRECISION_LOST, ranked),
    ]


def probability_rules(sample: Sample) -> list[Rule]:
    """Ask whether what is said is about as often true, over all days and month by month."""
    hours = sample.horizon_hours
    judged = evaluate(
        sample.candidate,
        sample.outcomes,
        sample.service_dates,
        climatology=sample.climatology,
        resamples=1,
    )
    ece = judged.figures["ece"]
    words = f"what is said is off by {ece:.3f} on average"
    rules = [Rule("calibration", hours, ece, MOST_ECE, ece <= MOST_ECE, words)]
    months = list(_months(sample))
    if not months:
        told = f"too few to judge: no month has {LEAST_MONTH_DAYS} days"
        return [*rules, Rule("months", hours, 0.0, 1.0, passed=False, words=told)]
    for name, month in months:
        rules += _month_rules(name, month)
    return rules


def group_rules(sample: Sample) -> list[Rule]:
    """Ask whether any large airport or carrier would be better served by climatology."""
    rules = []
    for noun, column in (("airport", sample.origins), ("carrier", sample.carriers)):
        names = column.astype(str).to_numpy()
        found, counts = np.unique(names, return_counts=True)
        large = [str(name) for name in found[counts >= LEAST_GROUP_FLIGHTS]]
        skills = {name: _skill(sample.where(names == name)) for name in large}
        rules.append(_worst_group(noun, sample.horizon_hours, skills))
    return rules


def mute_rule(sample: Sample) -> Rule:
    """Say that nothing is asked where only climatology speaks."""
    words = "only climatology speaks at this horizon, so there is nothing to judge"
    return Rule("speaks", sample.horizon_hours, None, 0.0, passed=True, words=words)


def cost_rule(name: str, value: float, champion_value: float, unit: str) -> Rule:
    """Ask whether it costs at most twice what the champion costs, in time or in bytes."""
    times = value / champion_value if champion_value > 0 else float("nan")
    words = f"{value:,.1f} {unit}, the champion {champion_value:,.1f}"
    return Rule(name, None, times, MOST_TIMES_AS_COSTLY, times <= MOST_TIMES_AS_COSTLY, words)


def proof_rule(name: str, refusal: str | None, words: str) -> Rule:
    """Ask whether a proof held; a refusal says why it did not."""
    return Rule(name, None, float(refusal is None), 1.0, refusal is None, refusal or words)


def _month_rules(name: str, month: Sample) -> list[Rule]:
    hours, base = month.horizon_hours, float(month.outcomes.mean())
    said, skill = float(month.candidate.mean()), _skill(month)
    ratio = said / base if base > 0 else float("nan")
    told = f"{name}: {said:.1%} said, {base:.1%} happened"
    is_between = LEAST_MEAN_OVER_BASE <= ratio <= MOST_MEAN_OVER_BASE
    limit = LEAST_MEAN_OVER_BASE if ratio < 1 else MOST_MEAN_OVER_BASE
    rules = [_least("month_skill", hours, skill, LEAST_MONTH_SKILL, f"{name}: skill {skill:+.3f}")]
    if base > 0:
        rules.append(Rule("month_mean", hours, ratio, limit, is_between, told))
    if base < CALM_BASE_RATE:
        is_quiet = said <= MOST_MEAN_WHEN_CALM
        quiet = f"{told}, a calm month" if is_quiet else f"it shouts in a calm month: {told}"
        rules.append(Rule("calm_month", hours, said, MOST_MEAN_WHEN_CALM, is_quiet, quiet))
    return rules


def _months(sample: Sample) -> Iterator[tuple[str, Sample]]:
    days = pd.to_datetime(sample.service_dates)
    month_of = days.dt.strftime("%Y-%m").to_numpy()
    for name in np.unique(month_of):
        month = sample.where(month_of == name)
        if month.days >= LEAST_MONTH_DAYS:
            yield str(name), month


def _worst_group(noun: str, hours: int, skills: dict[str, float]) -> Rule:
    rule = f"{noun}_skill"
    if not skills:
        words = f"no {noun} has {LEAST_GROUP_FLIGHTS:,} flights: none is judged alone"
        return Rule(rule, hours, None, LEAST_GROUP_SKILL, passed=True, words=words)
    worst = min(skills, key=lambda name: skills[name])
    words = f"the worst {noun} is {worst} with skill {skills[worst]:+.3f}"
    return _least(rule, hours, skills[worst], LEAST_GROUP_SKILL, words)


def _skill(sample: Sample) -> float:
    usual = float(((sample.climatology - sample.outcomes) ** 2).sum())
    error = float(((sample.candidate - sample.outcomes) ** 2).sum())
    return 1 - error / usual if usual > 0 else float("nan")


def _above(name: str, hours: int, value: float, limit: float, words: str) -> Rule:
    return Rule(name, hours, value, limit, value > limit, words)


def _least(name: str, hours: int, value: float, limit: float, words: str) -> Rule:
    return Rule(name, hours, value, limit, value >= limit, words)


def _shown(difference: Difference) -> str:
    return f"{difference.mean:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
