"""A small world that a test may copy: facts known until an instant, and a champion that reigns."""

from collections.abc import Iterator

import pytest

from pipelines.partitions import HISTORY_STARTS_AT
from stormdesk.embedded import EmbeddedServer
from tests.conftest import USERS
from tests.databases import database_for
from tests.factories.clock import set_clock
from tests.factories.policy import make_alert_policy, make_policy_step, make_policy_version
from tests.pipelines.conftest import TRAINED_UNTIL, World, make_world, train_world
from warehouse.session import Access, forget_engines, transaction

WORLD_TEMPLATE = "template_world"


@pytest.fixture(scope="session")
def small_world() -> World:
    return make_world()


@pytest.fixture(scope="session")
def world_template(server: EmbeddedServer, template: str, small_world: World) -> str:
    """A database in which the world is known until `TRAINED_UNTIL`, and a champion reigns."""
    server.create_database(WORLD_TEMPLATE, template)
    with pytest.MonkeyPatch.context() as patch:
        for access, user in USERS.items():
            patch.setenv(access.value, server.url(WORLD_TEMPLATE, user))
        forget_engines()
        set_clock(TRAINED_UNTIL)
        with transaction(Access.OWNER) as session:
            in_force = {"effective_from_at": HISTORY_STARTS_AT}
            make_alert_policy(session, **in_force)
            version = make_policy_version(session, **in_force).policy_version_id
            make_policy_step(session, policy_version_id=version)
        train_world(small_world)
        forget_engines()
    return WORLD_TEMPLATE


@pytest.fixture
def world_database(server: EmbeddedServer, world_template: str) -> Iterator[str]:
    """A copy of that database for one test."""
    with database_for(server, world_template) as name:
        yield name
