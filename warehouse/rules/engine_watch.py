"""What of the engine is late, by how much, and what to do about it, in words."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEAST_PATIENCE = timedelta(minutes=2)
"""A part may tick every few seconds, and one tick may take almost a minute."""
MISSED_BEATS = 4
ESCALATION_PATIENCE = timedelta(minutes=2)
"""The sweep looks every 4 s; when a hundred are due at once it takes a few looks."""
DELIVERY_PATIENCE = timedelta(minutes=3)
"""A run takes a quarter of a minute to start, and the one before may still be sending."""


class LatePart(StrEnum):
    """What is late."""

    ENGINE = "engine"
    COMPONENT = "component"
    ESCALATION = "escalation"
    DELIVERY = "delivery"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Beat:
    """When a part of the engine last ran; `every` is None for one that runs when it is asked."""

    component: str
    beat_at: datetime
    every: timedelta | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the record shows of the engine at an instant."""

    beats: tuple[Beat, ...]
    oldest_escalation_at: datetime | None
    """The desk's instant since which the oldest open alert should have gone up its ladder."""
    oldest_message_at: datetime | None
    """The desk's instant since which the oldest message waits to be sent."""
    at: datetime
    """The desk's instant."""
    server_at: datetime
    speed: float
    """How fast the desk's clock runs; 0 while a replay stands still."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """One thing that is late: since when by the server's clock, and by how much."""

    part: LatePart
    name: str
    since: datetime | None
    """None where it has never run."""
    by: timedelta
    words: str
    remedy: str

    @property
    def stops_alerts(self) -> bool:
        """Whether people are not told because of it."""
        return self.part is not LatePart.COMPONENT


def list_late(
    pulse: Pulse, *, expected: Collection[str], driving: Collection[str]
) -> list[Lateness]:
    """Name what is late, the worst first.

    Parameters
    ----------
    pulse:
        What the record shows.
    expected:
        Parts that should tick by themselves.
    driving:
        Those of them that the engine itself drives: where all of them are late, it stands still.

    Returns
    -------
    :
        Empty when everything runs. Where the engine stands still, its parts are not listed too.
    """
    silent = sorted(_silent(pulse, expected), key=lambda each: each.name)
    late = [*_waiting(pulse)]
    if {each.name for each in silent} >= set(driving) and driving:
        return [_standstill(pulse, driving), *late]
    return [*late, *silent]


def _silent(pulse: Pulse, expected: Collection[str]) -> Iterator[Lateness]:
    beats = {each.component: each for each in pulse.beats}
    for name in {*expected, *beats}:
        beat = beats.get(name)
        if beat is None:
            words = f"{name} has never run"
            yield _of_component(name, None, timedelta(0), words)
        elif beat.every is not None:
            age = pulse.server_at - beat.beat_at
            if is_silent(age, beat.every):
                words = f"{name} has not run for {duration(age)}, and should every "
                words += duration(beat.every)
                yield _of_component(name, beat.beat_at, age - beat.every, words)


def is_silent(age: timedelta, every: timedelta) -> bool:
    """Tell whether a part has missed so many beats that something must be wrong with it."""
    return age > max(LEAST_PATIENCE, MISSED_BEATS * every)


def _of_component(name: str, since: datetime | None, by: timedelta, words: str) -> Lateness:
    return Lateness(LatePart.COMPONENT, name, since, by, words, _remedy_of(name))


def _remedy_of(name: str) -> str:
    if name in {"dashboard", "watch"}:
        return f"Restart it: `stormdesk up`, or `stormdesk serve {name}` where services run apart"
    return f"See the sensor {name} in Dagster, and turn it on if it is off"


def _standstill(pulse: Pulse, driving: Collection[str]) -> Lateness:
    beats = [each.beat_at for each in pulse.beats if each.component in driving]
    last = max(beats, default=None)
    age = timedelta(0) if last is None else pulse.server_at - last
    since = "It has never run" if last is None else f"Nothing has ticked for {duration(age)}"
    return Lateness(
        LatePart.ENGINE,
        "engine",
        last,
        age,
        f"The engine stands still. {since}: nobody is paged and nothing is sent",
        "Start it with `stormdesk up`, or the Dagster daemon and code server where services run "
        "apart; until then look at the inbox and call people yourself",
    )


def _waiting(pulse: Pulse) -> Iterator[Lateness]:
    waiting = (
        (
            *(LatePart.ESCALATION, pulse.oldest_escalation_at, ESCALATION_PATIENCE),
            "An alert should have gone up its ladder {} ago, and nobody was paged",
            "See the sensor escalation_due in Dagster; take the oldest alerts of the inbox by hand",
        ),
        (
            *(LatePart.DELIVERY, pulse.oldest_message_at, DELIVERY_PATIENCE),
            "A message has waited for {} to be sent",
            "See the job deliver_notifications in Dagster, and whether the mail server answers",
        ),
    )
    for part, since, patience, words, remedy in waiting:
        late = _server_time_since(since, pulse)
        if since is not None and late > patience:
            begun_at = pulse.server_at - late
            yield Lateness(part, part.value, begun_at, late, words.format(duration(late)), remedy)


def _server_time_since(since: datetime | None, pulse: Pulse) -> timedelta:
    """Say how long ago that was for the people waiting: a replayed hour may be a minute."""
    if since is None or pulse.speed <= 0:
        return timedelta(0)
    return (pulse.at - since) / pulse.speed


def duration(span: timedelta) -> str:
    """Say how long, in the largest unit that tells something."""
    seconds = round(span.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("min", 60)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            count = seconds // size
            return f"{count} {unit}" + ("s" if count > 1 and unit != "min" else "")
    return f"{seconds} s"


def sentence_of(late: Sequence[Lateness]) -> str:
    """Say everything that is late, one sentence each."""
    return " ".join(f"{each.words}." for each in late)


def remedies_of(late: Iterable[Lateness]) -> list[str]:
    """List what to do, each remedy once."""
    return list(dict.fromkeys(f"{each.remedy}." for each in late))
