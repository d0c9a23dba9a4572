"""How the text or the value that a mapping gives becomes a column of a segment, in DuckDB's SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

TimeFamily = Literal["zoned", "naive", "day"]

_DAY: Final = r"\d{4}-\d{1,2}-\d{1,2}"
_CLOCK: Final = r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_ZONE: Final = r" ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)"


@dataclass(frozen=True)
class ColumnType:
    """What a column holds, and what it can be read from."""

    words: str
    """What a value should have been, for the reason of a refusal."""
    sql_type: str
    from_text: str
    """SQL that reads `{0}`, and gives NULL where that means nothing."""
    from_time: Mapping[TimeFamily, str] = field(default_factory=dict)
    """SQL that takes over `{0}` when the file has dates and times of its own."""
    refused: Mapping[TimeFamily, str] = field(default_factory=dict)
    """What to do about dates and times that do not say enough."""


def _if_looks_like(pattern: str, sql: str) -> str:
    return f"CASE WHEN regexp_full_match({{0}}, '{pattern}') THEN {sql} END"


_TEXT: Final = ColumnType("text", "VARCHAR", "{0}")
_CODE: Final = ColumnType("a code", "VARCHAR", "upper({0})")
_WORD: Final = ColumnType("a word", "VARCHAR", "lower({0})")
_DATE: Final = ColumnType(
    "a date such as 2013-12-08",
    "DATE",
    _if_looks_like(
        f"{_DAY}(?:{_CLOCK}(?:{_ZONE})?)?", f"TRY_CAST(regexp_extract({{0}}, '{_DAY}') AS DATE)"
    ),
    {"day": "{0}", "naive": "CAST({0} AS DATE)"},
    {"zoned": "is an instant: make it the local date with CAST(… AT TIME ZONE '…' AS DATE)"},
)
_LOCAL: Final = ColumnType(
    "a local time such as 2013-12-08 17:45",
    "TIMESTAMP",
    _if_looks_like(_DAY + _CLOCK, "TRY_CAST(replace({0}, ',', '.') AS TIMESTAMP)"),
    {"naive": "CAST({0} AS TIMESTAMP)"},
    {"zoned": "is an instant: give it as …_at", "day": "has no time of day: give it as …_on"},
)
_INSTANT: Final = ColumnType(
    "a time with its offset such as 2013-12-08T17:45-05:00",
    "TIMESTAMP WITH TIME ZONE",
    _if_looks_like(
        _DAY + _CLOCK + _ZONE, "TRY_CAST(replace({0}, ',', '.') AS TIMESTAMP WITH TIME ZONE)"
    ),
    {"zoned": "{0}"},
    dict.fromkeys(("naive", "day"), "has no zone: give it as …_local, the airport's wall time"),
)
_STAMP: Final = ColumnType(
    "a time such as 2013-12-01T10:00Z",
    "TIMESTAMP WITH TIME ZONE",
    _if_looks_like(
        f"{_DAY}(?:{_CLOCK}(?:{_ZONE})?)?",
        "TRY_CAST(replace({0}, ',', '.') AS TIMESTAMP WITH TIME ZONE)",
    ),
    {
        "zoned": "{0}",
        "naive": "CAST({0} AS TIMESTAMP) AT TIME ZONE 'UTC'",
        "day": "CAST({0} AS TIMESTAMP) AT TIME ZONE 'UTC'",
    },
)
_DEGREES: Final = ColumnType("a number of degrees", "DOUBLE", "TRY_CAST({0} AS DOUBLE)")
_MONEY: Final = ColumnType(
    "an amount such as 1234.50", "DECIMAL(24, 12)", "TRY_CAST({0} AS DECIMAL(24, 12))"
)
_WHOLE: Final = ColumnType(
    "a whole number",
    "BIGINT",
    "CASE WHEN TRY_CAST({0} AS DECIMAL(24, 6)) % 1 = 0"
    " THEN CAST(TRY_CAST({0} AS DECIMAL(24, 6)) AS BIGINT) END",
)
_TRUTH: Final = ColumnType("true or false", "BOOLEAN", "TRY_CAST({0} AS BOOLEAN)")

COLUMN_TYPES: Final[Mapping[str, ColumnType]] = {
    **dict.fromkeys(("carrier", "origin", "destination", "currency"), _CODE),
    **dict.fromkeys(("kind", "status"), _WORD),
    **dict.fromkeys(("departure_on", "check_in_on", "check_out_on"), _DATE),
    **dict.fromkeys(("departure_local", "arrival_local"), _LOCAL),
    **dict.fromkeys(("departure_at", "arrival_at"), _INSTANT),
    **dict.fromkeys(("booked_at", "source_updated_at"), _STAMP),
    **dict.fromkeys(("hotel_latitude", "hotel_longitude"), _DEGREES),
    **dict.fromkeys(("rooms", "price_minor_units"), _WHOLE),
    "price": _MONEY,
    "deleted": _TRUTH,
}


def column_type(column: str) -> ColumnType:
    """Give what a column of a segment, or what it is made of, holds.

    Parameters
    ----------
    column:
        One that a mapping may give.

    Returns
    -------
    :
        Text, if it is nothing narrower.
    """
    return COLUMN_TYPES.get(column, _TEXT)


def is_time(column: str) -> bool:
    """Say whether a column holds a date or a time.

    Parameters
    ----------
    column:
        One that a mapping may give.

    Returns
    -------
    :
        False for text, numbers and truths.
    """
    return column.endswith(("_at", "_on", "_local"))


def time_family(sql_type: str) -> TimeFamily | None:
    """Say how much a type knows of time.

    Parameters
    ----------
    sql_type:
        DuckDB's name of it.

    Returns
    -------
    :
        None, if it is no date or time and so is read as text.
    """
    if sql_type == "DATE":
        return "day"
    if not sql_type.startswith("TIMESTAMP"):
        return None
    return "zoned" if "ZONE" in sql_type else "naive"


def as_text(sql: str, sql_type: str) -> str | None:
    """Write a value of the file as text, a whole number without decimals.

    Parameters
    ----------
    sql:
        What gives the value.
    sql_type:
        DuckDB's name of its type.

    Returns
    -------
    :
        SQL; None for what has no plain text: lists, structs, bytes.
    """
    if sql_type in {"FLOAT", "DOUBLE"}:
        # A column of references that has gaps comes out of many tools as 1001.0.
        whole = f"CASE WHEN {sql} % 1 = 0 THEN TRY_CAST({sql} AS BIGINT) END"
        return f"coalesce(CAST({whole} AS VARCHAR), CAST({sql} AS VARCHAR))"
    if sql_type.endswith("]") or sql_type.startswith(("STRUCT", "MAP", "UNION", "BLOB", "VARIANT")):
        return None
    return f"CAST({sql} AS VARCHAR)"
