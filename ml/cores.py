"""How numbers use the cores: one thread each, and rows that many threads estimate side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
import pandas as pd
from joblib import cpu_count  # type: ignore[import-untyped] # it ships no types
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped] # it ships no types

Estimates = NDArray[np.float64]
Rows = TypeVar("Rows", pd.DataFrame, NDArray[np.float32])
"""What is estimated: a feature frame, or the numbers that a model reads of one."""

LEAST_ROWS_A_CORE: Final = 2_000
"""With fewer, beginning a thread costs more than it saves."""

MOST_ROWS_AT_ONCE: Final = 4_000
"""Seventy numbers each fit in what a core keeps near: every tree passes over all of them again.

A fifth faster than 11,000 rows at once; with 1,000 what each tree costs to begin has eaten that up.
"""


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """Keep numbers to one thread: always added in one order, and never waiting for a busy core.

    Boosting meets at a barrier after every tree; beside other busy programs that wait cost fifty
    times the work.

    Returns
    -------
    :
        A context; it holds for the calling thread, and for linear algebra in all the process.
    """
    limit: AbstractContextManager[object] = _controller().limit(limits=1)
    return limit


def estimate_side_by_side(estimate: Callable[[Rows], Estimates], rows: Rows) -> Estimates:
    """Estimate rows on as many cores as there are, each core with rows of its own.

    Parameters
    ----------
    estimate:
        Says one number for each row, whatever stands beside it.
    rows:
        What to estimate.

    Returns
    -------
    :
        Shape (n_rows,), in the order of `rows`: the same bits on any number of cores.
    """
    cores = max(1, min(cpu_count(), len(rows) // LEAST_ROWS_A_CORE))

    def estimate_alone(share: Rows) -> Estimates:
        # A new thread does not follow the limit of OpenMP in the one that began it. That of linear
        # algebra is the whole process's: the first thread to end would take it off the others.
        with _controller().limit(limits=1, user_api="openmp"):
            return estimate(share)

    # Both told by type: the type checker goes through this once for each kind of rows.
    shares: list[Rows] = _shares(rows, cores)
    pool: ThreadPoolExecutor
    if cores == 1:
        with one_thread():
            return np.concatenate([estimate(share) for share in shares])
    with one_thread(), ThreadPoolExecutor(cores) as pool:
        return np.concatenate([*pool.map(estimate_alone, shares)])


def _shares(rows: Rows, cores: int) -> list[Rows]:
    """Part rows into as many shares for each core, none with too many rows at once."""
    shares_a_core = max(1, -(-len(rows) // (MOST_ROWS_AT_ONCE * cores)))
    bounds = np.linspace(0, len(rows), cores * shares_a_core + 1).astype(int)
    return [_between(rows, start, end) for start, end in pairwise(bounds)]


def _between(rows: Rows, start: int, end: int) -> Rows:
    return rows.iloc[start:end] if isinstance(rows, pd.DataFrame) else rows[start:end]
