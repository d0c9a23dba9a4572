"""Reads the JSON of weather services whatever it turns out to hold, and keeps what it refuses."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd

from warehouse.bulk.contract import REFUSED_COLUMNS

_EARLIEST: Final = datetime(1940, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_EPOCH_SECONDS: Final = re.compile(r"\d{9,10}(\.0+)?")
# Smaller numbers, up to 1973, are hardly meant as instants.
_FEWEST_SECONDS: Final = 100_000_000


@dataclass
class Refusals:
    """Rows or values that were refused, each with its place, its text and a reason."""

    rows: list[tuple[int, str, str, str]] = field(default_factory=list)

    def add(self, line: int, raw: object, column: str, reason: str) -> None:
        """Keep one refusal; what is no text yet is kept as JSON."""
        self.rows.append((line, raw_text(raw), column, reason))

    def frame(self) -> pd.DataFrame:
        """Give the refusals in the columns of a quarantine."""
        frame = pd.DataFrame(self.rows, columns=REFUSED_COLUMNS)
        return frame.astype({"line": "int64"} | dict.fromkeys(REFUSED_COLUMNS[1:], "str"))


def mapping(value: object) -> Mapping[str, Any]:
    """Read an object; anything else counts as an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> Sequence[Any]:
    """Read an array; anything else counts as an empty one."""
    return value if isinstance(value, list | tuple) else ()


def members(value: object) -> Sequence[Any]:
    """Read an array; a text stands for an array of one, anything else for an empty one."""
    return [value] if isinstance(value, str) else sequence(value)


def is_missing(value: object) -> bool:
    """Say whether nothing was sent: null, not-a-number or an empty text."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def number(value: object) -> float | None:
    """Read a finite number, also one sent as text; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def text(value: object) -> str | None:
    """Read a text that says something, without what Postgres cannot keep."""
    if not isinstance(value, str):
        return None
    return _storable(value).strip() or None


def one_line(value: object) -> str | None:
    """Read a text as one line."""
    read = text(value)
    return " ".join(read.split()) if read else None


def instant(value: object, *, offset: timedelta = timedelta(0)) -> datetime | None:
    """Read an instant: seconds since 1970, or ISO 8601, which is UTC where it names no zone.

    Parameters
    ----------
    value:
        What was sent.
    offset:
        How far ahead of UTC a time without zone is.

    Returns
    -------
    :
        In UTC; None if it is no instant from 1940 until 2200.
    """
    read = _from_epoch(value) or _from_iso(value, offset)
    return read if read is not None and _EARLIEST <= read < _LATEST else None


def raw_text(value: object) -> str:
    """Give back what was sent, as text that Postgres can keep."""
    if isinstance(value, str):
        return _storable(value)
    try:
        return _storable(json.dumps(value, ensure_ascii=False))
    except RecursionError:
        return "(nested too deeply to write out)"


def _from_epoch(value: object) -> datetime | None:
    if isinstance(value, str) and not _EPOCH_SECONDS.fullmatch(value.strip()):
        return None
    seconds = number(value)
    if seconds is None or not _FEWEST_SECONDS <= seconds < _LATEST.timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _from_iso(value: object, offset: timedelta) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC) - offset
    except (ValueError, OverflowError):
        return None


def _storable(written: str) -> str:
    """Write out lone surrogates, which are no characters, and drop NUL, which Postgres refuses."""
    return written.encode("utf-8", "backslashreplace").decode().replace("\0", "")
