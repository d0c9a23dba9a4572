"""What Open-Meteo is asked of every place, and how places and hours are written in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime


@dataclass(frozen=True)
class Question:
    """What is asked of every place."""

    variables: tuple[str, ...]
    period: Mapping[str, str]
    days: int

    def without(self, variable: str) -> "Question":
        """Ask the same without one variable."""
        kept = tuple(name for name in self.variables if name != variable)
        return replace(self, variables=kept)


def on_the_hour(at: datetime) -> str:
    """Write the hour that holds an instant, in GMT."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:00}"


def degrees(value: float) -> str:
    """Write a coordinate, to a metre."""
    return f"{value:.5f}".rstrip("0").rstrip(".")
