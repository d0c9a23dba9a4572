"""COPY between frames and Postgres, as CSV that Arrow writes and reads."""

import hashlib
import io
from typing import Any

import pandas as pd
import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import csv
from sqlalchemy import Boolean, Date, DateTime, Float, Integer, Numeric, Select, Table
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

ROWS_PER_WRITE = 50_000
# Strings are quoted and nulls are not, which is how COPY tells "" from null.
_WRITING = csv.WriteOptions(include_header=False, quoting_style="all_valid")


def copy_in(session: Session, table: Table, frame: pd.DataFrame) -> str:
    """Append a frame to a table whose columns have the frame's names.

    Parameters
    ----------
    session:
        Open transaction, in which the rows appear.
    table:
        Where to; columns the frame lacks take their defaults.
    frame:
        Missing values become null.

    Returns
    -------
    :
        SHA-256 of what was sent, so that two deliveries can be told apart.
    """
    digest = hashlib.sha256()
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        _identifier(table), sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    )
    with driver_of(session).cursor() as cursor, cursor.copy(statement) as copy:
        for part in rows.to_batches(max_chunksize=ROWS_PER_WRITE):
            text = _csv_of(part)
            digest.update(text)
            copy.write(text)
    return digest.hexdigest()


def copy_out(session: Session, query: Select[Any]) -> pd.DataFrame:
    """Read a query into a frame, many times quicker than row by row.

    Parameters
    ----------
    session:
        Open transaction.
    query:
        Gives the frame its columns; instants come in UTC, dates as `datetime.date`.

    Returns
    -------
    :
        One row per row, in the query's order.
    """
    types = {column.key: _arrow_type(column.type) for column in query.selected_columns}
    text = _copied_text(session, query)
    if not text:
        return _as_frame(pa.schema(list(types.items())).empty_table())
    converting = csv.ConvertOptions(
        column_types=types,
        true_values=["t"],
        false_values=["f"],
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    reading = csv.ReadOptions(column_names=list(types))
    parsing = csv.ParseOptions(newlines_in_values=True)
    return _as_frame(csv.read_csv(pa.BufferReader(text), reading, parsing, converting))


def driver_of(session: Session) -> psycopg.Connection[Any]:
    """Give psycopg's connection under a session, in the same transaction."""
    driver = session.connection().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"COPY needs psycopg 3, not {type(driver).__module__}")
    return driver


def _copied_text(session: Session, query: Select[Any]) -> memoryview:
    compiled = query.compile(session.connection())
    statement = f"COPY ({compiled}) TO STDOUT (FORMAT csv)".encode()
    sink = io.BytesIO()
    with driver_of(session).cursor() as cursor, cursor.copy(statement, compiled.params) as copy:
        for part in copy:
            sink.write(part)
    return sink.getbuffer()


def _csv_of(rows: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    csv.write_csv(rows, sink, _WRITING)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _identifier(table: Table) -> sql.Identifier:
    return sql.Identifier(*([table.schema] if table.schema else []), table.name)


_ARROW_TYPES: tuple[tuple[type[TypeEngine[Any]], Any], ...] = (
    (DateTime, pa.timestamp("us", tz="UTC")),
    (Date, pa.date32()),
    (Boolean, pa.bool_()),
    (Integer, pa.int64()),
    (Float, pa.float64()),
    (Numeric, pa.float64()),
)


def _arrow_type(type_: TypeEngine[Any]) -> Any:
    return next((arrow for kind, arrow in _ARROW_TYPES if isinstance(type_, kind)), pa.string())


def _as_frame(rows: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = rows.to_pandas(split_blocks=True, self_destruct=True)
    return frame
