"""A migrated database that a whole module shares, for tests that leave it as they found it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stormdesk.embedded import EmbeddedServer
from tests.conftest import USERS
from warehouse.session import forget_engines


@contextmanager
def database_for(server: EmbeddedServer, template: str) -> Iterator[str]:
    """Copy the template and point all three accesses at the copy until the block ends."""
    name = f"shared_{secrets.token_hex(6)}"
    server.create_database(name, template)
    with pytest.MonkeyPatch.context() as patch:
        for access, user in USERS.items():
            patch.setenv(access.value, server.url(name, user))
        forget_engines()
        yield name
        forget_engines()
    server.drop_database(name)
