"""Run migrations: one transaction each, one migrator at a time, never waiting long for a lock."""

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import ischema_names

from warehouse.schema import Base
from warehouse.schema.audit import TransactionId
from warehouse.session import Access, engine

SCHEMAS = sorted({table.schema for table in Base.metadata.tables.values() if table.schema})
MIGRATION_LOCK = 7_013_2013

ischema_names["xid8"] = TransactionId


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name in SCHEMAS


def _migrate(connection: Connection) -> None:
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_schemas=True,
            include_name=_is_ours,
            version_table_schema="public",
            transaction_per_migration=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()


if context.is_offline_mode():
    raise SystemExit("Stormdesk migrates a live database only: run `stormdesk migrate`.")
with engine(Access.OWNER).connect() as owner:
    _migrate(owner)
