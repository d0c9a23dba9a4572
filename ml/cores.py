"""How numbers use the cores: one thread each, and rows that many threads estimate side by side."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import pairwise
from threading import Lock
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
def _pools(user_api: str) -> ThreadpoolController:
    return ThreadpoolController().select(user_api=user_api)


class _LinearAlgebra:
    """One thread for linear algebra while anybody asks for it: its number is the whole process's.

    Were it set and put back by each, the first to end would take it off the others.
    """

    def __init__(self) -> None:
        self._lock, self._holders, self._limit = Lock(), 0, ExitStack()

    @contextmanager
    def on_one_thread(self) -> Iterator[None]:
        with self._lock:
            if not self._holders:
                self._limit.enter_context(_pools("blas").limit(limits=1))
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders:
                    self._limit.close()


_LINEAR_ALGEBRA: Final = _LinearAlgebra()


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numbers to one thread: always added in one order, and never waiting for a busy core.

    Boosting meets at a barrier after every tree; beside other busy programs that wait cost fifty
    times the work.

    Yields
    ------
    :
        Nothing; it holds for the calling thread, and for linear algebra in all the process.
    """
    with _LINEAR_ALGEBRA.on_one_thread(), _pools("openmp").limit(limits=1):
        yield


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
        # A new thread does not follow the limit of the one that began it.
        with one_thread():
            return estimate(share)

    # Both told by type: the type checker goes through this once for each kind of rows.
    shares: list[Rows] = _shares(rows, cores)
    pool: ThreadPoolExecutor
    if cores == 1:
        return np.concatenate([estimate_alone(share) for share in shares])
    with ThreadPoolExecutor(cores) as pool:
        return np.concatenate([*pool.map(estimate_alone, shares)])


def _shares(rows: Rows, cores: int) -> list[Rows]:
    """Part rows into as many shares for each core, none with too many rows at once."""
    shares_a_core = max(1, -(-len(rows) // (MOST_ROWS_AT_ONCE * cores)))
    bounds = np.linspace(0, len(rows), cores * shares_a_core + 1).astype(int)
    return [_between(rows, start, end) for start, end in pairwise(bounds)]


def _between(rows: Rows, start: int, end: int) -> Rows:
    return rows.iloc[start:end] if isinstance(rows, pd.DataFrame) else rows[start:end]
