"""What the readers of CSV and Parquet hand over: rows of the file by its own columns, in chunks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.reading.segments import Rejected
from pipelines.reading.values import storable_text

LONGEST_FIELD: Final = 131_072
"""Characters; a longer field is no reference, name or address."""
MOST_IN_MEMORY: Final = 64 << 20
"""Characters of a file at a time."""
_LONGEST_RAW: Final = 10_000


@dataclass(frozen=True)
class RowChunk:
    """Some rows of a file, and what of the same stretch cannot be used or says nothing."""

    columns: pa.Table
    lines: NDArray[np.int64]
    """Where each row begins, from 1: its line in a CSV file, its number in a Parquet file."""
    raw: Callable[[int], str]
    """What stands in the file, by the row's place in the chunk."""
    rejected: Sequence[Rejected] = ()
    ignored_count: int = 0


class RowFile(Protocol):
    """A file whose rows can be read from its start as often as needed."""

    @property
    def kind(self) -> str:
        """What it is, in words."""

    @property
    def nothing(self) -> pa.Table:
        """Its columns, without rows."""

    def chunks(self, sources: Sequence[str], rows: int) -> Iterator[RowChunk]:
        """Read the columns that are needed, so many rows at a time."""


def distinct(names: Iterable[str]) -> list[str]:
    """Name columns so that SQL can tell them apart, which ignores capitals.

    Parameters
    ----------
    names:
        As the file has them.

    Returns
    -------
    :
        Without blanks around; a nameless one is `column 3`, a second `PNR` is `PNR 2`.
    """
    taken: dict[str, str] = {}
    for place, name in enumerate(names, start=1):
        wanted = alone = storable_text(name).strip() or f"column {place}"
        again = 2
        while wanted.casefold() in taken:
            wanted, again = f"{alone} {again}", again + 1
        taken[wanted.casefold()] = wanted
    return list(taken.values())


def shortened(raw: str) -> str:
    """Keep what a person can look at of an overlong row.

    Parameters
    ----------
    raw:
        What stands in the file.

    Returns
    -------
    :
        Its beginning, and how long it is.
    """
    if len(raw) <= _LONGEST_RAW:
        return raw
    return f"{raw[:_LONGEST_RAW]}… ({len(raw):,} characters in all)"


def plain_values(values: pa.ChunkedArray) -> Iterator[object]:
    """Give values as Python has them.

    Parameters
    ----------
    values:
        Of any type.

    Yields
    ------
    :
        Each; words in place of one that Python has nothing for, such as a day in the year 20,000.
    """
    for value in values:
        try:
            yield value.as_py()
        except (ValueError, OverflowError):
            yield f"a {value.type} that cannot be shown"
