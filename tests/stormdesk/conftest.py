"""Free ports and state folders for services that really run."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from stormdesk.settings import Settings

PORTS = ("dashboard_port", "dagster_port", "dagster_read_only_port", "code_port", "smtp_port")


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Give settings of a state folder of their own, on ports nobody uses."""

    def make(**changed: object) -> Settings:
        ports = {name: free_port() for name in PORTS}
        return Settings.model_validate({"home": tmp_path / "home", **ports, **changed})

    return make
