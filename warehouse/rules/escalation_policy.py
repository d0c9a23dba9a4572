"""The ladder: which step comes next for an alert nobody takes, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from warehouse.vocabulary import Channel, FallbackKind, Role, StepTarget, UserId


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One rung: how long after the one before, whom it reaches, how, and what it sets off."""

    level: int
    delay_minutes: int
    """Of the first rung: how long the ladder rests before it starts over; the start waits never."""
    target: StepTarget
    role: Role | None
    user_id: UserId | None
    channels: tuple[Channel, ...]
    fallback_kind: FallbackKind | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """One version of an escalation policy; `steps` count from level 1 without a gap."""

    policy_version_id: int
    steps: tuple[LadderStep, ...]
    repeat_count: int
    catch_all_user_id: UserId


@dataclass(frozen=True, slots=True)
class Position:
    """Where an alert stands on its ladder; level 0 is before the first step."""

    level: int
    loop: int


def position_after(ladder: Ladder, position: Position) -> Position | None:
    """Give the next rung, the first one again while repeats remain, or None at the end."""
    if position.level < len(ladder.steps):
        return Position(position.level + 1, position.loop)
    if position.loop < ladder.repeat_count:
        return Position(1, position.loop + 1)
    return None


def step_at(ladder: Ladder, position: Position) -> LadderStep:
    """Give the rung of a position from level 1 on."""
    return ladder.steps[position.level - 1]


def due_after(ladder: Ladder, position: Position, *, at: datetime) -> datetime | None:
    """Say when the rung after this one is due, or None where the ladder ends."""
    following = position_after(ladder, position)
    if following is None:
        return None
    return at + timedelta(minutes=step_at(ladder, following).delay_minutes)


def is_last(ladder: Ladder, position: Position) -> bool:
    """Tell whether nobody is left to ask after this rung."""
    return position_after(ladder, position) is None


def addresses(
    channels: Sequence[Channel], contacts: Mapping[Channel, str]
) -> list[tuple[Channel, str]]:
    """Pair each channel with where it reaches the person, leaving out what they do not have."""
    return [(channel, contacts[channel]) for channel in channels if channel in contacts]
