"""Whether somebody who can be reached is there for every step of the ladder, at every instant."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from warehouse.rules.escalation_policy import Ladder
from warehouse.rules.wall_time import range_words
from warehouse.vocabulary import Channel, Role, Severity, UserId

LOOKS_AHEAD = timedelta(days=14)
CATCH_ALL_CHANNELS = (Channel.EMAIL,)
"""The catch-all is paged by e-mail, whatever the steps before it used."""
CONTACTS = {
    Channel.EMAIL: "e-mail address",
    Channel.SMS: "phone",
    Channel.CHAT: "chat",
    Channel.WEBHOOK: "webhook",
}


@dataclass(frozen=True, slots=True)
class Need:
    """What one step of the ladder needs at every instant; a `level` of None is the catch-all."""

    level: int | None
    severities: tuple[Severity, ...]
    role: Role | None
    user_id: UserId | None
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody a step may reach, and by which channels: the ones with a verified contact."""

    user_id: UserId
    name: str
    is_active: bool
    channels: frozenset[Channel]


@dataclass(frozen=True, slots=True)
class Presence:
    """One stretch in which a person holds a role on shift."""

    user_id: UserId
    role: Role
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which a step reaches nobody: what is missing, and what to do about it."""

    level: int | None
    severities: tuple[Severity, ...]
    starts_at: datetime
    ends_at: datetime
    missing: str
    remedy: str
    user_ids: tuple[UserId, ...] = ()
    """Who is there and cannot be reached; empty where nobody is there."""
    channels: tuple[Channel, ...] = ()
    """By which of the step's channels they cannot; empty where they are disabled."""

    @property
    def step(self) -> str:
        """Name the step, as a person says it."""
        return "The catch-all" if self.level is None else f"Step {self.level}"

    def sentence(self, time_zone: str) -> str:
        """Tell the gap in one line, with its stretch in local time."""
        stretch = range_words(self.starts_at, self.ends_at, time_zone)
        return f"{stretch}: {self.missing} ({self.step.lower()}). {self.remedy}"


@dataclass(frozen=True, slots=True)
class _Lack:
    """The last four columns of a gap: what is missing, what to do, whose it is, and by what."""

    missing: str
    remedy: str
    user_ids: tuple[UserId, ...]
    channels: tuple[Channel, ...]


def needs_of(ladder: Ladder) -> list[Need]:
    """List what a ladder needs: each of its steps for every severity, and its catch-all."""
    severities = tuple(reversed(Severity))
    steps = [
        Need(step.level, severities, step.role, step.user_id, step.channels)
        for step in ladder.steps
    ]
    catch_all = Need(None, severities, None, ladder.catch_all_user_id, CATCH_ALL_CHANNELS)
    return [*steps, catch_all]


def gaps_of(
    needs: Sequence[Need],
    presences: Sequence[Presence],
    people: Collection[Person],
    *,
    starts_at: datetime,
    ends_at: datetime,
) -> tuple[Gap, ...]:
    """Find every stretch of a span in which a step would reach nobody by all of its channels.

    Parameters
    ----------
    needs:
        What the steps of the ladder need.
    presences:
        Who holds which role when; what lies outside the span does not matter.
    people:
        Everybody named by a need or a presence.
    starts_at:
        First instant looked at, UTC.
    ends_at:
        First instant not looked at, UTC.

    Returns
    -------
    :
        In order of time, then of steps. Stretches that touch and lack the same are one.
    """
    known = {person.user_id: person for person in people}
    found: list[Gap] = []
    for need in needs:
        if need.role is None:
            found += _of_user(need, known, starts_at, ends_at)
        else:
            of_role = [each for each in presences if each.role is need.role]
            found += _of_role(need, of_role, known, starts_at, ends_at)
    return tuple(sorted(found, key=lambda gap: (gap.starts_at, gap.level or 99)))


def alike(gaps: Iterable[Gap]) -> list[tuple[Gap, ...]]:
    """Put gaps that lack the same on the same step together, such as every night's."""
    together: dict[tuple[int | None, str], list[Gap]] = {}
    for gap in gaps:
        together.setdefault((gap.level, gap.missing), []).append(gap)
    return [tuple(each) for each in together.values()]


def _of_user(
    need: Need, known: dict[UserId, Person], starts_at: datetime, ends_at: datetime
) -> list[Gap]:
    person = known.get(need.user_id) if need.user_id is not None else None
    lacking = _lacking(need, [person] if person else [])
    if lacking is None:
        return []
    if person is None or not person.is_active:
        name = person.name if person else "Whom it names"
        remedy = "Publish a version of the policy that names somebody else, or enable them."
        who = () if need.user_id is None else (need.user_id,)
        lacking = _Lack(f"{name} is disabled", remedy, who, ())
    return [_gap(need, starts_at, ends_at, lacking)]


def _of_role(
    need: Need,
    presences: Sequence[Presence],
    known: dict[UserId, Person],
    starts_at: datetime,
    ends_at: datetime,
) -> list[Gap]:
    """Look at each stretch between two changes; nothing changes inside one."""
    edges = {starts_at, ends_at}
    for each in presences:
        edges |= {edge for edge in (each.starts_at, each.ends_at) if starts_at < edge < ends_at}
    gaps: list[Gap] = []
    for one, other in pairwise(sorted(edges)):
        there = [
            known[each.user_id]
            for each in presences
            if each.starts_at <= one < each.ends_at and known[each.user_id].is_active
        ]
        lacking = _lacking(need, there)
        if lacking is not None:
            _append(gaps, _gap(need, one, other, lacking))
    return gaps


def _append(gaps: list[Gap], gap: Gap) -> None:
    if gaps and gaps[-1].ends_at == gap.starts_at and gaps[-1].missing == gap.missing:
        gap = replace(gap, starts_at=gaps.pop().starts_at)
    gaps.append(gap)


def _gap(need: Need, starts_at: datetime, ends_at: datetime, lacking: _Lack) -> Gap:
    return Gap(need.level, need.severities, starts_at, ends_at, *astuple(lacking))


def _lacking(need: Need, there: Sequence[Person]) -> _Lack | None:
    """Say what is missing and what to do; None where one active person has every channel."""
    active = {person.user_id: person for person in there if person.is_active}
    if any(set(need.channels) <= person.channels for person in active.values()):
        return None
    if not active:
        role = need.role.value if need.role else "user"
        article = "an" if role[0] in "aeiou" else "a"
        remedy = f"Assign {article} {role}, or let somebody stand in."
        return _Lack(f"no {role} is on shift", remedy, (), ())
    people = active.values()
    names = " and ".join(sorted({person.name for person in people}))
    wanted = tuple(
        channel
        for channel in need.channels
        if not all(channel in person.channels for person in people)
    )
    contacts = " and ".join(CONTACTS[channel] for channel in wanted)
    verb = "have" if len(active) > 1 else "has"
    return _Lack(
        f"{names} {verb} no verified {contacts}",
        f"Verify the {contacts}, or put somebody else there who has one.",
        tuple(sorted(active)),
        wanted,
    )
