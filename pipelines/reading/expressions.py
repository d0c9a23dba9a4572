"""Expressions of a mapping: DuckDB's SQL over one row, kept from everything but that row.

A mapping may come from whoever sends the file. So the connection that evaluates it has no file
system, no network and no way to change that; and an expression is first bound as the condition of
a table's CHECK constraint, the one place in SQL where only the row itself can be named.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NoReturn, Self

import duckdb

_LOCKED_UP: Final = (
    "threads = 1",
    "memory_limit = '512MB'",
    "temp_directory = ''",
    "TimeZone = 'UTC'",
    "python_enable_replacements = false",
    "autoload_known_extensions = false",
    "autoinstall_known_extensions = false",
    "enable_external_access = false",
    "lock_configuration = true",
)
"""In this order: what comes last forbids to change what came before."""
_LONGEST_QUOTED: Final = 200
_IS_NAME: Final = re.compile(r"\s*\w[\w .#/&%-]*")
"""What may be a column's name though it is no SQL: `From`, `Check-in date`, `Flight #`."""


class ExpressionRefused(Exception):
    """An expression cannot be used; the message quotes it and says why."""

    def __init__(self, text: str, problem: str) -> None:
        self.text, self.problem = text, problem
        quoted_text = text if len(text) <= _LONGEST_QUOTED else f"{text[:_LONGEST_QUOTED]}…"
        super().__init__(f"{quoted_text!r} {problem}")


class ColumnLacking(ExpressionRefused):
    """An expression names a column that the file does not have."""

    def __init__(self, text: str, column: str) -> None:
        self.column = column
        super().__init__(text, f"names the column {column}")


@dataclass(frozen=True)
class Expression:
    """One expression, as DuckDB writes it, with the columns it names."""

    text: str
    names: frozenset[str]
    """What it names, in lower case, as SQL does not tell cases apart."""
    written: str
    """As the mapping has it."""

    @classmethod
    def column(cls, name: str, written: str) -> Self:
        """Give the expression that is a column alone."""
        return cls(quoted(name), frozenset({name.casefold()}), written)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one expression.

        Parameters
        ----------
        text:
            What the mapping says.

        Returns
        -------
        :
            The expression without comments or alias.

        Raises
        ------
        ExpressionRefused
            It does not parse, is not one expression, or asks the clock.
        """
        if not text.strip():
            raise ExpressionRefused(text, "is empty: write a column's name, or leave the line out")
        try:
            # DuckDB reads a single expression here, so nothing can be smuggled in behind it.
            alone = str(duckdb.SQLExpression(text))
            duckdb.SQLExpression(alone)
            tree = json.loads(_serialized(alone))
        except duckdb.Error as failure:
            if _IS_NAME.fullmatch(text):
                return cls.column(text.strip(), text)
            raise ExpressionRefused(text, f"does not parse: {_in_words(failure)}") from failure
        nodes = list(_nodes(tree))
        for called in {node.get("function_name") for node in nodes} & _changing_functions():
            raise ExpressionRefused(
                text, f"asks {called}(), and the same file must always give the same rows"
            )
        return cls(alone, frozenset(_named(nodes)), text)

    def meant_for(self, columns: Iterable[str]) -> Self:
        """Take what is written for a column, if the file has one of just that name.

        Parameters
        ----------
        columns:
            The file's columns.

        Returns
        -------
        :
            The column alone for `From` or `Price (USD)`, if the file has it; else the same.
        """
        written = self.written.strip().casefold()
        named = next((name for name in columns if name.casefold() == written), None)
        return self if named is None else type(self).column(named, self.written)


def _in_words(failure: Exception) -> str:
    """Give what DuckDB says, without the kind of error and the picture of the query."""
    said = re.split(r"\n\s*(?:LINE \d|Candidate)", str(failure).strip())[0]
    return " ".join(re.sub(r"^[A-Z][A-Za-z ]* Error: ", "", said).split()).rstrip(" .?!")


def open_sandbox(file: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Connect to an empty DuckDB that can reach nothing, and cannot be told otherwise.

    Parameters
    ----------
    file:
        The one file that it may reach after all; no expression of a mapping goes there.

    Returns
    -------
    :
        A connection of one thread and little memory, with instants in UTC.
    """
    connection = duckdb.connect()
    allowed = [f"allowed_paths = [{literal(str(file))}]"] if file else []
    for setting in (*allowed, *_LOCKED_UP):
        connection.execute(f"SET {setting}").fetchall()
    return connection


