"""What the command line refuses somebody is kept as what the dashboard does."""

import pytest
from sqlalchemy import select

from stormdesk.user_commands import desk_transaction
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from warehouse.errors import PermissionRefused
from warehouse.rules.permissions import ALLOWED, require
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Permission, Role, Source, UserId


@pytest.fixture(autouse=True)
def desk(server, database, tmp_path, monkeypatch):
    monkeypatch.setenv("STORMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_PG_URL", server.url("dagster", driver="psycopg2"))
    set_clock(STORM_AT)


def test_each_permission_that_a_role_lacks_leaves_one_entry():
    lacking = [
        (role, permission)
        for role in Role
        for permission in Permission
        if permission not in ALLOWED[role]
    ]
    for role, permission in lacking:
        name = f"{role}.{permission}"
        actor = Actor(UserId(7), name, frozenset({role}), source=Source.COMMAND_LINE)
        with pytest.raises(PermissionRefused), desk_transaction():
            require(actor, permission, "publish a", "policy_file")
    with transaction(Access.OWNER) as session:
        refused = select(Entry).where(Entry.tag == "permission.refused").order_by(Entry.entry_id)
        kept = [
            (entry.actor_username, entry.actor_roles, entry.after["permission"], entry.source)
            for entry in session.scalars(refused)
        ]
    assert kept == [
        (f"{role}.{permission}", role, permission, "command_line") for role, permission in lacking
    ]
