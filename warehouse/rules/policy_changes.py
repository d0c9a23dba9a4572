"""What is wrong with a ladder, what differs between two, and where an alert stands on another."""

from collections.abc import Sequence
from datetime import datetime

from warehouse.rules.escalation_policy import Ladder, LadderStep, Position, due_after
from warehouse.vocabulary import StepTarget


def complaint_about(steps: Sequence[LadderStep], *, repeat_count: int) -> str | None:
    """Say what keeps steps from being a ladder, and what to do about it; None if nothing does."""
    if not steps or [step.level for step in steps] != list(range(1, len(steps) + 1)):
        return "its levels have to count 1, 2, 3… without a gap"
    if repeat_count < 0:
        return "it cannot be repeated less than never"
    for step in steps:
        if not step.channels:
            return f"step {step.level} has no channel; name one, such as email"
        if len(set(step.channels)) < len(step.channels):
            return f"step {step.level} names a channel twice"
        if step.delay_minutes < 0:
            return f"step {step.level} cannot wait less than no time"
        if (step.target is StepTarget.ON_SHIFT) != (step.role is not None):
            return f"step {step.level} asks whoever is on shift, so it names a role and only then"
        if (step.target is StepTarget.USER) != (step.user_id is not None):
            return f"step {step.level} asks one user, so it names them and only then"
    return None


def step_words(step: LadderStep, names: dict[int, str]) -> str:
    """Say what a step does, by names of users: after 15 min, managers on shift by email."""
    whom = f"{step.role.value}s on shift" if step.role else names.get(step.user_id or 0, "a user")
    by = " and ".join(channel.value for channel in step.channels)
    sets_off = f"; sets off: {step.fallback_kind.value}" if step.fallback_kind else ""
    # The first step waits for nothing; its delay is how long the ladder rests before it again.
    when = f"after {step.delay_minutes} min" if step.level > 1 else "at once"
    rests = f"; again after {step.delay_minutes} min of rest" if step.level == 1 else ""
    return f"{when}, {whom} by {by}{rests}{sets_off}".replace("_", " ")


def differences(before: Ladder, after: Ladder, names: dict[int, str]) -> list[str]:
    """List what changed from one ladder to another, in words; empty where nothing did."""
    told = []
    for number in range(max(len(before.steps), len(after.steps))):
        old = before.steps[number] if number < len(before.steps) else None
        new = after.steps[number] if number < len(after.steps) else None
        if old == new:
            continue
        words = [step_words(each, names) if each else "none" for each in (old, new)]
        told.append(f"Step {number + 1}: {words[0]} → {words[1]}")
    if before.repeat_count != after.repeat_count:
        told.append(f"Repeats: {before.repeat_count} → {after.repeat_count}")
    if before.catch_all_user_id != after.catch_all_user_id:
        holders = [names.get(each.catch_all_user_id, "a user") for each in (before, after)]
        told.append(f"Catch-all: {holders[0]} → {holders[1]}")
    return told


def place_on(ladder: Ladder, position: Position) -> Position:
    """Give the place an alert takes on another ladder: the same, or the last one there is."""
    return Position(min(position.level, len(ladder.steps)), position.loop)


def due_on(
    ladder: Ladder, position: Position, *, was_due_at: datetime | None, at: datetime
) -> datetime | None:
    """Say when an open alert goes on once it climbs another ladder.

    Parameters
    ----------
    ladder:
        The one it climbs from now on.
    position:
        Its place there.
    was_due_at:
        When it would have gone on; None where its ladder had ended.
    at:
        Instant of the change, UTC.

    Returns
    -------
    :
        Never later than it was due before; None where the ladder ends at its place.
    """
    due_at = at if position.level == 0 else due_after(ladder, position, at=at)
    if due_at is None or was_due_at is None:
        return due_at
    return min(due_at, was_due_at)
