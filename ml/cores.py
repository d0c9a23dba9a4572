"""How numbers use the cores: one thread each, and rows that many threads estimate side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache, partial
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from joblib import cpu_count  # type: ignore[import-untyped] # it ships no types
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped] # it ships no types

Estimates = NDArray[np.float64]

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
        A context; it holds for the calling thread.
    """
    limit: AbstractContextManager[object] = _controller().limit(limits=1)
    return limit


def estimate_side_by_side(
    estimate: Callable[[pd.DataFrame], Estimates], rows: pd.DataFrame
) -> Estimates:
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
    shares = _shares(rows, cores)
    with one_thread():
        if cores == 1:
            return np.concatenate([estimate(share) for share in shares])
        with ThreadPoolExecutor(cores) as pool:
            return np.concatenate([*pool.map(partial(_estimate_alone, estimate), shares)])


def _shares(rows: pd.DataFrame, cores: int) -> list[pd.DataFrame]:
    """Part rows into as many shares for each core, none with too many rows at once."""
    shares_a_core = max(1, -(-len(rows) // (MOST_ROWS_AT_ONCE * cores)))
    bounds = np.linspace(0, len(rows), cores * shares_a_core + 1).astype(int)
    return [rows.iloc[start:end] for start, end in pairwise(bounds)]


def _estimate_alone(estimate: Callable[[pd.DataFrame], Estimates], rows: pd.DataFrame) -> Estimates:
    # A new thread does not follow the limit of the one that began it.
    with one_thread():
        return estimate(rows)
