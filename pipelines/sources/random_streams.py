"""Independent streams of random numbers, each found again by its name."""

from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SEED = 2013


def stream(name: str) -> np.random.Generator:
    """Open the stream of this name at its beginning: the same numbers in every process."""
    return np.random.default_rng([SEED, crc32(name.encode())])


def pick(name: str, options: dict[str, float], count: int) -> NDArray[Any]:
    """Draw options by their weights."""
    weights = np.array(list(options.values()))
    chosen: NDArray[Any] = stream(name).choice(
        np.array(list(options)), size=count, p=weights / weights.sum()
    )
    return chosen


def fingerprint(values: "pd.Series[str]") -> "pd.Series[int]":
    """Give each text a fixed number, the same in every process."""
    numbers = {value: crc32(value.encode()) for value in values.unique()}
    return values.map(numbers).astype("int64")
