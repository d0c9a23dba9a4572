"""Turns every named refusal of the packages below into the command line's own."""

from __future__ import annotations

from pathlib import Path

from alembic.util.exc import CommandError
from psycopg import errors as postgres
from sqlalchemy.exc import DBAPIError

from ml.errors import MlRefused
from pipelines.audit_heads import HeadsUnreadable
from pipelines.backfilling import BackfillRefused
from pipelines.reading.mapping import MappingRefused
from pipelines.settings import SettingRefused
from pipelines.sources.source_frame import SourceCorrupt
from stormdesk.errors import DatabaseRefused, StateFolderUnusable, StormdeskRefused
from warehouse.errors import WarehouseRefused

_NAMED = (
    *(WarehouseRefused, MlRefused, SourceCorrupt, SettingRefused, BackfillRefused),
    *(MappingRefused, HeadsUnreadable),
)
_CONNECTION_LOST = (postgres.OperationalError, postgres.InterfaceError)


def explained(failure: BaseException, home: Path) -> StormdeskRefused | None:
    """Find the sentence for a failure that was foreseen; None means it was not."""
    if isinstance(failure, _NAMED):
        return StormdeskRefused(str(failure), "Nothing was changed.")
    if isinstance(failure, CommandError):
        return DatabaseRefused(
            f"The schema cannot be brought up to date: {failure}",
            "A newer Stormdesk may have made this database: run that one.",
        )
    if isinstance(failure, DBAPIError):
        return explained(failure.orig, home) if failure.orig else None
    return _of_the_database(failure, home)


def _of_the_database(failure: BaseException, home: Path) -> StormdeskRefused | None:
    first_line = next(iter(str(failure).splitlines()), "")
    if isinstance(failure, postgres.DiskFull):
        return StateFolderUnusable(home, "the disk is full")
    if isinstance(failure, postgres.InsufficientPrivilege):
        return DatabaseRefused(
            f"The database refused: {first_line}", "Let the owner create roles: CREATEROLE."
        )
    if isinstance(failure, _CONNECTION_LOST):
        return DatabaseRefused(
            f"The database stopped answering: {first_line}",
            f"Run the same command again; PostgreSQL's last words are in {home / 'logs'}",
        )
    return None
