"""Opens a CSV file: its encoding, its delimiter, its header, and its rows in chunks."""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.reading.csv_records import SEPARATOR_LINE, CsvRecords, Records
from pipelines.reading.row_chunk import RowChunk, distinct
from pipelines.reading.unreadable import FileUnreadable

_DELIMITERS: Final = ",;\t|"
_BLOCK_BYTES: Final = 1 << 20
_LONGEST_LINE: Final = 32 << 20
_HEADER_LINES: Final = 50
_IS_VALUE: Final = re.compile(r"[\d.,:/ +-]*\d[\d.,:/ TZ+-]*|\S+@\S+", re.ASCII)
_EXCEL_TEXT: Final = r'^="([^"]*)"$'
"""How people keep Excel from making a number of `0123`."""
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class CsvRows:
    """A CSV file that can be read from start to end."""

    path: Path
    encoding: str
    delimiter: str
    columns: list[str]

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return "a CSV export"

    @property
    def nothing(self) -> pa.Table:
        """Its columns, all of them text."""
        return pa.table({name: pa.array([], pa.string()) for name in self.columns})

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
            Every record behind the header: as a row, rejected, or ignored as blank.
        """
        places = [self.columns.index(name) for name in sources or self.columns[:1]]
        with _opened(self.path, self.encoding) as lines:
            records = CsvRecords(lines, self.delimiter)
            header = records.header()
            needed = max((place for place, name in enumerate(header, 1) if name.strip()), default=1)
            widths = range(needed, len(self.columns) + 1)
            while (stretch := records.next(rows, widths)).lines:
                yield self._chunk(stretch, places)

    def _chunk(self, stretch: Records, places: list[int]) -> RowChunk:
        # Transposed at once: a column at a time would walk the rows again for each.
        by_column = list(zip(*stretch.fields, strict=False)) or [()] * len(self.columns)
        arrays = {self.columns[place]: _texts(by_column[place]) for place in places}
        begins = np.array([begin for begin, _ in stretch.bounds], dtype=np.int64)
        return RowChunk(
            pa.table(arrays),
            begins + stretch.first_line,
            stretch.raw,
            stretch.rejected,
            stretch.blank_count,
        )


def open_csv(path: Path, encoding: str, wanted: Collection[str]) -> CsvRows:
    """Open a CSV file after reading through it once.

    Parameters
    ----------
    path:
        The file.
    encoding:
        In which its text is written.
    wanted:
        Names, in lower case, that its header may hold; they tell which delimiter is meant.

    Returns
    -------
    :
        What can be read without surprise.

    Raises
    ------
    FileUnreadable
        It is not text of that encoding, no header stands in it, or its lines have no end.
    """
    encoding = _marked(path) or encoding
    _refuse_undecodable(path, encoding)
    with _opened(path, encoding) as lines:
        beginning = list(islice(lines, _HEADER_LINES))
    told = SEPARATOR_LINE.fullmatch(beginning[0].rstrip("\r\n")) if beginning else None
    headers = {one: _header(beginning, one) for one in (told[1] if told else _DELIMITERS)}
    delimiter = max(headers, key=lambda one: (_count(headers[one], wanted), len(headers[one])))
    _refuse_headless(path, headers[delimiter], wanted)
    return CsvRows(path, encoding, delimiter, distinct(headers[delimiter]))


def _marked(path: Path) -> str | None:
    """Tell the encoding of a file that begins with a mark of it, as Excel's Unicode text does."""
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in _UTF_16 else None


def _refuse_undecodable(path: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, stretch = 1, 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            try:
                text = decoder.decode(block, final=len(block) < _BLOCK_BYTES)
            except UnicodeDecodeError as failure:
                raise _undecodable(path, encoding, failure, line) from failure
            line += text.count("\n") or text.count("\r")
            last_end = max(text.rfind("\n"), text.rfind("\r"))
            stretch = stretch + len(text) if last_end < 0 else len(text) - last_end
            if stretch > _LONGEST_LINE:
                raise FileUnreadable(
                    path,
                    f"line {line} is longer than {_LONGEST_LINE:,} characters",
                    "it is no CSV of bookings: ask the sender what it is",
                )


def _undecodable(
    path: Path, encoding: str, failure: UnicodeDecodeError, line: int
) -> FileUnreadable:
    line += failure.object.count(b"\n", 0, failure.start)
    what = f"not {encoding} (byte 0x{failure.object[failure.start]:02x} in line {line})"
    return FileUnreadable(
        path,
        f"its text is {what}",
        "save it as UTF-8, or say in the mapping what it is,"
        ' such as encoding = "windows-1252" under [source]',
    )


def _header(beginning: list[str], delimiter: str) -> list[str]:
    """Read the header as if fields were parted so; nothing, if that makes no sense."""
    try:
        return CsvRecords(beginning, delimiter).header()
    except csv.Error:
        return []


def _refuse_headless(path: Path, header: list[str], wanted: Collection[str]) -> None:
    looks_like_row = any(_IS_VALUE.fullmatch(name.strip()) for name in header)
    if not header or (looks_like_row and not _count(header, wanted)):
        raise FileUnreadable(
            path,
            "its first row is no header",
            "put the columns' names there, or export it with them",
        )


def _opened(path: Path, encoding: str) -> io.TextIOWrapper:
    # The file was seen to be of this encoding; should it change meanwhile, nothing crashes.
    with_mark = "utf-8-sig" if encoding == "utf-8" else encoding
    return path.open(encoding=with_mark, newline="", errors="replace")


def _count(header: list[str], wanted: Collection[str]) -> int:
    return sum(name.strip().casefold() in wanted for name in header)


def _texts(values: Sequence[str]) -> pa.Array:
    texts = pa.array(values, pa.string())
    if pc.any(pc.starts_with(texts, '="')).as_py():
        texts = pc.replace_substring_regex(texts, _EXCEL_TEXT, r"\1")
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
