"""The mapping file: which of a file's columns say what we call a segment's columns.

It is TOML. `[source]` says who sends the file, `[columns]` gives each of our columns an expression
over the file's own, in DuckDB's SQL, `[optional]` those that a file may lack, and `[values.…]`
translates what is found. An expression may be a list: the first whose columns the file has is used.
"""

import codecs
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from pipelines.reading.column_types import is_time
from pipelines.reading.expressions import Expression, ExpressionRefused
from pipelines.reading.mapped_columns import ALLOWED_VALUES, MAPPABLE, GivenColumns

DEFAULT_KEY: Final = (
    "booking_ref",
    "carrier",
    "flight_number",
    "departure_on",
    "traveller_ref",
)
_TABLES: Final = ("source", "columns", "optional", "values")
_LIKENESS: Final = 0.5
_SOURCE_SETTINGS: Final = ("name", "key", "encoding")
_ENCODINGS: Final = (
    *("utf-8", "utf-16", "cp1252", "iso8859-1", "iso8859-15", "cp1250", "cp1251", "cp1254"),
    *("cp932", "gb18030", "big5", "euc_kr"),
)


class MappingRefused(Exception):
    """A mapping is wrong, or does not fit the file; the message says where and what to do."""

    def __init__(self, mapping: str, problem: str) -> None:
        self.mapping, self.problem = mapping, problem
        super().__init__(f"{mapping}: {problem}")


@dataclass(frozen=True, kw_only=True)
class ColumnMapping:
    """How one sender's files are to be read."""

    name: str
    """What the mapping is called in messages: its file."""
    source: str
    """Who sends the files; with a booking's reference it says which booking it is."""
    columns: Mapping[str, tuple[Expression, ...]]
    """Our column, and the expressions to try in turn."""
    key: tuple[str, ...] = DEFAULT_KEY
    """Which of our columns say what row it is."""
    encoding: str = "utf-8"
    optional: frozenset[str] = frozenset()
    """Those of our columns that are left out if a file lacks what they are made of."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Translations by our column: what the file says in capitals, and what we call it."""


def read_mapping(path: Path) -> ColumnMapping:
    """Read a mapping file.

    Parameters
    ----------
    path:
        A TOML file.

    Returns
    -------
    :
        A mapping that is right in itself; whether it fits a file is known with the file.

    Raises
    ------
    MappingRefused
        There is no such file, or it is wrong.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as failure:
        raise MappingRefused(path.name, f"cannot be opened: {failure.strerror}.") from failure
    except UnicodeDecodeError as failure:
        raise MappingRefused(path.name, "is not UTF-8: save it as UTF-8.") from failure
    return parse_mapping(text, path.name)


def parse_mapping(text: str, name: str) -> ColumnMapping:
    """Understand the text of a mapping file.

    Parameters
    ----------
    text:
        TOML.
    name:
        What to call the mapping in messages.

    Returns
    -------
    :
        A mapping that is right in itself.

    Raises
    ------
    MappingRefused
        It is not TOML, names a column we do not have, lacks one we need, or has an expression
        that cannot be read.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise MappingRefused(name, f"is not TOML: {failure}.") from failure
    try:
        return _understand(document, name)
    except _Wrong as wrong:
        raise MappingRefused(name, str(wrong)) from wrong


@cache
def built_in_mapping() -> ColumnMapping:
    """Give the mapping of files that already use our names or those of the drop folder's contract.

    Returns
    -------
    :
        The mapping that stands beside this module.
    """
    place = files("pipelines.reading") / "built_in_mapping.toml"
    return parse_mapping(place.read_text(encoding="utf-8"), "the built-in mapping")


class _Wrong(Exception):
    """What is wrong with a mapping, not yet with its name."""


