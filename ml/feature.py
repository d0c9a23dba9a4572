"""What a feature is: its name, unit, origin in time, and how an agent would say it."""

from dataclasses import dataclass
from typing import Final

SCHEDULE: Final = "schedule"
OUTCOMES: Final = "outcomes"
REPORTS: Final = "reports"
OBSERVATIONS: Final = "observations"
FORECASTS: Final = "forecasts"
DESTINATION_OBSERVATIONS: Final = "destination_observations"
DESTINATION_FORECASTS: Final = "destination_forecasts"
INBOUND: Final = "inbound"

OPTIONAL_SOURCES: Final = (DESTINATION_OBSERVATIONS, DESTINATION_FORECASTS, INBOUND)
"""Feeds that may not be there: their features are missing until one gives them."""

KNOWN_AT_RULES: Final = {
    SCHEDULE: "14 days before the scheduled departure (assumed: the sources do not say)",
    OUTCOMES: "2 h after the scheduled departure of the newest flight counted",
    REPORTS: "predicted_at: a flight that has not left by then is known to be waiting",
    OBSERVATIONS: "known_at of the newest observation used",
    FORECASTS: "issued_at of the newest forecast used",
    DESTINATION_OBSERVATIONS: "known_at of the newest observation of the destination used",
    DESTINATION_FORECASTS: "issued_at of the newest forecast for the destination used",
    INBOUND: "when the aircraft was assigned, or what its leg before did was last heard",
}
"""When a value of each source is known, in words, for the model card."""


@dataclass(frozen=True)
class Feature:
    """One column that a model reads."""

    #: Column name, with its unit where it has one.
    name: str
    #: Unit of the values; "category" marks a column of strings.
    unit: str
    #: Feed it comes from; its instants stand in the column `known_at`.
    source: str
    #: Features of one group are explained together.
    group: str
    #: How an agent says it; `{value}` is the row's value, other names are columns. Empty: unsaid.
    words: str = ""
    #: Direction of trouble: 1 when more is worse, -1 when less is, 0 when neither.
    worse: int = 0
    #: Models of a longer horizon than this do not read it: it would only be noise to them.
    last_horizon_hours: int | None = None

    @property
    def known_at(self) -> str:
        """Column that says when this feature's newest input was known."""
        return known_at_column(self.source)

    @property
    def is_optional(self) -> bool:
        """Whether it comes from a feed that may not be there."""
        return self.source in OPTIONAL_SOURCES

    @property
    def is_category(self) -> bool:
        """Whether the column holds strings."""
        return self.unit == "category"


def known_at_column(source: str) -> str:
    """Name the column that holds the instants of one source."""
    return f"{source}_known_at"
