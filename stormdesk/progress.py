"""How long work shows that it goes on: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from stormdesk.stopping import abandonable

Advance = Callable[[float], None]
"""Call with the amount of work done since the last call."""


class Progress:
    """One bar per step; a step without a total only shows the time it takes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            # What libraries say belongs into the log that standard error leads to.
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    @contextmanager
    def step(self, description: str, total: float | None = None) -> Iterator[Advance]:
        """Show one step while the block runs; a request to stop abandons it within seconds.

        Parameters
        ----------
        description:
            What is being done, as "Loading 336,776 flights".
        total:
            Amount of work that makes it complete; None where nobody can know.

        Yields
        ------
        :
            To be called with each amount of work done.
        """
        if not self._console.is_terminal:
            self._console.print(description)
        task = self._bars.add_task(description, total=total)
        with abandonable():
            yield lambda amount: self._bars.advance(task, amount)
        self._bars.update(task, total=total or 1, completed=total or 1)
