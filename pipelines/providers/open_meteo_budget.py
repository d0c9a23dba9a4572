"""What calls to Open-Meteo cost, and how many the clock's minute, hour and day still allow."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from pipelines.providers.errors import ProviderBusy, ProviderRefused

PROVIDER: Final = "open-meteo"
_VARIABLES_A_CALL: Final = 10
_DAYS_A_CALL: Final = 14


@dataclass(frozen=True)
class Allowance:
    """How many calls are allowed; the defaults are those of the free host, for each address."""

    per_minute: float = 600
    per_hour: float = 5_000
    per_day: float = 10_000


@dataclass(frozen=True)
class Window:
    """A stretch of the clock within which calls are counted."""

    name: str
    length: timedelta
    limit: float

    def start(self, at: datetime) -> datetime:
        """Give the beginning of the window that holds an instant."""
        return at - (at - datetime.min.replace(tzinfo=UTC)) % self.length


@dataclass
class Budget:
    """Counts what was spent as Open-Meteo does: by the clock's own minute, hour and day in UTC.

    Keep one per process and address. Other processes behind the same address are not seen: then
    the provider says so itself and is waited for.
    """

    allowance: Allowance = Allowance()
    longest_wait_seconds: float = 90.0
    _spent: dict[tuple[str, datetime], float] = field(default_factory=dict, repr=False)
    _reserved_until: datetime = field(default=datetime.min.replace(tzinfo=UTC), repr=False)

    def reserve(self, cost: float, *, at: datetime) -> float:
        """Set calls aside in the first windows that have room for them.

        Parameters
        ----------
        cost:
            What the request costs, in calls.
        at:
            When it is to be sent.

        Returns
        -------
        :
            How many seconds to wait before sending it.

        Raises
        ------
        ProviderRefused
            No window is ever large enough.
        ProviderBusy
            The wait is longer than our patience; nothing was set aside.
        """
        self._refuse_what_never_fits(cost)
        sent_at = max(at.astimezone(UTC), self._reserved_until)
        first_full = full = self._full(cost, sent_at)
        while full:
            sent_at = max(window.start(sent_at) + window.length for window in full)
            full = self._full(cost, sent_at)
        wait_seconds = (sent_at - at).total_seconds()
        if wait_seconds > self.longest_wait_seconds:
            limits = ", ".join(f"{window.limit:g} per {window.name}" for window in first_full)
            reason = f"has no room for {cost:g} more calls ({limits}): ask at {sent_at:%H:%M} UTC"
            raise ProviderBusy(PROVIDER, reason, wait_seconds=wait_seconds)
        self._spend(cost, sent_at)
        return wait_seconds

    def _windows(self) -> tuple[Window, ...]:
        allowed = self.allowance
        return (
            Window("minute", timedelta(minutes=1), allowed.per_minute),
            Window("hour", timedelta(hours=1), allowed.per_hour),
            Window("day", timedelta(days=1), allowed.per_day),
        )

    def _refuse_what_never_fits(self, cost: float) -> None:
        for window in self._windows():
            if cost > window.limit:
                reason = (
                    f"allows {window.limit:g} calls a {window.name} and this one costs {cost:g}: "
                    "ask for fewer places, variables or days at once"
                )
                raise ProviderRefused(PROVIDER, reason)

    def _full(self, cost: float, at: datetime) -> list[Window]:
        return [
            window
            for window in self._windows()
            if self._spent.get((window.name, window.start(at)), 0) + cost > window.limit
        ]

    def _spend(self, cost: float, at: datetime) -> None:
        running = {(window.name, window.start(at)) for window in self._windows()}
        self._spent = {key: self._spent.get(key, 0) + cost for key in running}
        self._reserved_until = at


def call_cost(*, variables: int, models: int = 1, days: float, locations: int) -> float:
    """Weigh a request as the provider does: ten variables over two weeks at one place are a call.

    Parameters
    ----------
    variables:
        How many are asked for.
    models:
        How many models are to answer each.
    days:
        How many days each answer covers.
    locations:
        How many places are asked for.

    Returns
    -------
    :
        In calls; at least one per place.
    """
    by_variables = variables * models / _VARIABLES_A_CALL
    return max(1.0, by_variables, by_variables * days / _DAYS_A_CALL) * locations
