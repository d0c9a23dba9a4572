"""Opens a Parquet file with DuckDB, and reads its rows in chunks however its row groups are cut.

The connection that reads a file can reach that file alone, and sees no expression of a mapping.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.reading.expressions import open_sandbox, quoted
from pipelines.reading.row_chunk import (
    LONGEST_FIELD,
    MOST_IN_MEMORY,
    RowChunk,
    distinct,
    plain_values,
    shortened,
)
from pipelines.reading.segments import Rejected
from pipelines.reading.unreadable import FileUnreadable
from pipelines.reading.values import storable_text

MAGIC: Final = b"PAR1"
_LARGEST_COLUMN_BYTES: Final = 1 << 30
_LONGEST_SHOWN: Final = 1_000
"""Characters of a text that is only shown to people."""
_READ: Final = "read_parquet($1, hive_partitioning = false)"
_REMEDY: Final = "ask the sender for it once more"


@dataclass(frozen=True)
class ParquetRows:
    """A Parquet file that can be read from start to end."""

    path: Path
    stored: Mapping[str, str]
    """The columns' names in the file, by those that we tell apart."""
    nothing: pa.Table
    """Its columns and their types."""
    lengths: Mapping[str, int]
    """How many bytes the longest text of each column has."""

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return "a Parquet export"

    def chunks(self, sources: Sequence[str], rows: int) -> Iterator[RowChunk]:
        """Read the file once.

        Parameters
        ----------
        sources:
            The columns that are needed.
        rows:
            How many rows a chunk has; fewer, if they are long.

        Yields
        ------
        :
            Every row, as a row or rejected.
        """
        most = {name: LONGEST_FIELD if name in sources else _LONGEST_SHOWN for name in self.lengths}
        widest = sum(min(length, most[name]) for name, length in self.lengths.items())
        columns = ", ".join(
            f"{_cut(quoted(stored), most.get(name))} AS {quoted(name)}"
            for name, stored in self.stored.items()
        )
        first = 1
        with open_sandbox(self.path) as connection:
            affordable = max(min(rows, MOST_IN_MEMORY // max(widest, 1)), 1)
            for batch in _batches(connection, columns, self.path, affordable):
                yield _chunk(batch, first, sources or [*self.stored][:1])
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
        with open_sandbox(path.absolute()) as connection:
            return _look_through(connection, path.absolute())
    # Names that are no text are found only when they are handed over, and not by DuckDB.
    except (duckdb.Error, RuntimeError, UnicodeError) as failure:
        problem = f"it is no Parquet file, or damaged ({_in_words(failure)})"
        raise FileUnreadable(path, problem, _REMEDY) from failure


def _look_through(connection: duckdb.DuckDBPyConnection, path: Path) -> ParquetRows:
    [(promised,)] = _ask(connection, "SELECT num_rows FROM parquet_file_metadata($1)", path)
    largest = "SELECT coalesce(max(total_uncompressed_size), 0) FROM parquet_metadata($1)"
    [(size,)] = _ask(connection, largest, path)
    if size > _LARGEST_COLUMN_BYTES:
        remedy = "have it written with smaller row groups"
        raise FileUnreadable(path, f"a column of one row group unpacks to {size:,} bytes", remedy)
    rows = connection.sql(f"SELECT * FROM {_READ} LIMIT 0", params=[str(path)])  # noqa: S608 - ours
    stored = dict(zip(distinct(rows.columns), rows.columns, strict=True))
    nothing = rows.to_arrow_table().rename_columns([*stored])
    texts = [name for name in stored if pa.types.is_string(nothing.schema.field(name).type)]
    # Every value is asked for, so that damage anywhere shows before anything is taken.
    asked = [f"bit_xor(hash({quoted(name)}))" for name in rows.columns]
    asked += [f"coalesce(max(strlen({quoted(stored[name])})), 0)" for name in texts]
    query = f"SELECT count(*), {', '.join(asked)} FROM {_READ}"  # noqa: S608 - names are quoted
    [(there, *answers)] = _ask(connection, query, path)
    if there != promised:
        raise FileUnreadable(path, f"it holds {there:,} rows and promises {promised:,}", _REMEDY)
    lengths = dict(zip(texts, answers[len(stored) :], strict=True))
    return ParquetRows(path, stored, nothing, lengths)


def _ask(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> list[tuple[Any, ...]]:
    return connection.execute(query, [str(path)]).fetchall()


def _cut(column: str, most: int | None) -> str:
    """Cut a text, yet so that its length still tells."""
    if most is None:
        return column
    # Characters are counted only of what has as many bytes, which is known without looking.
    is_long = f"strlen({column}) > {most} AND length({column}) > {most}"
    return f"CASE WHEN {is_long} THEN left({column}, {most}) || '…' ELSE {column} END"


def _batches(
    connection: duckdb.DuckDBPyConnection, columns: str, path: Path, rows: int
) -> Iterator[pa.RecordBatch]:
    found = connection.sql(f"SELECT {columns} FROM {_READ}", params=[str(path)])  # noqa: S608 - names are quoted
    for batch in found.to_arrow_reader(rows):
        for begin in range(0, len(batch), rows):
            yield batch.slice(begin, rows)


def _chunk(batch: pa.RecordBatch, first: int, sources: Sequence[str]) -> RowChunk:
    table = pa.Table.from_batches([batch])
    lines = np.arange(first, first + len(batch), dtype=np.int64)
    kept = np.ones(len(batch), dtype=bool)
    rejected = []
    for name in sources:
        for place in _overlong(batch.column(name)):
            if kept[place]:
                reason = f"{name} holds more than {LONGEST_FIELD:,} characters."
                rejected.append(Rejected(int(lines[place]), _json(table, place), "", reason))
            kept[place] = False
    places, rows = np.flatnonzero(kept), table.select(sources)
    return RowChunk(
        rows if kept.all() else rows.take(pa.array(places)),
        lines[kept],
        lambda place: _json(table, int(places[place])),
        rejected,
    )


def _overlong(values: pa.Array) -> list[int]:
    if not pa.types.is_string(values.type):
        return []
    is_long = pc.greater(pc.utf8_length(values), LONGEST_FIELD)
    return [int(place) for place in np.flatnonzero(is_long.fill_null(fill_value=False))]


def _json(table: pa.Table, place: int) -> str:
    row = table.slice(place, 1)
    shown = {name: next(plain_values(row.column(name))) for name in row.column_names}
    return shortened(json.dumps(shown, ensure_ascii=False, default=str))


def _in_words(failure: Exception) -> str:
    return storable_text(str(failure).strip().split("\n")[0]).rstrip(" .:")
