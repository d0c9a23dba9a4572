"""Reads one chunk of a file: which of its rows are segments, and why the others are not."""

from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.reading.airport_times import AirportTimes, place_in_time
from pipelines.reading.bound_mapping import BoundMapping
from pipelines.reading.refusal_words import RefusalWords
from pipelines.reading.row_chunk import RowChunk
from pipelines.reading.row_meaning import BROKEN, RowMeaning
from pipelines.reading.segments import (
    DATE_TYPE,
    INSTANT_TYPE,
    SEGMENT_COLUMNS,
    Understood,
    rejected_frame,
)

_IGNORED: Final = 0
"""The place of the rule that rows of an ignored kind break."""
_FINE: Final = -1


class ChunkReading:
    """Turns chunks of a file's rows into segments and refusals."""

    def __init__(self, bound: BoundMapping, kind: str) -> None:
        self.kind = kind
        self._bound, self._meaning = bound, RowMeaning(bound)

    def of(self, chunk: RowChunk) -> Understood:
        """Understand a chunk.

        Parameters
        ----------
        chunk:
            Rows by the file's own columns.

        Returns
        -------
        :
            Every row of the chunk as a segment, rejected or ignored.
        """
        said = self._bound.say(chunk.columns)
        meant = self._meaning.of(said)
        broken = meant.column(BROKEN).fill_null(_FINE).to_numpy()
        standing = np.flatnonzero(broken == _FINE)
        rows = meant.take(pa.array(standing))
        times = place_in_time(rows)
        segments = _segments(rows, times, chunk.lines[standing])
        words = RefusalWords(self._bound, chunk, said, meant)
        rejected = list(chunk.rejected)
        for number in np.unique(broken[broken > _IGNORED]).tolist():
            rejected += words.refuse(self._meaning.rules[number], np.flatnonzero(broken == number))
        for rule, failing in times.refused:
            rejected += words.refuse(rule, standing[failing])
        return Understood(
            self.kind,
            segments[~times.is_refused].reset_index(drop=True),
            rejected_frame(sorted(rejected)),
            chunk.ignored_count + int((broken == _IGNORED).sum()),
        )


def _segments(rows: pa.Table, times: AirportTimes, lines: NDArray[np.int64]) -> pd.DataFrame:
    placed = {
        "line": pd.Series(lines, dtype="int64"),
        "departure_at": times.departure_at,
        "arrival_at": times.arrival_at,
        "departure_on": times.departure_on,
    }
    return pd.DataFrame({
        name: placed[name] if name in placed else _typed(rows, name) for name in SEGMENT_COLUMNS
    })


def _typed(rows: pa.Table, name: str) -> pd.Series:
    values = rows.column(name)
    kind: Any = "str"
    if name.endswith("_at"):
        kind = INSTANT_TYPE
    elif name.endswith("_on"):
        kind = DATE_TYPE
    elif pa.types.is_integer(values.type):
        kind = "Int64"
    elif pa.types.is_floating(values.type):
        kind = "float64"
    typed: pd.Series = values.to_pandas(
        date_as_object=False, types_mapper={pa.int64(): pd.Int64Dtype()}.get
    ).astype(kind)
    return typed
