"""Whether a table's promises stand: its keys, its references, its plausible values."""

from collections.abc import Sequence

from sqlalchemy import func, not_, select, text
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.schema import Base

_UNIQUE_COLUMNS = text(
    """
    SELECT array_agg(attribute.attname::text)
    FROM pg_index
    JOIN pg_attribute AS attribute
      ON attribute.attrelid = indrelid AND attribute.attnum = ANY (indkey)
    WHERE indrelid = to_regclass(:table) AND indisunique AND indisvalid AND indpred IS NULL
    GROUP BY indexrelid
    """
)
_REFERENCES = text(
    """
    SELECT conname::text FROM pg_constraint
    WHERE conrelid = to_regclass(:table) AND contype = 'f' AND convalidated ORDER BY conname
    """
)


def is_key_unique(session: Session, table: str, columns: Sequence[str]) -> bool:
    """Tell whether Postgres itself keeps the columns unique, by a valid index over just them.

    Parameters
    ----------
    session:
        Open transaction.
    table:
        Schema and table.
    columns:
        The key, in any order.

    Returns
    -------
    :
        Asked of the catalogue: it costs the same however long the table is.
    """
    keys = session.scalars(_UNIQUE_COLUMNS, {"table": table})
    return any(set(key) == set(columns) for key in keys)


def list_validated_references(session: Session, table: str) -> list[str]:
    """List the foreign keys that Postgres has checked against every row.

    Parameters
    ----------
    session:
        Open transaction.
    table:
        Schema and table.

    Returns
    -------
    :
        Names of constraints.
    """
    return list(session.scalars(_REFERENCES, {"table": table}))


def count_declared_references(table: str) -> int:
    """Count the foreign keys a table's model declares.

    Parameters
    ----------
    table:
        Schema and table.

    Returns
    -------
    :
        Their number; no database is asked.

    Raises
    ------
    NotFound
        No model has this name.
    """
    found = Base.metadata.tables.get(table)
    if found is None:
        raise NotFound("table", table)
    return len(found.foreign_key_constraints)


def count_outside(
    session: Session,
    table: str,
    column: str,
    *,
    lowest: float,
    highest: float,
    batch_ids: Sequence[int],
) -> int:
    """Count the rows some batches wrote whose value is outside a range.

    Parameters
    ----------
    session:
        Open transaction.
    table:
        Schema and table; it has a `batch_id`.
    column:
        Column of numbers; absent values are not outside.
    lowest:
        Least plausible value.
    highest:
        Greatest plausible value.
    batch_ids:
        The deliveries asked about.

    Returns
    -------
    :
        Rows outside.
    """
    columns = Base.metadata.tables[table].c
    query = select(func.count()).where(
        columns["batch_id"].in_(batch_ids), not_(columns[column].between(lowest, highest))
    )
    return session.scalar(query) or 0
