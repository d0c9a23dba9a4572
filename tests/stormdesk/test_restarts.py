"""What ends by itself is started again, until it does so again and again."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormdesk import embedded
from stormdesk.embedded import EmbeddedServer
from stormdesk.errors import DatabaseRefused, ServiceStopped
from stormdesk.restarts import MOST_ENDS, WITHIN_SECONDS, Restarts
from stormdesk.services import Service
from stormdesk.settings import Settings
from stormdesk.state_folder import open_state_folder
from stormdesk.supervisor import Supervisor

SLEEPER = Service("s", "sleeper", ("python", "-c", "import time; time.sleep(600)"))
BRIEF = Service("b", "brief service", ("python", "-c", "raise SystemExit(3)"))


@pytest.fixture
def supervisor(make_settings: Callable[..., Settings]) -> Iterator[Supervisor]:
    settings = make_settings()
    open_state_folder(settings.home)
    running = Supervisor(settings, {})
    yield running
    running.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    running = embedded.start(tmp_path / "home")
    yield running
    running.stop()


def end(supervisor: Supervisor, service: Service) -> int:
    """Kill a service, and give the process that died."""
    process = supervisor._running[service]
    process.kill()
    process.wait()
    return process.pid


def test_a_killed_service_runs_again_and_it_is_said(supervisor: Supervisor) -> None:
    supervisor.start(SLEEPER)
    assert supervisor.restart_ended() == []
    killed = end(supervisor, SLEEPER)
    [sentence] = supervisor.restart_ended()
    assert sentence.startswith("The sleeper stopped by itself (exit code -9) and was started again")
    assert str(supervisor.log_of(SLEEPER)) in sentence
    assert supervisor._running[SLEEPER].pid != killed
    assert psutil.Process(supervisor._running[SLEEPER].pid).is_running()
    assert supervisor.restart_ended() == []


def test_one_that_cannot_run_is_given_up_and_the_others_are_left(supervisor: Supervisor) -> None:
    supervisor.start(BRIEF)
    supervisor.start(SLEEPER)
    for _ in range(MOST_ENDS - 1):
        supervisor._running[BRIEF].wait()
        assert len(supervisor.restart_ended()) == 1
    supervisor._running[BRIEF].wait()
    with pytest.raises(ServiceStopped, match=r"again and again \(exit code 3\)"):
        supervisor.restart_ended()
    assert supervisor._running[SLEEPER].poll() is None


def test_a_killed_postgres_runs_again_with_what_was_committed(server: EmbeddedServer) -> None:
    with server.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    [sentence] = server.restart_ended()
    assert sentence.startswith("PostgreSQL stopped by itself (exit code -9) and was started again")
    with server.connect() as connection:
        assert connection.execute("TABLE kept").fetchone() == (42,)
    assert server.restart_ended() == []


def test_a_postgres_that_ends_again_and_again_is_given_up(server: EmbeddedServer) -> None:
    server.restarts = replace_with_spent()
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    with pytest.raises(DatabaseRefused, match="again and again"):
        server.restart_ended()


def replace_with_spent() -> Restarts:
    """Give a count that allows nothing any more."""
    spent = Restarts()
    while spent.allow_another(time.monotonic()):
        pass
    return spent


@given(st.lists(st.floats(0, WITHIN_SECONDS), min_size=MOST_ENDS, max_size=MOST_ENDS))
def test_the_fifth_end_in_two_minutes_is_the_last(moments: list[float]) -> None:
    restarts = Restarts()
    allowed = [restarts.allow_another(at) for at in sorted(moments)]
    assert allowed == [True] * (MOST_ENDS - 1) + [False]


@given(st.integers(1, 50), st.floats(WITHIN_SECONDS, 1e6))
def test_one_that_ends_seldom_is_always_started_again(ends: int, apart_s: float) -> None:
    restarts = Restarts()
    assert all(restarts.allow_another(number * apart_s) for number in range(ends))
