"""What a sealed history shows of being tampered with: which seal, and what was done to it."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

LONGEST_ACT = timedelta(hours=2)
"""From reading the clock to writing the entry; the longest run of the pipelines may take this."""


class Tampering(StrEnum):
    """What was done to the history."""

    EDITED = "edited"
    MISSING = "missing"
    EXTRA = "extra"
    TRUNCATED = "truncated"
    SEAL_EDITED = "seal edited"
    SEAL_MISSING = "seal missing"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class SealHead:
    """The newest seal: keep its hash outside the database."""

    seal_number: int
    hash: str


@dataclass(frozen=True, slots=True)
class SealRecord:
    """One seal beside what is found in its window."""

    seal_number: int
    hash: str
    sealed_at: datetime
    """The desk's instant."""
    recorded_at: datetime | None
    """The server's instant; None for seals made before it was kept."""
    entry_count: int
    found_count: int
    digest_holds: bool
    hash_holds: bool
    follows: bool
    """Whether its window and its chain go on where the seal before it in the table ends."""
    first_at: datetime | None
    """Earliest instant that an act of its window gives, loads of past hours left out."""
    first_recorded_at: datetime | None
    dropped_at: datetime | None = None
    """When its entries were dropped by policy, by the server's clock."""
    is_dropped_when_due: bool = True
    """Whether they were then as old as the policy that dropped them says."""
    is_drop_told: bool = True
    """Whether the history says so itself, or was told so in a window that was dropped since."""


@dataclass(frozen=True, slots=True)
class SealFault:
    """One seal that does not hold, what was done, and how that shows."""

    seal_number: int
    tampering: Tampering
    why: str


@dataclass(frozen=True, slots=True)
class Window:
    """Where entries came in: after which seal, and the earliest instants they may honestly give."""

    seal_number: int
    """The seal that covers them; one more than the last for what is not sealed yet."""
    earliest_at: datetime | None
    earliest_recorded_at: datetime | None


def list_faults(seals: Sequence[SealRecord], known: Sequence[SealHead]) -> list[SealFault]:
    """Name every seal that does not hold, and every head kept outside that is gone.

    Parameters
    ----------
    seals:
        Every seal there is, in order.
    known:
        Heads kept outside the database; each must still be in the chain.

    Returns
    -------
    :
        In the order of the seals; empty when the history is as it was sealed.
    """
    kept = [seal for seal in seals if seal.dropped_at is None]
    is_emptied = len(kept) > 0 and all(seal.found_count == 0 for seal in kept)
    faults = [*_missing_seals(seals)]
    faults += [fault for seal in seals if (fault := _fault_of(seal, is_emptied=is_emptied))]
    faults += [fault for head in known if (fault := _fault_of_head(seals, head))]
    return sorted(faults, key=lambda fault: fault.seal_number)


def _missing_seals(seals: Sequence[SealRecord]) -> Iterator[SealFault]:
    expected = 1
    for seal in seals:
        if seal.seal_number > expected:
            which = _numbers(expected, seal.seal_number - 1)
            why = f"seal {seal.seal_number} is there, and {which} before it is not"
            yield SealFault(expected, Tampering.SEAL_MISSING, why)
        expected = seal.seal_number + 1


def _numbers(first: int, last: int) -> str:
    return f"seal {first}" if first == last else f"every seal from {first} to {last}"


def _fault_of(seal: SealRecord, *, is_emptied: bool) -> SealFault | None:
    found = _tampering_of(seal, is_emptied=is_emptied)
    return None if found is None else SealFault(seal.seal_number, *found)


def _tampering_of(seal: SealRecord, *, is_emptied: bool) -> tuple[Tampering, str] | None:
    sealed, found = seal.entry_count, seal.found_count
    if not seal.hash_holds:
        return Tampering.SEAL_EDITED, "the seal itself was changed"
    if seal.dropped_at is not None:
        return _tampering_of_dropped(seal, seal.dropped_at)
    if is_emptied:
        return Tampering.TRUNCATED, f"it sealed {_entries(sealed)}, and every sealed entry is gone"
    if found < sealed:
        there = "none is there" if found == 0 else f"only {found} are there"
        return Tampering.MISSING, f"it sealed {_entries(sealed)} and {there}"
    if found > sealed:
        extra = f"{found} are there: {found - sealed} came in later, back-dated"
        return Tampering.EXTRA, f"it sealed {_entries(sealed)} and {extra}"
    if not seal.digest_holds:
        return Tampering.EDITED, "an entry it covers was changed"
    if not seal.follows:
        return Tampering.SEAL_EDITED, "it does not follow the seal before it"
    return None


