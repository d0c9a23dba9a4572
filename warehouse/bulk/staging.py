"""Temporary tables that hold a delivery while it is compared with what is stored."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Table,
    and_,
    delete,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from warehouse.bulk.copying import copy_in

LINE = "line"
_ANALYZE_FROM_ROWS = 500


@dataclass(frozen=True)
class Staged:
    """A delivery in a temporary table that ends with the transaction."""

    table: Table
    row_count: int
    sha256: str


@dataclass(frozen=True)
class Reference:
    """A stored row that a delivered one names by its natural key."""

    column: str
    """Column of the delivery to fill with the stored row's identifier."""
    table: Table
    identifier: str
    named_by: Mapping[str, str]
    """Columns of the stored table, each with the delivery's column that must equal it."""


def stage(
    session: Session, name: str, frame: pd.DataFrame, columns: Sequence[Column[Any]]
) -> Staged:
    """Copy a frame into a temporary table of the given columns.

    Parameters
    ----------
    session:
        Open transaction; the table is dropped when it ends.
    name:
        What the delivery holds; staging the same again replaces it.
    frame:
        The rows; its index becomes the column `line`.
    columns:
        Names and types; those the frame lacks stay null.

    Returns
    -------
    :
        The staged rows.
    """
    table = _temporary_table(name, tuple((column.name, column.type) for column in columns))
    session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table.name}"))
    table.create(session.connection())
    sha256 = copy_in(session, table, frame.rename_axis(LINE).reset_index())
    if len(frame) >= _ANALYZE_FROM_ROWS:
        session.execute(text(f"ANALYZE pg_temp.{table.name}"))
    return Staged(table, len(frame), sha256)


def stage_more(session: Session, staged: Staged, frame: pd.DataFrame) -> Staged:
    """Add another part of the same delivery to what is staged."""
    sha256 = copy_in(session, staged.table, frame.rename_axis(LINE).reset_index())
    joined = hashlib.sha256(f"{staged.sha256}{sha256}".encode()).hexdigest()
    return Staged(staged.table, staged.row_count + len(frame), joined)


def keep_newest(session: Session, staged: Staged, key: Sequence[str], newer_by: str) -> int:
    """Take out staged rows that another of the same key outdates; of equals the last stays.

    Parameters
    ----------
    session:
        Open transaction.
    staged:
        Rows of a delivery that came in parts.
    key:
        Columns that say which row it is.
    newer_by:
        Column by which the newer row wins.

    Returns
    -------
    :
        How many rows were outdated.
    """
    table = staged.table
    order = (table.c[newer_by].desc(), table.c[LINE].desc())
    place = func.row_number().over(partition_by=[table.c[name] for name in key], order_by=order)
    tid: ColumnElement[Any] = literal_column(f"{table.name}.ctid")
    ranked = select(tid.label("tid"), place.label("place")).subquery()
    outdated = select(ranked.c.tid).where(ranked.c.place > 1)
    return len(session.execute(delete(table).where(tid.in_(outdated)).returning(tid)).all())


@cache
def _temporary_table(name: str, columns: tuple[tuple[str, TypeEngine[Any]], ...]) -> Table:
    """Describe the table once, so that SQLAlchemy compiles the statements about it once."""
    return Table(
        f"staged_{name}",
        MetaData(),
        Column(LINE, BigInteger),
        *[Column(name, type_) for name, type_ in columns],
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )


def resolve(session: Session, staged: Staged, reference: Reference) -> None:
    """Fill a staged column with the identifiers of the stored rows it names."""
    named = and_(*[
        reference.table.c[stored] == staged.table.c[delivered]
        for stored, delivered in reference.named_by.items()
    ])
    session.execute(
        update(staged.table)
        .values({reference.column: reference.table.c[reference.identifier]})
        .where(named)
    )


def take_unresolved(session: Session, staged: Staged, column: str) -> list[int]:
    """Take out the rows whose reference names nothing stored, and give their lines."""
    lines = session.scalars(
        delete(staged.table).where(staged.table.c[column].is_(None)).returning(staged.table.c[LINE])
    )
    return sorted(lines)
