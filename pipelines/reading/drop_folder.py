"""Reads what senders drop into a folder: CSV and Parquet exports, a row per flight or stay.

A mapping says which columns mean what. Its expressions are evaluated by DuckDB for all rows of a
chunk at once; a row in Python is only what is refused. A file is read through once before anything
is taken of it, so that a broken one is refused whole.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipelines.reading.bound_mapping import BoundMapping, bind
from pipelines.reading.chunk_reading import ChunkReading
from pipelines.reading.csv_rows import open_csv
from pipelines.reading.mapping import ColumnMapping, MappingRefused, built_in_mapping
from pipelines.reading.parquet_rows import MAGIC, open_parquet
from pipelines.reading.row_chunk import RowFile
from pipelines.reading.segments import Understood
from pipelines.reading.unreadable import FileUnreadable, beginning_of

CHUNK_ROWS: Final = 50_000


def read_drop_file(
    path: Path,
    mapping: ColumnMapping | None = None,
    *,
    source: str | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Iterator[Understood]:
    """Read a CSV or Parquet file into segments.

    Parameters
    ----------
    path:
        The file.
    mapping:
        How its sender's columns are to be read; None reads files that already use our names.
    source:
        Who sends the file; None for whom the mapping names.
    chunk_rows:
        How many rows are in memory at a time.

    Returns
    -------
    :
        At least one chunk. In all of them together every row of the file is a segment, rejected
        or ignored.

    Raises
    ------
    FileUnreadable
        It is no file of that kind, is damaged, packed, in another encoding, or has no header.
    MappingRefused
        The mapping does not fit the file.
    """
    chosen = mapping or built_in_mapping()
    file = _open(path, chosen)
    try:
        bound = bind(chosen, file.nothing)
    except MappingRefused as refused:
        if mapping is not None:
            raise
        advice = "Write a mapping for its sender (docs/drop-folder.md) and give it with --mapping."
        raise MappingRefused(path.name, f"{refused.problem} {advice}") from refused
    return _understand(file, bound, source or chosen.source, chunk_rows)


def _open(path: Path, mapping: ColumnMapping) -> RowFile:
    if beginning_of(path).startswith(MAGIC):
        return open_parquet(path)
    if path.suffix.lower() in {".parquet", ".pq"}:
        raise FileUnreadable(path, "it is no Parquet file", "ask the sender for it once more")
    options = [option for several in mapping.columns.values() for option in several]
    wanted = frozenset().union(*(option.names for option in options))
    written = {option.written.strip().casefold() for option in options}
    return open_csv(path, mapping.encoding, wanted | written)


def _understand(
    file: RowFile, bound: BoundMapping, source: str, chunk_rows: int
) -> Iterator[Understood]:
    kind = f"{file.kind} of {source}"
    chunk = None
    with bound.connection:
        reading = ChunkReading(bound, kind)
        for chunk in file.chunks(bound.sources, chunk_rows):
            yield reading.of(chunk)
    if chunk is None:
        yield Understood.empty(kind)
