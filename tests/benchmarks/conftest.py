"""How benchmarks measure: the median of several rounds, told as a ratio in one table."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

ROUNDS = 5
LONGEST_S = 3 * 3_600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give peers their time: some take minutes for what takes us seconds."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(LONGEST_S))


def median_seconds(do: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Time something alone, for the words of a line; never to be asserted."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        do()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


@dataclass
class Scoreboard:
    """What was measured, each line against its peer or limit in the same run."""

    lines: list[tuple[str, str, float]] = field(default_factory=list)

    def compare(
        self,
        what: str,
        ours: Callable[[], object],
        against: str,
        peer: Callable[[], object],
        *,
        rounds: int = ROUNDS,
    ) -> float:
        """Time both in turn and give the ratio of their medians."""
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            for kept, do in zip(times, (ours, peer), strict=True):
                began = time.perf_counter()
                do()
                kept.append(time.perf_counter() - began)
        return self.tell(what, statistics.median(times[0]), against, statistics.median(times[1]))

    def tell(self, what: str, ours_s: float, against: str, peer_s: float) -> float:
        """Keep what was timed otherwise, and give the ratio."""
        self.lines.append((what, against, ours_s / peer_s))
        return ours_s / peer_s

    def show(self) -> None:
        table = Table("What", "Against", "Ratio", title="Measured in one run, lower is better")
        for what, against, ratio in self.lines:
            table.add_row(what, against, f"{ratio:.2f} x")
        Console(width=100).print(table)


@pytest.fixture(scope="session")
def scoreboard() -> Iterator[Scoreboard]:
    """Collect ratios and print them at the end."""
    board = Scoreboard()
    yield board
    board.show()
