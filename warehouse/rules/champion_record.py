"""When a release has done so badly that the one before it predicts again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEAST_DAYS: Final = 28
"""The sampling unit is the day: fewer say more of their weather than of the release."""

LEAST_EVENT_DAYS: Final = 3
"""Without storms there is nothing to be good at, and noise decides."""


@dataclass(frozen=True, slots=True)
class ChampionRecord:
    """What the champion's own settled claims came to at one horizon."""

    horizon_hours: int
    days: int
    event_days: int
    #: Skill over climatology; not a number where climatology was not kept.
    skill: float


def reason_to_roll_back(records: Sequence[ChampionRecord]) -> str | None:
    """Say why a champion may not go on: climatology did better, over days and storms enough.

    Parameters
    ----------
    records:
        One per horizon, over the last 28 days, of its own claims only.

    Returns
    -------
    :
        A sentence per horizon at which it failed; None if it may go on.
    """
    failed = [
        f"{each.horizon_hours} h ahead climatology did better over {each.days} days, "
        f"{each.event_days} of them with a storm: skill {each.skill:+.3f}."
        for each in records
        if each.days >= LEAST_DAYS and each.event_days >= LEAST_EVENT_DAYS and each.skill < 0
    ]
    return " ".join(failed) or None
