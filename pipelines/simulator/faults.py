"""How the simulator is told to misbehave: which provider, in which way, how often."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import Any, Final

MOST_TIMES: Final = 1_000
MOST_PENDING: Final = 100
LONGEST_SECONDS: Final = 300.0


class Kind(StrEnum):
    """A way to misbehave."""

    MINUTELY = "minutely"
    HOURLY = "hourly"
    DAILY = "daily"
    CONCURRENT = "concurrent"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    SLOW = "slow"
    BROKEN_TAIL = "broken_tail"
    DUPLICATE_PAGE = "duplicate_page"
    OUT_OF_ORDER = "out_of_order"
    TOMBSTONE = "tombstone"
    PRICE_CHANGE = "price_change"
    SOLD_OUT = "sold_out"
    TIMEOUT_AFTER_BOOKING = "timeout_after_booking"


INSTEAD: Final = frozenset({
    *(Kind.MINUTELY, Kind.HOURLY, Kind.DAILY, Kind.CONCURRENT),
    *(Kind.UNAVAILABLE, Kind.REFUSED),
})
"""Answered before anything is done, so that nothing is done."""

_ALL: Final = INSTEAD | {Kind.SLOW, Kind.BROKEN_TAIL}
_ONLY_IN: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.DUPLICATE_PAGE: frozenset({"list"}),
    Kind.OUT_OF_ORDER: frozenset({"list"}),
    Kind.TOMBSTONE: frozenset({"list"}),
    Kind.PRICE_CHANGE: frozenset({"quote"}),
    Kind.SOLD_OUT: frozenset({"quote", "book"}),
    Kind.TIMEOUT_AFTER_BOOKING: frozenset({"book"}),
}
"""Where alone a kind has a meaning; the others have one everywhere."""

_OF_HOTELS: Final = _ALL | {Kind.PRICE_CHANGE, Kind.SOLD_OUT, Kind.TIMEOUT_AFTER_BOOKING}
_OF_ORDERS: Final = ("quote", "book", "cancel", "list", "get")
KINDS: Final[Mapping[str, frozenset[Kind]]] = {
    "open-meteo": _ALL,
    "aviationweather": _ALL,
    "nws": _ALL,
    "duffel": _OF_HOTELS,
    "liteapi": _OF_HOTELS,
    "bookings": _ALL | {Kind.DUPLICATE_PAGE, Kind.OUT_OF_ORDER, Kind.TOMBSTONE},
}
"""What each provider can be told to do."""

OPERATIONS: Final[Mapping[str, Sequence[str]]] = {
    "open-meteo": ("forecast",),
    "aviationweather": ("metar", "taf"),
    "nws": ("alerts",),
    "duffel": ("search", "rates", *_OF_ORDERS),
    "liteapi": ("search", "hotel", *_OF_ORDERS),
    "bookings": ("list",),
}


class FaultRefused(ValueError):
    """A fault that the simulator does not know; the message says which it knows."""


@dataclass(frozen=True)
class Fault:
    """A way to misbehave that waits for its provider to be asked."""

    provider: str
    kind: Kind
    times: int = 1
    seconds: float = 5.0
    """How long a slow answer takes."""
    operation: str | None = None
    """Which question it is meant for; None for any it has a meaning in."""

    def suits(self, provider: str, operation: str) -> bool:
        """Tell whether it is meant for a question."""
        is_meant = self.operation in {None, operation}
        has_meaning = operation in _ONLY_IN.get(self.kind, {operation})
        return self.provider == provider and is_meant and has_meaning


class Faults:
    """Faults that wait, the first told first; safe to use from any thread."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Let a fault wait; `FaultRefused` if too many wait already."""
        with self._lock:
            if len(self._pending) >= MOST_PENDING:
                raise FaultRefused(
                    f"{MOST_PENDING} faults wait already: let them happen, or DELETE /faults."
                )
            self._pending.append(fault)

    def take(self, provider: str, operation: str) -> Fault | None:
        """Use up one time of the first fault that suits a question.

        Parameters
        ----------
        provider:
            Who is asked.
        operation:
            For what.

        Returns
        -------
        :
            The fault; None if the provider is to behave.
        """
        with self._lock:
            for place, fault in enumerate(self._pending):
                if fault.suits(provider, operation):
                    rest = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._pending[place : place + 1] = rest
                    return fault
        return None

    def pending(self) -> list[Fault]:
        """List what still waits."""
        with self._lock:
            return list(self._pending)

    def clear(self) -> int:
        """Forget all that waits, and say how many there were."""
        with self._lock:
            count = len(self._pending)
            self._pending.clear()
            return count


def read_fault(body: object) -> Fault:
    """Read a fault that somebody asks for.

    Parameters
    ----------
    body:
        JSON: provider and kind, and if wanted times, seconds and operation.

    Returns
    -------
    :
        The fault.

    Raises
    ------
    FaultRefused
        It is none we know, or has a number out of bounds.
    """
    if not isinstance(body, Mapping):
        raise FaultRefused('Send an object such as {"provider": "open-meteo", "kind": "minutely"}.')
    provider = _one_of("provider", body.get("provider"), sorted(KINDS))
    kind = Kind(_one_of("kind", body.get("kind"), sorted(KINDS[provider])))
    operation = body.get("operation")
    if operation is not None:
        meant = [name for name in OPERATIONS[provider] if name in _ONLY_IN.get(kind, {name})]
        operation = _one_of("operation", operation, meant)
    times = _within(body, "times", Fault.times, 1, MOST_TIMES)
    if times % 1:
        raise FaultRefused(f"times is {times:g}: send a whole number.")
    seconds = _within(body, "seconds", Fault.seconds, 0, LONGEST_SECONDS)
    return Fault(provider, kind, int(times), seconds, operation)


def described(fault: Fault) -> dict[str, Any]:
    """Say a fault as it was asked for."""
    return asdict(fault)


def _one_of(name: str, value: object, known: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise FaultRefused(f"{name} is {str(value)[:60]!r}: send one of {', '.join(known)}.")
    return value


def _within(
    body: Mapping[str, Any], name: str, default: float, lowest: float, highest: float
) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultRefused(f"{name} is {str(value)[:60]}: send a number.")
    if not lowest <= value <= highest:
        raise FaultRefused(f"{name} must be a number from {lowest:g} to {highest:g}.")
    return float(value)
