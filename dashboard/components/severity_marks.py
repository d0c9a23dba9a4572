"""Severity by shape, word and colour, so that no one of them is needed to read it."""

from dataclasses import dataclass
from typing import Literal

from warehouse.vocabulary import AlertStatus, Severity

BadgeColour = Literal["red", "orange", "yellow", "blue", "green", "gray"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How one severity looks: a shape that needs no colour, and a colour of the theme."""

    shape: str
    word: str
    colour: BadgeColour

    @property
    def label(self) -> str:
        """Shape and word, as on a pill."""
        return f"{self.shape} {self.word}"


MARKS: dict[Severity, Mark] = {
    Severity.CRITICAL: Mark("●", "Critical", "red"),
    Severity.HIGH: Mark("◆", "High", "orange"),
    Severity.MEDIUM: Mark("▲", "Medium", "yellow"),
    Severity.LOW: Mark("○", "Low", "gray"),
}

STATUS_WORDS: dict[AlertStatus, str] = {
    AlertStatus.OPEN: "Open",
    AlertStatus.ACKNOWLEDGED: "Taken",
    AlertStatus.CLOSED: "Closed",
}
STATUS_COLOURS: dict[AlertStatus, BadgeColour] = {
    AlertStatus.OPEN: "blue",
    AlertStatus.ACKNOWLEDGED: "green",
    AlertStatus.CLOSED: "gray",
}


def severity_label(severity: str) -> str:
    """Shape and word of a severity."""
    return MARKS[Severity(severity)].label


def most_severe_first() -> list[Severity]:
    """List the scale from critical down, as people choose from it."""
    return sorted(Severity, key=lambda severity: -severity.rank)
