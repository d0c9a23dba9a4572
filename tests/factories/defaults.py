"""What every factory starts from: the storm's morning, numbers never given twice, one insert."""

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from warehouse.schema.base import Base

STORM_AT = datetime(2013, 12, 10, 11, tzinfo=UTC)
STORM_ON = date(2013, 12, 10)

_numbers = itertools.count(1)
Row = TypeVar("Row", bound=Base)


def unique_number() -> int:
    """Give a number no other row of this test run was given."""
    return next(_numbers)


def insert_row(session: Session, table: type[Row], values: Mapping[str, Any]) -> Row:
    """Insert one row and read back what Postgres filled in."""
    row = table(**values)
    session.add(row)
    session.flush()
    session.refresh(row)
    return row
