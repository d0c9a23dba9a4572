import errno
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from stormdesk.errors import PortTaken, ServiceStopped
from stormdesk.services import DASHBOARD_URL, OWNER_URL, Service, environment_of, services_of_up
from stormdesk.settings import Settings
from stormdesk.state_folder import open_state_folder
from stormdesk.supervisor import Supervisor, answers, refuse_taken_ports

SLEEPER = "import time; time.sleep(600)"
WITH_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{SLEEPER}'])"
DEAF = (
    f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); {SLEEPER}"
)


def python_service(name: str, program: str, **changed: object) -> Service:
    return replace(Service(name, f"{name} service", ("python", "-c", program)), **changed)


@pytest.fixture
def supervisor(make_settings):
    settings = make_settings()
    open_state_folder(settings.home)
    running = Supervisor(settings, {})
    yield running
    running.stop()


def children_of(process_id: int) -> list[psutil.Process]:
    return psutil.Process(process_id).children(recursive=True)


def process_of(supervisor: Supervisor, service: Service) -> psutil.Process:
    return psutil.Process(supervisor._running[service].pid)


def test_a_service_that_ends_by_itself_is_named_with_its_log(supervisor):
    service = python_service("brief", "print('my last words'); raise SystemExit(3)", port=1)
    supervisor.start(service)
    with pytest.raises(ServiceStopped, match=r"brief service stopped by itself \(exit code 3\)"):
        supervisor.wait_until_ready(service)
    assert supervisor.log_of(service).read_text() == "my last words\n"


def test_stopping_ends_grandchildren_too(supervisor):
    service = python_service("parent", WITH_CHILD)
    supervisor.start(service)
    leader = process_of(supervisor, service)
    while not (found := leader.children()):
        assert leader.is_running()
    supervisor.stop()
    assert not psutil.wait_procs(found, timeout=10)[1]


def test_a_service_deaf_to_requests_is_killed(supervisor, monkeypatch):
    monkeypatch.setattr("stormdesk.supervisor.GRACE_SECONDS", 0.2)
    service = python_service("deaf", DEAF)
    supervisor.start(service)
    process = process_of(supervisor, service)
    while not supervisor.log_of(service).read_text():
        assert process.is_running()
    supervisor.stop()
    assert not process.is_running()


def test_a_killed_supervisor_leaves_nothing_behind(make_settings):
    settings = make_settings()
    open_state_folder(settings.home)
    program = (
        "import sys; from pathlib import Path; from stormdesk.services import Service;"
        "from stormdesk.settings import Settings; from stormdesk.supervisor import Supervisor;"
        "supervisor = Supervisor(Settings(home=Path(sys.argv[1])), {});"
        f"supervisor.start(Service('s', 's', ('python', '-c', {WITH_CHILD!r})));"
        "print('started', flush=True); sys.stdin.read()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(settings.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    starter.stdout.readline()
    while len(family := children_of(starter.pid)) < 3:
        assert starter.poll() is None
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    assert not psutil.wait_procs(family, timeout=15)[1]


def test_a_taken_port_is_named_with_the_setting_that_changes_it(make_settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings = make_settings(dashboard_port=port)
        with pytest.raises(PortTaken) as refused:
            refuse_taken_ports(services_of_up(settings), settings.host)
    assert str(refused.value) == (
        f"The dashboard cannot listen on 127.0.0.1:{port}: another program does."
    )
    assert f"STORMDESK_DASHBOARD_PORT={port + 100}" in refused.value.remedy


def test_one_port_is_not_promised_to_two_services(make_settings):
    settings = make_settings()
    settings = settings.model_copy(update={"dashboard_port": settings.dagster_port})
    with pytest.raises(PortTaken, match=r"dashboard cannot .*: the Dagster UI is to do that"):
        refuse_taken_ports(services_of_up(settings), settings.host)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "only root may listen on so low a port"),
        (errno.EADDRNOTAVAIL, "cannot assign requested address"),
    ],
)
def test_a_port_that_the_system_keeps_is_not_blamed_on_a_program(monkeypatch, number, words):
    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket.socket, "bind", refuse, raising=False)
    settings = Settings.model_validate({"smtp_port": 25})
    with pytest.raises(PortTaken, match=rf"mail sink cannot .*: {words}") as refused:
        refuse_taken_ports(services_of_up(settings), settings.host)
    assert "STORMDESK_SMTP_PORT=8025" in refused.value.remedy


def test_a_service_is_ready_when_its_health_path_says_so(make_settings):
    class_body = (
        "from http.server import *\n"
        "class Handler(BaseHTTPRequestHandler):\n"
        "  def do_GET(self): self.send_response(int(self.path[1:])); self.end_headers()\n"
        "HTTPServer(('127.0.0.1', {port}), Handler).serve_forever()\n"
    )
    settings = make_settings()
    open_state_folder(settings.home)
    port = settings.dashboard_port
    service = python_service("web", class_body.format(port=port), port=port, health_path="/200")
    supervisor = Supervisor(settings, {})
    supervisor.start(service)
    supervisor.wait_until_ready(service)
    ailing = replace(service, health_path="/503")
    assert (answers(service, settings.host), answers(ailing, settings.host)) == (True, False)
    supervisor.stop()
    assert not answers(service, settings.host)


def test_a_service_learns_only_the_database_urls_it_needs(make_settings):
    settings = make_settings()
    urls = {
        OWNER_URL: "owner",
        DASHBOARD_URL: "dashboard",
        "STORMDESK_PIPELINE_DATABASE_URL": "pipeline",
        "DAGSTER_PG_URL": "dagster",
    }
    told = {
        service.name: {
            value
            for value in environment_of(service, settings, urls | {"PATH": "/bin"}, urls).values()
            if value in urls.values()
        }
        for service in services_of_up(settings)
    }
    assert told == {
        "mail": set(),
        "code": {"pipeline", "dagster"},
        "daemon": {"dagster"},
        "web-admin": {"dagster"},
        "dashboard": {"dashboard"},
        "watch": {"pipeline"},
    }


def test_every_service_listens_on_loopback_unless_told_otherwise(make_settings):
    for service in services_of_up(make_settings()):
        assert "0.0.0.0" not in service.command
        assert service.port is None or "127.0.0.1" in service.command


def test_many_deaf_services_end_in_the_time_of_one(supervisor, monkeypatch):
    monkeypatch.setattr("stormdesk.supervisor.GRACE_SECONDS", 2.0)
    services = [python_service(f"deaf-{number}", DEAF) for number in range(5)]
    for service in services:
        supervisor.start(service)
    for service in services:
        while not supervisor.log_of(service).read_text():
            supervisor.refuse_if_one_ended()
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 2 * 2.0 + 1
