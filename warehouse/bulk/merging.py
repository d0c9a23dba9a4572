"""One statement that brings a delivery into its table and leaves what is unchanged alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Join,
    Table,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from warehouse.bulk.staging import Staged

Columns = ReadOnlyColumnCollection[str, Any]
Expressions = Mapping[str, ColumnElement[Any]]


@dataclass(frozen=True)
class Target:
    """How rows are recognised, compared and written."""

    table: Table
    key: tuple[str, ...]
    """Columns that say which row it is; unique in the table."""
    payload: tuple[str, ...]
    """Columns that are compared and written."""
    newer_by: str | None = None
    """Column of `payload` by which the newer row wins; None takes the last to arrive."""
    unread: tuple[str, ...] = ()
    """Columns of the delivery that a new row takes and an existing one does not."""
    follows: Callable[[Columns, Columns], Expressions] = field(default=lambda _new, _stored: {})
    """Columns worked out from the new and the stored row when an existing one changes."""


@dataclass(frozen=True)
class Tally:
    """What a merge would do with each staged row."""

    changed: int
    unchanged: int
    superseded: int


def tally(session: Session, target: Target, staged: Staged) -> Tally:
    """Count what merging would change, leave and refuse as older.

    Parameters
    ----------
    session:
        Open transaction that keeps other deliveries of the feed away.
    target:
        Where the rows would go.
    staged:
        Rows with unique keys.

    Returns
    -------
    :
        Counts that sum up to the staged rows.
    """
    new, stored = staged.table.c, target.table.c
    verdict = case(
        (stored[target.key[0]].is_(None), literal("changed")),
        (_is_older(target, new, stored), literal("superseded")),
        (_differs(target, new, stored), literal("changed")),
        else_=literal("unchanged"),
    ).label("verdict")
    judged = select(verdict).select_from(_compared(target, staged)).subquery()
    query = select(judged.c.verdict, func.count()).group_by(judged.c.verdict)
    counts: dict[str, int] = dict(session.execute(query).all())
    return Tally(*(counts.get(name, 0) for name in ("changed", "unchanged", "superseded")))


def adopt_where_same(
    session: Session, target: Target, staged: Staged, column: str, *, marked: str
) -> None:
    """Let rows that say nothing new but for one column take that column's stored value.

    Parameters
    ----------
    session:
        Open transaction.
    target:
        Where the rows go.
    staged:
        Rows with unique keys.
    column:
        Column of the payload whose new value means nothing by itself.
    marked:
        Staged column that says of which rows that is true.
    """
    others = replace(target, payload=tuple(name for name in target.payload if name != column))
    new, stored = staged.table.c, target.table.c
    session.execute(
        update(staged.table)
        .values({column: stored[column]})
        .where(*[stored[name] == new[name] for name in target.key])
        .where(new[marked], ~_differs(others, new, stored))
    )


def merge(
    session: Session, target: Target, staged: Staged, constants: Mapping[str, object] | None = None
) -> int:
    """Insert new rows and overwrite those that differ and are not older.

    Parameters
    ----------
    session:
        Open transaction.
    target:
        Where the rows go.
    staged:
        Rows with unique keys.
    constants:
        Columns that get one value in every row written, such as the batch.

    Returns
    -------
    :
        Rows written; the same delivery twice writes none the second time.
    """
    fixed = dict(constants or {})
    names = [*target.key, *target.payload, *target.unread]
    values: list[ColumnElement[Any]] = [staged.table.c[name] for name in names]
    values += [literal(value, target.table.c[name].type) for name, value in fixed.items()]
    # What is unchanged is left out already here: ON CONFLICT would lock, and so write, its row.
    stored = target.table.c
    changes = (
        select(*values)
        .select_from(_compared(target, staged))
        .where(
            or_(
                stored[target.key[0]].is_(None),
                _differs(target, staged.table.c, stored)
                & ~_is_older(target, staged.table.c, stored),
            )
        )
    )
    statement = insert(target.table).from_select([*names, *fixed], changes)
    new = statement.excluded
    written = {name: new[name] for name in [*target.payload, *fixed]}
    statement = statement.on_conflict_do_update(
        index_elements=list(target.key),
        set_=written | dict(target.follows(new, stored)),
        where=_differs(target, new, stored) & ~_is_older(target, new, stored),
    )
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return result.rowcount if isinstance(result, CursorResult) else 0


def _compared(target: Target, staged: Staged) -> Join:
    """Set each staged row beside the stored row of its key, if there is one."""
    new, stored = staged.table.c, target.table.c
    same_key = and_(*[stored[name] == new[name] for name in target.key])
    return staged.table.outerjoin(target.table, same_key)


def _differs(target: Target, new: Columns, stored: Columns) -> ColumnElement[bool]:
    return or_(*[stored[name].is_distinct_from(new[name]) for name in target.payload])


def _is_older(target: Target, new: Columns, stored: Columns) -> ColumnElement[bool]:
    if target.newer_by is None:
        return literal(False)
    return func.coalesce(stored[target.newer_by] > new[target.newer_by], literal(False))
