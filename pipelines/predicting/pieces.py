"""A year at a time does not fit into memory: windows are stored in pieces, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from pipelines.partitions import Window

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AT_ONCE: Final = timedelta(days=7)
"""How much of a backfill is in memory at a time."""


class Refusable(Protocol):
    """What storing one piece came to."""

    @property
    def refusal(self) -> str | None:
        """Why nothing was kept."""


Run = TypeVar("Run", bound=Refusable)


class _NoneKept(Exception):
    """One piece was refused, so what the pieces before it kept is taken back."""


def store_in_pieces(
    session: Session,
    window: Window,
    store: Callable[[Window], Run],
    *,
    cuts: Sequence[datetime] = (),
    at_once: timedelta = AT_ONCE,
) -> list[Run]:
    """Store a window piece by piece; if one is refused, none of the window is kept.

    Parameters
    ----------
    session:
        Open transaction.
    window:
        One hour, or a year of them.
    store:
        What stores a piece.
    cuts:
        Instants at which a piece must end, in order.
    at_once:
        How long a piece is at most.

    Returns
    -------
    :
        What each piece came to, up to the refused one.
    """
    runs: list[Run] = []
    with suppress(_NoneKept), session.begin_nested():
        for piece in pieces_of(window, at_once, cuts=cuts):
            runs.append(store(piece))
            _stop_if_refused(runs[-1])
    return runs


def _stop_if_refused(run: Refusable) -> None:
    if run.refusal is not None:
        raise _NoneKept


def pieces_of(
    window: Window, longest: timedelta, *, cuts: Sequence[datetime] = ()
) -> Iterator[Window]:
    """Cut a window into pieces, in order, none of which goes on beyond a cut."""
    start, ahead = window.start, [*cuts, window.end]
    while start < window.end:
        ahead = [cut for cut in ahead if cut > start]
        end = min(start + longest, *ahead)
        yield Window(start, end)
        start = end
