"""A scripted provider on loopback, and a sleep that takes no time."""

from collections.abc import Iterator

import pytest

from tests.pipelines.providers.scripted_server import ScriptedServer, serving


@pytest.fixture
def provider() -> Iterator[ScriptedServer]:
    with serving() as server:
        yield server


@pytest.fixture
def slept() -> list[float]:
    """What would have been slept, in seconds; pass its append as the sleep."""
    return []
