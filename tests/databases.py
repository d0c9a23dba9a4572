"""A database copied from a template, and all three accesses pointed at it while it is used."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from stormdesk.embedded import EmbeddedServer
from warehouse.session import Access, forget_engines

USERS = {
    Access.OWNER: "stormdesk_owner",
    Access.PIPELINE: "stormdesk_pipeline",
    Access.DASHBOARD: "stormdesk_dashboard",
}


@contextmanager
def database_for(server: EmbeddedServer, template: str) -> Iterator[str]:
    """Copy the template and point all three accesses at the copy until the block ends."""
    name = f"test_{secrets.token_hex(6)}"
    server.create_database(name, template)
    with pytest.MonkeyPatch.context() as patch:
        for access, user in USERS.items():
            patch.setenv(access.value, server.url(name, user))
        forget_engines()
        yield name
        forget_engines()
    server.drop_database(name)


GUARDED = ("people.handover_alert", "alerting.provider_callback")
"""Tables that refuse to be emptied, and that refer to what tests empty."""


def empty(session: Session, *tables: str) -> None:
    """Empty tables and all that refers to them, as an owner can who lifts the guards."""
    for table in GUARDED:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    session.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))
    for table in GUARDED:
        session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
