"""Storm control: which of an area's new alerts page by themselves, and which join one for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self, TypeVar

Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class StormControl:
    """How many alerts of an area page by themselves within a window; the rest join a storm."""

    cap_alerts: int
    window_minutes: int

    @classmethod
    def of(cls, cap_alerts: int | None, window_minutes: int | None) -> Self | None:
        """Read what a version of a policy says; None where every alert pages by itself."""
        if cap_alerts is None or window_minutes is None:
            return None
        return cls(cap_alerts, window_minutes)

    @property
    def words(self) -> str:
        """The cap as people read it."""
        return f"over {self.cap_alerts} alerts of an airport in {self.window_minutes} min"

    @property
    def window(self) -> timedelta:
        """How far back alerts count."""
        return timedelta(minutes=self.window_minutes)


def joining(
    fresh: Sequence[Each],
    control: StormControl,
    *,
    raised: Mapping[str, int],
    area: Callable[[Each], str],
    urgency: Callable[[Each], object],
) -> dict[str, list[Each]]:
    """Say which new alerts join the storm of their area, the least urgent of them first.

    Parameters
    ----------
    fresh:
        What is to be raised.
    control:
        How many an area may have by itself.
    raised:
        How many alerts of each area began to page by themselves within the window.
    area:
        Where each belongs.
    urgency:
        Sorts them; the greatest page by themselves while the area has room.

    Returns
    -------
    :
        Those that join, by area; an area with room for all is not there.
    """
    by_area: dict[str, list[Each]] = {}
    for each in fresh:
        by_area.setdefault(area(each), []).append(each)
    over = {}
    for name, several in by_area.items():
        room = max(0, control.cap_alerts - raised.get(name, 0))
        ranked = sorted(several, key=urgency, reverse=True)  # type: ignore[arg-type]
        if ranked[room:]:
            over[name] = ranked[room:]
    return over