def quoted(name: str) -> str:
    """Write a name so that SQL takes it as it is.

    Parameters
    ----------
    name:
        Of a column.

    Returns
    -------
    :
        The name in double quotes.
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a text so that SQL takes it as it is.

    Parameters
    ----------
    text:
        Anything.

    Returns
    -------
    :
        The text in single quotes.
    """
    return "'" + text.replace("'", "''") + "'"


def type_of(
    connection: duckdb.DuckDBPyConnection, expression: Expression, columns: Mapping[str, str]
) -> str:
    """Bind an expression to a file's columns.

    Parameters
    ----------
    connection:
        Where to.
    expression:
        What the mapping says.
    columns:
        The file's columns and their types.

    Returns
    -------
    :
        The type of what the expression gives.

    Raises
    ------
    ColumnLacking
        It names a column that is not there.
    ExpressionRefused
        It does not fit the columns, or looks beyond its own row.
    """
    given = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    check = f"CHECK ({tried(expression)} IS NOT NULL)"
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE bound ({given}, {check})").fetchall()
        return str(connection.sql(f"SELECT {expression.text}\n FROM bound").types[0])  # noqa: S608 - the expression was parsed alone
    except duckdb.Error as failure:
        _refuse(expression.text, failure)


def tried(expression: Expression) -> str:
    """Write an expression so that a row it fails on gives NULL, and all others a list of one.

    Parameters
    ----------
    expression:
        What the mapping says.

    Returns
    -------
    :
        SQL.
    """
    # On a line of its own, so that nothing in it can comment out what follows.
    return f"TRY([{expression.text}\n])"


_BEYOND_ITS_ROW: Final = re.compile(
    "subqueries|aggregate|window|UNNEST|STAR expression|table function|Positional|Lambda", re.I
)


def _refuse(text: str, failure: duckdb.Error) -> NoReturn:
    said = _in_words(failure)
    if lacking := re.search(r'does not contain column "(.*)" referenced', said):
        raise ColumnLacking(text, lacking[1]) from failure
    if "volatile" in said:
        raise ExpressionRefused(text, "gives something else each time it is asked") from failure
    if _BEYOND_ITS_ROW.search(said):
        raise ExpressionRefused(
            text, "looks beyond its own row, which no expression may"
        ) from failure
    raise ExpressionRefused(text, f"cannot be used: {said}") from failure


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return open_sandbox()


def _serialized(expression: str) -> str:
    with _parser().cursor() as cursor:
        row = cursor.execute("SELECT json_serialize_sql(?)", [f"SELECT {expression}"]).fetchone()
    return str(row[0]) if row else "{}"


@cache
def _changing_functions() -> frozenset[str]:
    """Find what needs no argument and yet has more than one answer: clocks and settings."""
    with _parser().cursor() as cursor:
        rows = cursor.execute(
            "SELECT function_name FROM duckdb_functions() WHERE function_type = 'scalar'"
            " AND stability <> 'CONSISTENT' AND len(parameters) = 0"
        ).fetchall()
    return frozenset(str(name) for (name,) in rows) | {"age", "current_setting", "getvariable"}


def _nodes(tree: object) -> Iterator[Mapping[str, object]]:
    match tree:
        case dict():
            yield tree
            children: Iterable[object] = tree.values()
        case list():
            children = tree
        case _:
            return
    for child in children:
        yield from _nodes(child)


def _named(nodes: list[Mapping[str, object]]) -> Iterator[str]:
    for node in nodes:
        path = node.get("column_names")
        if isinstance(path, list) and path:
            yield str(path[0]).casefold()
