"""What tables there are and what their columns mean, for whoever shows them."""

from dataclasses import dataclass

from sqlalchemy import Column
from sqlalchemy.dialects import registry

from warehouse.errors import NotFound
from warehouse.queries.column_words import COLUMN_WORDS
from warehouse.schema import Base

_POSTGRES = registry.load("postgresql.psycopg")()


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    """One column: its type in Postgres, what it says, and which `schema.table.column` it names."""

    name: str
    type: str
    description: str
    is_nullable: bool
    is_key: bool
    references: str | None = None


@dataclass(frozen=True, slots=True)
class TableDescription:
    """One table with its columns in order."""

    name: str
    comment: str
    columns: tuple[ColumnDescription, ...]


def describe_table(name: str) -> TableDescription:
    """Describe a table by its models; no database is asked.

    Parameters
    ----------
    name:
        Schema and table, as in `travel.flight`.

    Returns
    -------
    :
        Columns in the order of the models; a column nobody has put into words has "".

    Raises
    ------
    NotFound
        No model has this name.
    """
    table = Base.metadata.tables.get(name)
    if table is None:
        raise NotFound("table", name)
    columns = tuple(_describe(name, column) for column in table.columns)
    return TableDescription(name, table.comment or "", columns)


def _describe(table_name: str, column: Column[object]) -> ColumnDescription:
    words = COLUMN_WORDS.get(column.name, "")
    return ColumnDescription(
        name=column.name,
        type=column.type.compile(dialect=_POSTGRES).lower(),
        description=COLUMN_WORDS.get(f"{table_name}.{column.name}", words),
        is_nullable=bool(column.nullable),
        is_key=column.primary_key,
        references=next((key.target_fullname for key in column.foreign_keys), None),
    )
