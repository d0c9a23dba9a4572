"""Rules of a delivery, read from the columns it goes into: one definition for both."""

from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Float, Integer, Table

from warehouse.bulk.contract import ColumnRule, Kind

_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (DateTime, "instant"),
    (Date, "date"),
    (Boolean, "truth"),
    (Integer, "whole"),
    (Float, "number"),
)


def rules_of(table: Table, *names: str) -> dict[str, ColumnRule]:
    """Give the rules of some columns of a table.

    Parameters
    ----------
    table:
        Whose columns they are; what a column may hold beside its type stands in its `info` under
        the names of `ColumnRule`.
    names:
        The columns, in the order of the delivery.

    Returns
    -------
    :
        A rule per column: its kind is that of the column, and it is required where the column
        takes no null.
    """
    return {name: _rule_of(table.c[name]) for name in names}


def _rule_of(column: Column[Any]) -> ColumnRule:
    text: Kind = "text"
    kind = next((kind for type_, kind in _KINDS if isinstance(column.type, type_)), text)
    return ColumnRule(kind, is_required=not column.nullable, **column.info)
