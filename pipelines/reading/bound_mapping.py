"""A mapping fitted to one file: which expression gives each of our columns, and what rows say."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.reading.column_types import (
    TimeFamily,
    as_text,
    column_type,
    is_time,
    time_family,
)
from pipelines.reading.expressions import (
    ColumnLacking,
    Expression,
    ExpressionRefused,
    open_sandbox,
    quoted,
    tried,
    type_of,
)
from pipelines.reading.mapped_columns import GivenColumns
from pipelines.reading.mapping import ColumnMapping, MappingRefused, nearest
from pipelines.reading.row_rules import MOST_CHARACTERS
from pipelines.reading.values import storable_text

FAILED: Final = "failed"
"""Names the first column whose expression fails on a row."""


@dataclass(frozen=True)
class BoundColumn:
    """What gives one of our columns in this file."""

    expression: Expression
    sql_type: str
    family: TimeFamily | None
    """What the file itself knows of the time, if our column holds one; None is read as text."""


@dataclass(frozen=True)
class BoundMapping:
    """A mapping whose every expression fits the file."""

    mapping: ColumnMapping
    file_columns: Mapping[str, str]
    columns: Mapping[str, BoundColumn]
    connection: duckdb.DuckDBPyConnection

    @cached_property
    def sources(self) -> list[str]:
        """The file's columns that are needed, in their order."""
        named = frozenset().union(*(bound.expression.names for bound in self.columns.values()))
        return [name for name in self.file_columns if name.casefold() in named]

    def sources_of(self, column: str) -> list[str]:
        """List the file's columns that give one of ours."""
        bound = self.columns.get(column)
        named = bound.expression.names if bound else ()
        return [name for name in self.file_columns if name.casefold() in named]

    def say(self, rows: pa.Table) -> pa.Table:
        """Give what the file's rows say, by our columns, as text or as times of the file's own.

        Parameters
        ----------
        rows:
            Rows of the file, with at least the columns that are needed.

        Returns
        -------
        :
            As many rows in the same order, and which expression failed first, if any.

        Raises
        ------
        MappingRefused
            An expression asks for more memory than there is.
        """
        self.connection.register("source", rows)
        try:
            said = self.connection.sql(self._query).to_arrow_table()
        except duckdb.OutOfMemoryException as failure:
            raise MappingRefused(
                self.mapping.name,
                "its expressions make more of the file's rows than fits into memory:"
                " have them give short texts.",
            ) from failure
        for place, column in enumerate(said.column_names):
            if pa.types.is_string(said.schema.field(place).type) and column != FAILED:
                said = said.set_column(place, column, _clean(said.column(place)))
        return said

    @cached_property
    def _query(self) -> str:
        attempts, sayings, failures = [], [], []
        for name, bound in self.columns.items():
            attempt = quoted(f"{name} tried")
            attempts.append(f"{tried(bound.expression)} AS {attempt}")
            said = f"{attempt}[1]"
            if bound.family is None:
                said = _bounded(as_text(said, bound.sql_type) or "NULL")
            sayings.append(f"{said} AS {quoted(name)}")
            failures.append(f"WHEN {attempt} IS NULL THEN '{name}'")
        return (
            f"WITH tried AS (SELECT {', '.join(attempts)} FROM source)"  # noqa: S608 - the expression was parsed alone
            f" SELECT {', '.join(sayings)}, CASE {' '.join(failures)} END AS {FAILED} FROM tried"
        )


def bind(mapping: ColumnMapping, rows: pa.Table) -> BoundMapping:
    """Fit a mapping to a file.

    Parameters
    ----------
    mapping:
        How the sender's files are to be read.
    rows:
        Rows of the file, or none of them: its columns and their types count.

    Returns
    -------
    :
        The mapping without the optional columns that the file lacks.

    Raises
    ------
    MappingRefused
        The file lacks a column that the mapping needs, or an expression does not fit.
    """
    connection = open_sandbox()
    file_columns = dict(_types(rows, connection))
    columns: dict[str, BoundColumn] = {}
    for name in mapping.columns:
        if bound := _bind_column(mapping, name, file_columns, connection):
            columns[name] = bound
    for problem in GivenColumns(frozenset(columns)).problems():
        raise MappingRefused(mapping.name, f"{problem} The file has {', '.join(file_columns)}.")
    return BoundMapping(mapping, file_columns, columns, connection)


def _types(rows: pa.Table, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Give DuckDB's type of every column that it can read."""
    for name in rows.column_names:
        # A column of a kind DuckDB does not know matters only to a mapping that names it.
        with suppress(duckdb.Error):
            yield name, str(connection.from_arrow(rows.select([name])).types[0])


def _bind_column(
    mapping: ColumnMapping,
    name: str,
    file_columns: Mapping[str, str],
    connection: duckdb.DuckDBPyConnection,
) -> BoundColumn | None:
    lacking: list[str] = []
    for alternative in mapping.columns[name]:
        expression = alternative.meant_for(file_columns)
        try:
            sql_type = type_of(connection, expression, file_columns)
            family = time_family(sql_type) if is_time(name) else None
            bound = BoundColumn(expression, sql_type, family)
        except ColumnLacking as refused:
            lacking.append(refused.column)
            continue
        except ExpressionRefused as refused:
            raise MappingRefused(mapping.name, f"{name} = {refused}.") from refused
        _refuse_type(mapping, name, bound)
        return bound
    if name in mapping.optional:
        return None
    guess = nearest(lacking[0], file_columns)
    raise MappingRefused(
        mapping.name,
        f"{name} needs the column {' or '.join(lacking)}, which the file lacks"
        f"{f'; did you mean {guess}?' if guess else '.'}"
        f" Its columns are {', '.join(file_columns)}.",
    )


def _refuse_type(mapping: ColumnMapping, name: str, bound: BoundColumn) -> None:
    told = f"{name} = {bound.expression.written!r}"
    if bound.family is None and as_text("", bound.sql_type) is None:
        raise MappingRefused(
            mapping.name, f"{told} gives a {bound.sql_type.lower()}: make it text or a number."
        )
    if bound.family and (problem := column_type(name).refused.get(bound.family)):
        raise MappingRefused(
            mapping.name, f"{told} {problem.replace('…', name.rpartition('_')[0])}."
        )


def _bounded(text: str) -> str:
    """Cut what is too long for any column, yet so that its length still tells."""
    cut = f"left(trim({text}), {MOST_CHARACTERS}) || '…'"
    return f"CASE WHEN length({text}) > {MOST_CHARACTERS} THEN {cut} ELSE {text} END"


def _clean(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Trim texts, make nothing of empty ones and leave out what Postgres cannot hold."""
    trimmed = pc.utf8_trim_whitespace(texts)
    if any(_has_controls(chunk) for chunk in trimmed.chunks):
        storable = (None if text is None else storable_text(text) for text in trimmed.to_pylist())
        trimmed = pc.utf8_trim_whitespace(pa.chunked_array([pa.array(storable, pa.string())]))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _has_controls(texts: pa.Array) -> bool:
    data = texts.buffers()[2]
    if data is None:
        return False
    codes = np.frombuffer(data, dtype=np.uint8)
    return bool(((codes < 32) & (codes != 9) & (codes != 10) & (codes != 13)).any())
