"""Whether a table's promises stand: its keys, its references, its plausible values."""

from collections.abc import Mapping, Sequence

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
_KEPT_REFERENCES = text(
    """
    SELECT conname::text FROM pg_constraint
    WHERE conrelid = to_regclass(:table) AND contype = 'f' AND convalidated
    """
)


_FIRING_TRIGGERS = text(
    """
    SELECT tgname::text FROM pg_trigger
    WHERE tgrelid = to_regclass(:table) AND tgenabled IN ('O', 'A')
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


def list_unkept_references(session: Session, table: str) -> list[str]:
    """List what should keep a table's references and does not.

    That is a declared foreign key that Postgres lacks or has not checked for every row, or a
    trigger that stands for several and is missing or switched off.

    Parameters
    ----------
    session:
        Open transaction.
    table:
        Schema and table.

    Returns
    -------
    :
        Names of constraints and triggers; none when all hold.

    Raises
    ------
    NotFound
        No model has this name.
    """
    found = Base.metadata.tables.get(table)
    if found is None:
        raise NotFound("table", table)
    kept = set(session.scalars(_KEPT_REFERENCES, {"table": table}))
    kept |= set(session.scalars(_FIRING_TRIGGERS, {"table": table}))
    declared = {str(constraint.name) for constraint in found.foreign_key_constraints}
    return sorted((declared | set(found.info.get("triggers", ()))) - kept)


def count_outside(
    session: Session,
    table: str,
    ranges: Mapping[str, tuple[float, float]],
    batch_ids: Sequence[int],
) -> dict[str, int]:
    """Count the rows some batches wrote whose values are outside their ranges.

    Parameters
    ----------
    session:
        Open transaction.
    table:
        Schema and table; it has a `batch_id`.
    ranges:
        Least and greatest plausible value by column; an absent value is not outside.
    batch_ids:
        The deliveries asked about.

    Returns
    -------
    :
        Rows outside, by column.
    """
    columns = Base.metadata.tables[table].c
    counts = [
        func.count().filter(not_(columns[name].between(low, high))).label(name)
        for name, (low, high) in ranges.items()
    ]
    query = select(*counts).where(columns["batch_id"].in_(batch_ids))
    return dict(session.execute(query).mappings().one())
