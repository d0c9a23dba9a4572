"""Seed a fault in a desk of its own and tell what caught it, if anything did."""

import time
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from stormdesk.embedded import EmbeddedServer
from tests.warehouse.lifecycle.desk import desk_in
from tests.warehouse.lifecycle.promises import PromiseBroken
from tests.warehouse.lifecycle.seeding import Fault, seeded
from warehouse.errors import WarehouseRefused

CAUGHT = (PromiseBroken, SQLAlchemyError, WarehouseRefused)
LONGEST = 90


@dataclass(frozen=True)
class Catch:
    """What became of a seeded fault; `by` is None where nothing noticed it."""

    fault: Fault
    by: str | None
    seconds: float


def catch(fault: Fault, server: EmbeddedServer, template: str) -> Catch:
    """Seed one fault, set its proof against it, and tell which promise broke first."""
    by = None
    with desk_in(server, template) as desk:
        began = time.perf_counter()
        with seeded(fault, desk):
            try:
                fault.proved_by(desk)
            except CAUGHT as caught:
                by = _words(caught)
        return Catch(fault, by, time.perf_counter() - began)


def _words(caught: Exception) -> str:
    """Give the promise that broke, or what Postgres said as it refused."""
    first = str(caught).splitlines()[0]
    if isinstance(caught, PromiseBroken):
        return f"promise {first}"[:LONGEST]
    said = first.split(") ", 1)[-1] if isinstance(caught, SQLAlchemyError) else first
    return f"refused: {said}"[:LONGEST]
