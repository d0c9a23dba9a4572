"""What the simulator is asked and what it answers, with no HTTP around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipelines.simulator.faults import Fault, Kind


@dataclass(frozen=True)
class Asked:
    """One question to a provider, at the simulator's instant."""

    at: datetime
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: object = None
    """Parsed JSON, or a form's fields with their values; None if there is neither."""
    fault: Fault | None = None
    """How the provider is to misbehave within this answer."""

    def one(self, name: str) -> str | None:
        """Give the last value of a query parameter; None if it was not sent or is empty."""
        values = self.query.get(name)
        return (values[-1].strip() or None) if values else None

    def has_fault(self, kind: Kind) -> bool:
        """Tell whether the provider is to misbehave in this way."""
        return self.fault is not None and self.fault.kind is kind


@dataclass(frozen=True)
class Answer:
    """What a provider answers; no payload is an empty body."""

    payload: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A provider will not do what it was asked, in its own words."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"answered {answer.status}")


@dataclass(frozen=True)
class Voice:
    """How a provider puts its failures, each in its own words."""

    says: Callable[[Kind], Answer]
    tail: str = ""
    """What ends a body that breaks off."""


@dataclass(frozen=True)
class Endpoint:
    """One thing that can be asked of a provider."""

    provider: str
    operation: str
    """Such as search or book; faults can be meant for one of them."""
    methods: tuple[str, ...]
    path: str
    answer: Callable[[Asked], Answer]
    voice: Voice


def mapping(value: object) -> Mapping[str, Any]:
    """Give an object's fields; none if it is anything else."""
    return value if isinstance(value, Mapping) else {}


def number(value: object, lowest: float, highest: float) -> float | None:
    """Give a number within bounds; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if lowest <= value <= highest else None


def in_zulu(at: datetime) -> str:
    """Write an instant as the providers do, in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
