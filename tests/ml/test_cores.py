"""Rows are estimated side by side, and nothing shows on how many cores."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info  # type: ignore[import-untyped] # it ships no types

from ml import cores
from ml.cores import (
    LEAST_ROWS_A_CORE,
    MOST_ROWS_AT_ONCE,
    Estimates,
    estimate_side_by_side,
    one_thread,
)

ROWS = pd.DataFrame({"value": np.arange(3 * LEAST_ROWS_A_CORE + 1, dtype=np.float64)})


@pytest.fixture(params=[1, 2, 3, 64])
def cores_there(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(cores, "cpu_count", lambda: request.param)
    return request.param


def test_each_row_keeps_its_place(cores_there: int) -> None:
    threads: set[int] = set()

    def square(rows: pd.DataFrame) -> Estimates:
        threads.add(threading.get_ident())
        return rows["value"].to_numpy() ** 2

    assert (estimate_side_by_side(square, ROWS) == ROWS["value"].to_numpy() ** 2).all()
    assert len(threads) <= min(cores_there, 3)


@pytest.mark.usefixtures("cores_there")
@pytest.mark.parametrize("count", [0, 1, MOST_ROWS_AT_ONCE, 5 * MOST_ROWS_AT_ONCE + 3])
def test_no_core_has_too_many_rows_at_once(count: int) -> None:
    sizes: list[int] = []

    def look(rows: pd.DataFrame) -> Estimates:
        sizes.append(len(rows))
        return rows["value"].to_numpy()

    rows = pd.DataFrame({"value": np.arange(count, dtype=np.float64)})
    assert (estimate_side_by_side(look, rows) == rows["value"].to_numpy()).all()
    assert max(sizes) <= MOST_ROWS_AT_ONCE


@pytest.mark.usefixtures("cores_there")
def test_every_core_counts_for_itself_alone() -> None:
    seen: list[int] = []

    def look(rows: pd.DataFrame) -> Estimates:
        seen.extend(pool["num_threads"] for pool in threadpool_info())
        return np.zeros(len(rows))

    estimate_side_by_side(look, ROWS)
    assert set(seen) == {1}


def threads_of_linear_algebra() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_who_ends_first_takes_nothing_from_the_others() -> None:
    before = threads_of_linear_algebra()
    first, second = ExitStack(), ExitStack()
    first.enter_context(one_thread())
    second.enter_context(one_thread())

    first.close()
    assert threads_of_linear_algebra() == {1}

    second.close()
    assert threads_of_linear_algebra() == before


@pytest.mark.usefixtures("cores_there")
def test_afterwards_numbers_have_their_threads_again() -> None:
    before = threadpool_info()

    for _ in range(20):
        estimate_side_by_side(lambda rows: np.zeros(len(rows)), ROWS)

    assert threadpool_info() == before


def test_what_fails_on_one_core_fails_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "cpu_count", lambda: 2)

    def refuse(rows: pd.DataFrame) -> Estimates:
        if rows["value"].iloc[0]:
            raise ArithmeticError("the second half")
        return np.zeros(len(rows))

    with pytest.raises(ArithmeticError, match="second half"):
        estimate_side_by_side(refuse, ROWS)


def test_a_few_rows_stay_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "cpu_count", lambda: 2)
    here = threading.get_ident()

    def look(rows: pd.DataFrame) -> Estimates:
        assert threading.get_ident() == here
        return np.zeros(len(rows))

    assert len(estimate_side_by_side(look, ROWS.iloc[: 2 * LEAST_ROWS_A_CORE - 1])) > 0
