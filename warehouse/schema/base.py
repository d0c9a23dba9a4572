"""The declarative base: constraint names, instants in UTC, enums stored by value."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NamedTuple

from sqlalchemy import BigInteger, DateTime, Identity, Index, MetaData, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Key = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
Fraction = Annotated[Decimal, mapped_column(Numeric(6, 4))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    """Root of every table; a table's docstring becomes its comment in Postgres."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        int: BigInteger,
    }


def bounded(lowest: float, highest: float | None = None) -> Any:
    """Declare a column whose deliveries must lie within a range; the units are the column's."""
    return mapped_column(info={"lowest": lowest, "highest": highest})


class Shape(NamedTuple):
    """What a text must look like: a pattern, and the words for somebody whose text does not."""

    pattern: str
    words: str


def shaped(shape: Shape, **more: Any) -> Any:
    """Declare a text column whose deliveries must have a shape."""
    return mapped_column(info=shape._asdict(), **more)


def worded(words: type[StrEnum], **more: Any) -> Any:
    """Declare a text column whose deliveries must hold one of an enum's values."""
    return mapped_column(info={"among": tuple(word.value for word in words)}, **more)


ON_EARTH = "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180"


def index_where_set(name: str, column: str) -> Index:
    """Declare an index over the rows where a column is set: it finds what refers to a row."""
    return Index(name, column, postgresql_where=f"{column} IS NOT NULL")


def one_of(column: str, words: type[StrEnum]) -> str:
    """Write the CHECK that keeps a text column to an enum's values."""
    values = ", ".join(f"'{word.value}'" for word in words)
    return f"{column} IN ({values})"
