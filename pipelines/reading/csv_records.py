"""Takes CSV apart into records, knowing the line of each, and losing none to a stray quote.

The standard library's reader tells lines, takes line ends of every kind and goes on behind a
broken row; DuckDB's own tells no lines and gives up a file that mixes line ends.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Self

from pipelines.reading.row_chunk import LONGEST_FIELD, MOST_IN_MEMORY, shortened
from pipelines.reading.segments import Rejected

SEPARATOR_LINE: Final = re.compile("sep=(.)", re.IGNORECASE)
"""What Excel may write above the header."""
_REASONS: Final = {
    "field larger": f"holds a field of more than {LONGEST_FIELD:,} characters",
    "unexpected end": "opens a quote that is never closed",
    "expected after": "has text behind a closing quote",
}


@dataclass
class Records:
    """The next records of a file, in order; `fields` beside the lines they stand in."""

    fields: list[list[str]] = field(default_factory=list)
    bounds: list[tuple[int, int]] = field(default_factory=list)
    """Where each record begins and ends in `lines`."""
    lines: list[str] = field(default_factory=list)
    first_line: int = 1
    rejected: list[Rejected] = field(default_factory=list)
    blank_count: int = 0

    def raw(self, place: int) -> str:
        """Give what stands in the file of one record."""
        begin, end = self.bounds[place]
        return shortened("".join(self.lines[begin:end]).rstrip("\r\n"))


class _Lines:
    """Lines that can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._coming = iter(lines)
        self._given_back: deque[str] = deque()
        self.taken: list[str] = []
        self.taken_characters = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else next(self._coming)
        self.taken.append(line)
        self.taken_characters += len(line)
        return line

    def give_back_behind(self, place: int) -> None:
        """Keep the lines up to a place and offer the others once more."""
        self.taken_characters -= sum(map(len, self.taken[place:]))
        self._given_back.extendleft(reversed(self.taken[place:]))
        del self.taken[place:]

    def forget(self) -> None:
        """Leave what was taken to whoever holds it."""
        self.taken, self.taken_characters = [], 0


class CsvRecords:
    """Reads records one stretch at a time; of a broken one only its first line is given up."""

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        # The limit is the interpreter's own, so that another library may have lifted it.
        csv.field_size_limit(LONGEST_FIELD)
        self._lines = _Lines(lines)
        self._delimiter = delimiter
        self._first_line = 1
        self._reader = self._new_reader()

    def header(self) -> list[str]:
        """Take the first record that is neither blank nor Excel's note of its delimiter.

        Returns
        -------
        :
            Its fields; none, if the file ends before.

        Raises
        ------
        csv.Error
            It is broken.
        """
        while (records := self.next(1, None)).lines:
            if records.rejected:
                raise csv.Error(records.rejected[0].reason)
            if records.fields and not SEPARATOR_LINE.fullmatch(records.raw(0)):
                return records.fields[0]
        return []

    def next(self, count: int, widths: range | None) -> Records:
        """Take so many records, or what is left.

        Parameters
        ----------
        count:
            How many, good or bad; fewer, if they are long.
        widths:
            How many fields each may have, what has fewer than the most being filled up with empty
            ones; None takes any.

        Returns
        -------
        :
            Without lines at the end.
        """
        records = Records(lines=self._lines.taken, first_line=self._first_line)
        for _ in range(count):
            if not self._take(records, widths) or self._lines.taken_characters > MOST_IN_MEMORY:
                break
        self._first_line += len(self._lines.taken)
        self._lines.forget()
        return records

    def _take(self, records: Records, widths: range | None) -> bool:
        begin = len(records.lines)
        try:
            fields = next(self._reader)
        except StopIteration:
            return False
        except csv.Error as broken:
            self._lines.give_back_behind(begin + 1)
            self._reader = self._new_reader()
            self._reject(records, begin, _in_words(str(broken)))
            return True
        if not (fields and fields[0]) and not any(map(str.strip, fields)):
            records.blank_count += bool(fields)
        elif widths is None or _fits(fields, widths):
            records.fields.append(fields)
            records.bounds.append((begin, len(records.lines)))
        else:
            self._reject(records, begin, f"has {len(fields)} fields, and the header {widths[-1]}")
        return True

    def _reject(self, records: Records, begin: int, reason: str) -> None:
        raw = shortened("".join(records.lines[begin:]).rstrip("\r\n"))
        line = records.first_line + begin
        records.rejected.append(Rejected(line, raw, "", f"The row {reason}."))

    def _new_reader(self) -> Iterator[list[str]]:
        return csv.reader(
            self._lines, delimiter=self._delimiter, strict=True, skipinitialspace=True
        )


def _fits(fields: list[str], widths: range) -> bool:
    """Tell whether a record has as many fields as it may; if so, make them as many as it can be."""
    # Only what is empty is cut, and only columns without a name are filled up.
    if len(fields) < widths[0] or any(fields[widths[-1] :]):
        return False
    del fields[widths[-1] :]
    fields += [""] * (widths[-1] - len(fields))
    return True


def _in_words(broken: str) -> str:
    known = (words for sign, words in _REASONS.items() if sign in broken)
    return next(known, f"is not CSV: {broken}")