def _tampering_of_dropped(seal: SealRecord, dropped_at: datetime) -> tuple[Tampering, str] | None:
    said = f"its {_entries(seal.entry_count)} are said to be dropped on {dropped_at:%Y-%m-%d}"
    if seal.found_count:
        came = f"{seal.found_count} are there: they came in later, back-dated"
        return Tampering.EXTRA, f"{said}, and {came}"
    if not seal.is_dropped_when_due:
        return Tampering.MISSING, f"{said}, when the policy still kept them"
    if not seal.is_drop_told:
        return Tampering.MISSING, f"{said}, and no entry of the history tells of it"
    if not seal.follows:
        return Tampering.SEAL_EDITED, "it does not follow the seal before it"
    return None


def list_dropped(seals: Sequence[SealRecord]) -> str:
    """Name the windows that were dropped by policy; empty for none."""
    gone = [seal for seal in seals if seal.dropped_at is not None]
    if not gone:
        return ""
    first, last = gone[0].seal_number, gone[-1].seal_number
    which = f"seal {first}" if first == last else f"seals {first} to {last}"
    total = _entries(sum(seal.entry_count for seal in gone))
    return f"Dropped by policy: {total} of {which}, the last on {gone[-1].dropped_at:%Y-%m-%d}."


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _fault_of_head(seals: Sequence[SealRecord], known: SealHead) -> SealFault | None:
    last = seals[-1].seal_number if seals else 0
    if known.seal_number > last:
        left = f"the seals end at {last}" if seals else "no seal is left"
        why = f"its hash was kept outside, and {left}"
        return SealFault(known.seal_number, Tampering.TRUNCATED, why)
    there = next((seal for seal in seals if seal.seal_number == known.seal_number), None)
    if there is None or there.hash == known.hash:
        return None
    why = "it is not the one whose hash was kept outside"
    return SealFault(known.seal_number, Tampering.REWRITTEN, why)


def list_backdated_windows(
    seals: Sequence[SealRecord],
    *,
    unsealed_first_at: datetime | None,
    unsealed_first_recorded_at: datetime | None,
) -> list[Window]:
    """Name the windows that hold entries dated before seals which were there already.

    Nobody needs longer than `LONGEST_ACT` from reading the clock to writing. An entry of a window
    was written after the seal before it; one that says otherwise by more than that was back-dated,
    although its seal holds: it was sealed as it stands.

    Parameters
    ----------
    seals:
        Every seal there is, in order.
    unsealed_first_at:
        Earliest instant that an act not sealed yet gives; None for none.
    unsealed_first_recorded_at:
        Earliest instant at which the server is said to have recorded one of them.

    Returns
    -------
    :
        In order, with the earliest instants an honest entry of the window could give.
    """
    windows = [(seal.seal_number, seal.first_at, seal.first_recorded_at) for seal in seals]
    following = seals[-1].seal_number + 1 if seals else 1
    windows.append((following, unsealed_first_at, unsealed_first_recorded_at))
    # Seals of before their instant was kept say nothing here.
    sealed = [seal.recorded_at or datetime.min.replace(tzinfo=UTC) for seal in seals]
    found = []
    for index, (number, first_at, first_recorded_at) in enumerate(windows):
        if first_recorded_at is None or index == 0 or seals[index - 1].recorded_at is None:
            continue
        earliest_recorded_at = sealed[index - 1] - LONGEST_ACT
        begun_at = max(first_recorded_at, earliest_recorded_at) - LONGEST_ACT
        settled = bisect_right(sealed, begun_at, hi=index)
        earliest_at = _earliest_of(seals[settled - 1 : index + 1]) if settled else None
        if first_recorded_at < earliest_recorded_at or _is_before(first_at, earliest_at):
            found.append(Window(number, earliest_at, earliest_recorded_at))
    return found


def _earliest_of(seals: Sequence[SealRecord]) -> datetime | None:
    """Give the desk's earliest instant at these seals: a replayed clock may have been set back."""
    return min((seal.sealed_at for seal in seals if seal.recorded_at), default=None)


def _is_before(instant: datetime | None, earliest: datetime | None) -> bool:
    return instant is not None and earliest is not None and instant < earliest
