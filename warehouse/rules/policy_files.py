"""A policy as a file: what it says, written as TOML that is read again unchanged."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from warehouse.rules.page_rate import PageRate
from warehouse.rules.severity import Stakes, alert_threshold
from warehouse.rules.storm_control import StormControl
from warehouse.vocabulary import Channel, FallbackKind, Role, Severity


class PolicyKind(StrEnum):
    """The kinds of policy that a file may hold."""

    ESCALATION = "escalation"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class FiledStep:
    """One step of a ladder as a file has it: people go by the name they sign in with."""

    delay_minutes: int
    role: Role | None
    username: str | None
    channels: tuple[Channel, ...]
    fallback_kind: FallbackKind | None


@dataclass(frozen=True, slots=True)
class FiledEscalation:
    """An escalation policy as a file has it; the order of its steps is their level."""

    name: str
    catch_all: str
    repeat_count: int
    reopens_on_severity_rise: bool
    ack_timeout_minutes: Mapping[Severity, int]
    page_rate: PageRate
    storm: StormControl | None
    steps: tuple[FiledStep, ...]

    @property
    def kind(self) -> PolicyKind:
        """Which kind of policy it is."""
        return PolicyKind.ESCALATION


@dataclass(frozen=True, slots=True)
class FiledAlertPolicy:
    """An alert policy as a file has it; amounts in minor units of its currency."""

    stakes: Stakes
    currency: str
    hold_minutes: int
    fallback_price_cap_minor_units: int
    fallback_distance_cap_km: float

    @property
    def kind(self) -> PolicyKind:
        """Which kind of policy it is."""
        return PolicyKind.ALERT


FiledPolicy = FiledEscalation | FiledAlertPolicy

_ESCALATION_SAYS: Final = """\
# Steps are asked in their order until somebody acknowledges. delay_minutes is how long after the
# step before; of the first step, how long the ladder rests before it starts over.
# A step asks on_shift = "agent", "manager" or "admin", or user = "a name to sign in with".
# channels: "email", "sms", "chat", "webhook". sets_off, if anything: "alternative_hotel",
# "alternative_flight", "rights_note".
"""
_ALERT_SAYS: Final = """\
# A prediction is worth an alert from this probability on:
# alert_cost / (loss_per_traveller * avoidable_share).
# Amounts are in minor units: 2000 is 20.00 USD.
"""


def render(policy: FiledPolicy) -> str:
    """Write a policy as TOML, with comments that say what its settings mean.

    Returns
    -------
    :
        Text that `policy_reading.read_policy` reads as the same policy.
    """
    if isinstance(policy, FiledEscalation):
        return _ESCALATION_SAYS + "\n" + "\n".join(_escalation_lines(policy)) + "\n"
    return _ALERT_SAYS + "\n" + "\n".join(_alert_policy_lines(policy)) + "\n"


def _escalation_lines(policy: FiledEscalation) -> list[str]:
    return [
        f"kind = {_text(policy.kind)}",
        f"name = {_text(policy.name)}",
        f"catch_all = {_text(policy.catch_all)}",
        f"starts_over = {policy.repeat_count}",
        f"reopens_on_severity_rise = {str(policy.reopens_on_severity_rise).lower()}",
        *_timeout_lines(policy.ack_timeout_minutes),
        *_rate_lines(policy.page_rate),
        *_storm_lines(policy.storm),
        *(line for step in policy.steps for line in _step_lines(step)),
    ]


def _timeout_lines(minutes: Mapping[Severity, int]) -> list[str]:
    told = [f"{each} = {minutes[each]}" for each in reversed(Severity) if each in minutes]
    about = "# By severity, how long an acknowledged alert may take; it then pages anew."
    return ["", about, "[ack_timeout_minutes]", *told] if told else []


def _rate_lines(rate: PageRate) -> list[str]:
    return [
        "",
        "# More pages to a person by a channel than that come in digests; critical ones never do.",
        "[page_rate]",
        f"messages = {rate.messages}",
        f"minutes = {rate.minutes}",
    ]


def _storm_lines(storm: StormControl | None) -> list[str]:
    if storm is None:
        return []
    return [
        "",
        "# More alerts of one airport than that within the window join one that pages for all.",
        "[storm]",
        f"cap_alerts = {storm.cap_alerts}",
        f"window_minutes = {storm.window_minutes}",
    ]


def _step_lines(step: FiledStep) -> list[str]:
    whom = f"on_shift = {_text(step.role)}" if step.role else f"user = {_text(step.username or '')}"
    sets_off = [f"sets_off = {_text(step.fallback_kind)}"] if step.fallback_kind else []
    channels = ", ".join(map(_text, step.channels))
    lines = [f"delay_minutes = {step.delay_minutes}", whom, f"channels = [{channels}]", *sets_off]
    return ["", "[[step]]", *lines]


def _alert_policy_lines(policy: FiledAlertPolicy) -> list[str]:
    return [
        f"kind = {_text(policy.kind)}",
        f"currency = {_text(policy.currency)}",
        f"alert_cost_minor_units = {policy.stakes.alert_cost_minor_units}",
        f"loss_per_traveller_minor_units = {policy.stakes.loss_per_traveller_minor_units}",
        f"avoidable_share = {policy.stakes.avoidable_share!r}",
        "",
        "# How long a room is held, and how dear and how far it may be without a manager's word.",
        f"hold_minutes = {policy.hold_minutes}",
        f"fallback_price_cap_minor_units = {policy.fallback_price_cap_minor_units}",
        f"fallback_distance_cap_km = {policy.fallback_distance_cap_km!r}",
    ]


def _text(words: str) -> str:
    """Write a basic string of TOML: JSON's, but for the one control character that JSON lets be."""
    return json.dumps(str(words), ensure_ascii=False).replace("\x7f", "\\u007f")


def setting_changes(before: FiledPolicy | None, after: FiledPolicy) -> list[str]:
    """List which settings differ, but for the ladder itself; empty where none does.

    Parameters
    ----------
    before:
        The policy in force; None where there is none.
    after:
        The one that is to follow it.

    Returns
    -------
    :
        One line each: what it is called in the file, what it was and what it is to be.
    """
    old = dict(_settings(before)) if before is not None else {}
    new = dict(_settings(after))
    names = [*new, *(name for name in old if name not in new)]
    return [
        f"{name}: {old.get(name, 'none')} → {new.get(name, 'none')}"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _settings(policy: FiledPolicy) -> Sequence[tuple[str, str]]:
    if isinstance(policy, FiledAlertPolicy):
        lines = [line for line in _alert_policy_lines(policy) if " = " in line]
        told = [(name, value) for name, _, value in (line.partition(" = ") for line in lines)]
        return [*told[1:], ("worth an alert from", f"{alert_threshold(policy.stakes):.1%} on")]
    timeouts = [(f"ack_timeout_minutes.{k}", str(v)) for k, v in policy.ack_timeout_minutes.items()]
    storm = policy.storm
    control = f"{storm.cap_alerts} alerts in {storm.window_minutes} minutes" if storm else "none"
    reopens = str(policy.reopens_on_severity_rise).lower()
    told = [("name", policy.name), ("reopens_on_severity_rise", reopens)]
    return [*told, *timeouts, ("page_rate", policy.page_rate.words), ("storm", control)]
