"""Says in sentences why rows are refused, quoting what the rows and the file's own columns hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.reading.bound_mapping import BoundMapping
from pipelines.reading.row_chunk import RowChunk, plain_values
from pipelines.reading.row_rules import RowRule
from pipelines.reading.segments import Rejected

_LONGEST_QUOTED: Final = 60


@dataclass(frozen=True)
class RefusalWords:
    """Everything that is known of a chunk's rows, to quote from."""

    bound: BoundMapping
    chunk: RowChunk
    said: pa.Table
    meant: pa.Table

    def refuse(self, rule: RowRule, places: NDArray[np.int64]) -> Iterator[Rejected]:
        """Refuse rows that break the same rule.

        Parameters
        ----------
        rule:
            What they break.
        places:
            Where they are in the chunk.

        Yields
        ------
        :
            Line, raw text and a sentence for each.
        """
        # Only what the sentence quotes is taken: every row of a chunk may be refused.
        names = [name for _, name, _, _ in Formatter().parse(rule.reason) if name]
        quotes = [self._quotes(name, rule, pa.array(places)) for name in names]
        for i, place in enumerate(places.tolist()):
            reason = rule.reason.format(**{
                name: quote[i] for name, quote in zip(names, quotes, strict=True)
            })
            line = int(self.chunk.lines[place])
            yield Rejected(line, self.chunk.raw(place), rule.column, reason)

    def _quotes(self, name: str, rule: RowRule, places: pa.Array) -> Sequence[object]:
        match name:
            case "given":
                return self._given(rule.given or (rule.column,), places)
            case "said":
                return _values(self.said, rule.column, places)
            case _:
                return _values(self.meant, name, places)

    def _given(self, columns: Sequence[str], places: pa.Array) -> list[str]:
        """Quote the file's own columns that give ours."""
        mapped = [
            self.bound.columns[name].expression.text
            for name in columns
            if name in self.bound.columns
        ]
        sources = dict.fromkeys(
            source for name in columns for source in self.bound.sources_of(name)
        )
        if not sources:
            told = f"it is always {' or '.join(mapped)}" if mapped else "the mapping gives none"
            return [told] * len(places)
        values = [_values(self.chunk.columns, source, places) for source in sources]
        return [
            " and ".join(
                f"{source} is empty" if value is None else f"{source} is {value!r}"
                for source, value in zip(sources, row, strict=True)
            )
            for row in zip(*values, strict=True)
        ]


def _values(table: pa.Table, name: str, places: pa.Array) -> list[object]:
    return [_quotable(value) for value in plain_values(table.column(name).take(places))]


def _quotable(value: object) -> object:
    """Shorten a long text, and write what is no text as people do: 2013-12-08 17:45:00."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_QUOTED else f"{value[:_LONGEST_QUOTED]}…"
    return value if value is None or isinstance(value, int | float) else str(value)
