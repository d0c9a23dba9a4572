"""Opens a Parquet file, and reads its rows in chunks however its row groups are cut."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines.reading.row_chunk import LONGEST_FIELD, RowChunk, distinct, shortened
from pipelines.reading.segments import Rejected
from pipelines.reading.unreadable import FileUnreadable

MAGIC: Final = b"PAR1"
_LARGEST_COLUMN_BYTES: Final = 1 << 30
_VERIFIED_ROWS: Final = 50_000
_MOST_BYTES: Final = 64 << 20
"""In memory at a time."""
_REMEDY: Final = "ask the sender for it once more"


@dataclass(frozen=True)
class ParquetRows:
    """A Parquet file that can be read from start to end."""

    path: Path
    schema: pa.Schema

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return "a Parquet export"

    @property
    def nothing(self) -> pa.Table:
        """Its columns and their types."""
        return self.schema.empty_table()

    def chunks(self, sources: Sequence[str], rows: int) -> Iterator[RowChunk]:
        """Read the file once.

        Parameters
        ----------
        sources:
            The columns that are needed.
        rows:
            How many rows a chunk has.

        Yields
        ------
        :
            Every row, as a row or rejected.
        """
        first = 1
        for batch in _batches(self.path, rows):
            yield _chunk(batch, first, sources or self.schema.names[:1])
            first += len(batch)


def open_parquet(path: Path) -> ParquetRows:
    """Open a Parquet file after reading through it once.

    Parameters
    ----------
    path:
        The file.

    Returns
    -------
    :
        What can be read without surprise.

    Raises
    ------
    FileUnreadable
        It is no Parquet, is damaged or cut off, or would unpack to too much.
    """
    try:
        with _opened(path) as file:
            _refuse_large(path, file.metadata)
            schema = file.schema_arrow
            there, said = sum(map(len, _batches(path, _VERIFIED_ROWS))), file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError, TypeError) as failure:
        problem = f"it is no Parquet file, or damaged ({_in_words(failure)})"
        raise FileUnreadable(path, problem, _REMEDY) from failure
    if there != said:
        raise FileUnreadable(path, f"it holds {there:,} rows and says {said:,}", _REMEDY)
    if not schema.names:
        raise FileUnreadable(path, "it has no columns", _REMEDY)
    return ParquetRows(
        path, pa.schema(dict(zip(distinct(schema.names), schema.types, strict=True)))
    )


def _opened(path: Path, text_columns: Sequence[str] = ()) -> pq.ParquetFile:
    # Not buffered ahead, so that a row group of any size is read piece by piece.
    return pq.ParquetFile(path, read_dictionary=list(text_columns), pre_buffer=False)


def _batches(path: Path, rows: int) -> Iterator[pa.RecordBatch]:
    # A long text that many rows share stays one: written out it might fill the memory.
    with _opened(path, _sharing_long_texts(path)) as file:
        yield from file.iter_batches(batch_size=min(rows, _affordable_rows(file.metadata)))


def _sharing_long_texts(path: Path) -> list[str]:
    """Find columns that store overlong texts once for many rows, by their dictionaries alone."""
    found: set[str] = set()
    with _opened(path) as plain:
        texts = [field.name for field in plain.schema_arrow if _is_text(field.type)]
    if not texts:
        return []
    with _opened(path, texts) as file:
        for group in range(file.metadata.num_row_groups):
            for batch in file.iter_batches(batch_size=1, row_groups=[group], columns=texts):
                found.update(
                    name
                    for name, values in zip(batch.schema.names, batch.columns, strict=True)
                    if _longest(values.dictionary) > LONGEST_FIELD
                )
                break
    return sorted(found)


def _longest(texts: pa.Array) -> int:
    return pc.max(pc.utf8_length(texts)).as_py() or 0


def _affordable_rows(metadata: pq.FileMetaData) -> int:
    """Say how many rows of the widest row group may be in memory at a time."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    widest = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=0)
    return max(int(_MOST_BYTES / max(widest, 1)), 1)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _refuse_large(path: Path, metadata: pq.FileMetaData) -> None:
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            column = metadata.row_group(group).column(place)
            if column.total_uncompressed_size > _LARGEST_COLUMN_BYTES:
                raise FileUnreadable(
                    path,
                    f"{column.path_in_schema} unpacks to {column.total_uncompressed_size:,} bytes"
                    " in one row group",
                    "write it with smaller row groups",
                )


def _chunk(batch: pa.RecordBatch, first: int, sources: Sequence[str]) -> RowChunk:
    table = pa.table(batch.columns, names=distinct(batch.schema.names))
    lines = np.arange(first, first + len(batch), dtype=np.int64)
    kept = np.ones(len(batch), dtype=bool)
    rejected = []
    for name, values in zip(table.column_names, batch.columns, strict=True):
        for place in np.flatnonzero(_overlong(values) & kept):
            kept[place] = False
            reason = f"{name} holds more than {LONGEST_FIELD:,} characters."
            rejected.append(Rejected(int(lines[place]), _json(table, int(place)), "", reason))
    places = np.flatnonzero(kept)
    rows = table.select(sources)
    return RowChunk(
        rows if kept.all() else rows.take(pa.array(places)),
        lines[kept],
        lambda place: _json(table, int(places[place])),
        rejected,
    )


def _overlong(values: pa.Array) -> NDArray[np.bool_]:
    texts = values.dictionary if pa.types.is_dictionary(values.type) else values
    if not _is_text(texts.type) or _longest(texts) <= LONGEST_FIELD:
        return np.zeros(len(values), dtype=bool)
    is_long = pc.greater(pc.utf8_length(texts), LONGEST_FIELD)
    if texts is not values:
        is_long = is_long.take(values.indices)
    return np.asarray(is_long.fill_null(fill_value=False))


def _json(table: pa.Table, place: int) -> str:
    row = table.slice(place, 1).to_pylist()[0]
    texts = {
        name: shortened(value) if isinstance(value, str) else value for name, value in row.items()
    }
    return shortened(json.dumps(texts, ensure_ascii=False, default=str))


def _in_words(failure: Exception) -> str:
    return str(failure).strip().split("\n")[0].rstrip(".") or type(failure).__name__
