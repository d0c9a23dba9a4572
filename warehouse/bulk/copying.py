"""COPY between frames and Postgres: in as binary rows, out as CSV, both by way of Arrow."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import psycopg
import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from pgpq.encoders import StringEncoderBuilder
from pgpq.schema import Jsonb
from psycopg import sql
from pyarrow import csv
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    Numeric,
    Select,
    Table,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

ROWS_PER_WRITE = 50_000


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
    columns = [table.c[str(name)] for name in frame.columns]
    schema = pa.schema([(column.name, _arrow_type(column.type)) for column in columns])
    rows = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        _identifier(table), sql.SQL(", ").join(map(sql.Identifier, schema.names))
    )
    with driver_of(session).cursor() as cursor, cursor.copy(statement) as copy:
        for part in _written(rows, columns):
            digest.update(part)
            copy.write(part)
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


def _written(rows: pa.Table, columns: Sequence[Column[Any]]) -> Iterator[bytes]:
    """Write rows as Postgres reads them in binary."""
    encoder = ArrowToPostgresBinaryEncoder.new_with_encoders(
        rows.schema, {column.name: _encoder(column, rows.schema) for column in columns}
    )
    yield encoder.write_header()
    for part in rows.to_batches(max_chunksize=ROWS_PER_WRITE):
        yield encoder.write_batch(part)
    yield encoder.finish()


def _encoder(column: Column[Any], schema: pa.Schema) -> Any:
    field = schema.field(column.name)
    if isinstance(column.type, JSON):
        return StringEncoderBuilder.new_with_output(field, Jsonb())
    return ArrowToPostgresBinaryEncoder.infer_encoder(field)


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