def _understand(document: Mapping[str, object], name: str) -> ColumnMapping:
    _refuse_unknown(document, _TABLES, "table")
    source = _table(document, "source")
    _refuse_unknown(source, _SOURCE_SETTINGS, "setting of [source]")
    columns, optional = _expressions(document, "columns"), _expressions(document, "optional")
    for column in columns.keys() & optional.keys():
        raise _Wrong(f"{column} stands in both [columns] and [optional]: keep one of them.")
    given = GivenColumns(frozenset(columns | optional))
    # What is optional may contradict itself: with the file it is known what of it there is.
    for problem in given.gaps() if optional else given.problems():
        raise _Wrong(problem)
    return ColumnMapping(
        name=name,
        source=_text(source, "name"),
        columns=columns | optional,
        key=_key(source, given),
        encoding=_encoding(source),
        optional=frozenset(optional),
        values=_values(document, given),
    )


def _table(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise _Wrong(f"{name} must be a table: write [{name}] on a line of its own.")
    return table


def _text(source: Mapping[str, object], name: str) -> str:
    value = source.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(f'[source] lacks a {name}: say who sends the file, such as {name} = "Acme".')
    return value.strip()


def _refuse_unknown(names: Iterable[str], known: Collection[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise _Wrong(f"{name} is no {what}{_instead_of(name, known)}")


def _instead_of(name: str, known: Collection[str]) -> str:
    guess = nearest(name, known)
    return f"; did you mean {guess}?" if guess else f": there are {', '.join(known)}."


def nearest(name: str, known: Collection[str]) -> str | None:
    """Guess what a misspelt name means.

    Parameters
    ----------
    name:
        What was written.
    known:
        What could have been meant.

    Returns
    -------
    :
        None, if it is not like any.
    """
    folded = {other.casefold(): other for other in known}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=_LIKENESS)
    return folded[close[0]] if close else None


def _expressions(document: Mapping[str, object], name: str) -> dict[str, tuple[Expression, ...]]:
    table = _table(document, name)
    _refuse_unknown(table, MAPPABLE, "column of a segment")
    return {column: _alternatives(column, given) for column, given in table.items()}


def _alternatives(column: str, given: object) -> tuple[Expression, ...]:
    alternatives = given if isinstance(given, list) else [given]
    texts = [text for text in alternatives if isinstance(text, str)]
    if not texts or len(texts) < len(alternatives):
        raise _Wrong(f"{column} must be an expression in quotes, or a list of them.")
    try:
        return tuple(Expression.parse(text) for text in texts)
    except ExpressionRefused as refused:
        raise _Wrong(f"{column} = {refused}.") from refused


def _key(source: Mapping[str, object], given: GivenColumns) -> tuple[str, ...]:
    key = source.get("key", list(DEFAULT_KEY))
    if not isinstance(key, list) or not key or not all(isinstance(name, str) for name in key):
        raise _Wrong('key must be a list of columns, such as key = ["booking_ref", "carrier"].')
    if "key" in source:
        _refuse_unknown(key, sorted(given.meant), "column that this mapping gives")
    return tuple(key)


def _encoding(source: Mapping[str, object]) -> str:
    encoding = source.get("encoding", "utf-8")
    try:
        known = codecs.lookup(encoding) if isinstance(encoding, str) else None
    except (LookupError, ValueError):
        known = None
    if known is None or known.name not in _ENCODINGS:
        raise _Wrong(f"{encoding!r} is no encoding we read: use one of {', '.join(_ENCODINGS)}.")
    return known.name


def _values(document: Mapping[str, object], given: GivenColumns) -> dict[str, Mapping[str, str]]:
    tables = _table(document, "values")
    words = [name for name in MAPPABLE if name in given.columns and not is_time(name)]
    _refuse_unknown(tables, words, "mapped column of words")
    return {column: _translation(column, table) for column, table in tables.items()}


def _translation(column: str, table: object) -> Mapping[str, str]:
    if not isinstance(table, dict):
        raise _Wrong(f"values.{column} must be a table: write [values.{column}].")
    translation: dict[str, str] = {}
    for said, meant in table.items():
        word = str(meant).lower() if isinstance(meant, bool) else str(meant)
        if translation.setdefault(said.strip().upper(), word) != word:
            raise _Wrong(f"[values.{column}] translates {said} twice, differently.")
        allowed = ALLOWED_VALUES.get(column)
        if allowed is not None and word not in allowed:
            raise _Wrong(f"{word} is no {column}{_instead_of(word, allowed)}")
    return translation
