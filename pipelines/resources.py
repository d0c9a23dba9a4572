"""What assets and sensors are handed: the warehouse, and whoever provides facts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg] # Dagster's own base is generic
    """The record, reached as the pipeline's database role.

    No setup or teardown: a sensor tick that asks nothing opens no connection.
    """

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open one transaction, which commits when the block ends and rolls back if it raises."""
        from warehouse.session import Access, transaction

        with transaction(Access.PIPELINE) as session:
            yield session
